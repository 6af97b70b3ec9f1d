// The door: a name and a password, or the set-up code that the hub printed at its first start.

import { h } from '../core/dom.js'
import { language, languages, t, useLanguage } from '../core/i18n.js'
import { queue } from '../core/queue.js'
import { request } from '../core/request.js'
import { keep, settings } from '../core/settings.js'
import { tell } from '../core/store.js'
import { button, field, icon, input, select } from '../core/ui.js'

const state = { name: '', password: '', code: '', isSetUp: false, isBusy: false, problem: '' }

async function enter(onSignedIn) {
  state.isBusy = true
  state.problem = ''
  tell()
  try {
    const body = {
      name: state.name.trim(), password: state.password, device: settings.device, deviceName: settings.deviceName,
      ...(state.isSetUp ? { code: state.code.trim() } : {}),
    }
    const { user } = await request(state.isSetUp ? '/api/v1/setup' : '/api/v1/sign-in', { method: 'POST', body, timeout: 10000 })
    state.password = ''
    state.code = ''
    await onSignedIn(user)
  } catch (error) {
    state.problem = error.status === 401 && !state.isSetUp
      ? t('The name or the password is wrong.')
      : error.status ? error.message : t('The hub does not answer. Check that this device is on the ship’s network.')
  } finally {
    state.isBusy = false
    tell()
  }
}

export default function signIn({ message, onSignedIn }) {
  document.title = `${t('Sign in')} · Quartermaster`
  return h('main', { class: 'door', key: 'door' },
    h('div', { class: 'mark' }, icon('stock'), h('h1', null, 'Quartermaster')),
    message && h('p', { class: 'message', role: 'status' }, message),
    queue.others > 0 && !message && h('p', { class: 'message' }, t('Changes by somebody else wait on this device. They are sent when that person signs in.')),
    h('form', { onsubmit: (event) => { event.preventDefault(); enter(onSignedIn) } },
      state.isSetUp && field(t('Set-up code'), input({ value: state.code, required: true, oninput: (event) => { state.code = event.target.value; tell() } }),
        { note: t('The hub prints it when it starts for the first time.') }),
      field(t('Name'), input({ id: 'name', autocomplete: 'username', required: true, value: state.name, oninput: (event) => { state.name = event.target.value; tell() } })),
      field(t('Password'), input({
        id: 'password', type: 'password', autocomplete: state.isSetUp ? 'new-password' : 'current-password', required: true, value: state.password,
        oninput: (event) => { state.password = event.target.value; tell() },
      }), { note: state.isSetUp ? t('At least 8 characters.') : undefined }),
      state.problem && h('p', { class: 'message bad', role: 'alert' }, state.problem),
      h('button', { class: 'button primary wide', disabled: state.isBusy }, h('span', null, state.isBusy ? t('One moment…') : state.isSetUp ? t('Set up this hub') : t('Sign in')))),
    button(state.isSetUp ? t('Sign in instead') : t('First start? Set up the hub'), () => { state.isSetUp = !state.isSetUp; state.problem = ''; tell() }, { kind: 'plain' }),
    !isSecureContext && h('p', null, h('a', { class: 'button plain', href: '/welcome' }, t('How this device comes to trust the hub'))),
    field(t('Language'), select(language, Object.entries(languages), async (code) => {
      keep({ language: code })
      await useLanguage()
      tell()
    }, { id: 'language' })))
}

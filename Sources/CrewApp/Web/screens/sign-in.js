// The door: a name and a password; a code that lets this device in; a PIN where it has been let in;
// or the set-up code that the hub printed at its first start.

import { h } from '../core/dom.js'
import { language, languages, t, useLanguage } from '../core/i18n.js'
import { queue } from '../core/queue.js'
import { request } from '../core/request.js'
import { keep, settings } from '../core/settings.js'
import { tell } from '../core/store.js'
import { button, chips, field, icon, input, select } from '../core/ui.js'

const state = { way: null, name: '', password: '', code: '', pin: '', isBusy: false, problem: '' }

const ways = {
  password: { path: 'sign-in', body: () => ({ name: state.name.trim(), password: state.password }), isWrong: () => t('The name or the password is wrong.') },
  setUp: { path: 'setup', body: () => ({ name: state.name.trim(), password: state.password, code: state.code.trim() }) },
  pair: { path: 'pair', body: () => ({ code: state.code.trim() }), isWrong: () => t('This code is not valid, or no longer. Ask for another.') },
  pin: { path: 'unlock', body: () => ({ name: state.name.trim(), pin: state.pin }), isWrong: () => t('The name or the PIN is wrong.') },
}

const way = () => state.way ?? (settings.isPaired && settings.crew.length ? 'pin' : 'password')

/** Opens the door with a code in it, as a QR code brings it. */
export function offerCode(code) {
  Object.assign(state, { way: 'pair', code, problem: '' })
}

async function enter(onSignedIn) {
  const by = way()
  state.isBusy = true
  state.problem = ''
  tell()
  try {
    const body = { ...ways[by].body(), ...(by === 'pin' ? {} : { device: settings.device, deviceName: settings.deviceName }) }
    const { user } = await request(`/api/v1/${ways[by].path}`, { method: 'POST', body, timeout: 10000 })
    Object.assign(state, { password: '', code: '', pin: '', way: null })
    const isPaired = settings.isPaired || by === 'pair'
    await keep({ isPaired, crew: isPaired ? [...new Set([user.name, ...settings.crew])].slice(0, 8) : [] })
    await onSignedIn(user)
  } catch (error) {
    state.pin = ''
    // The hub no longer takes a PIN from this device.
    if (by === 'pin' && error.status === 403) await keep({ isPaired: false })
    state.problem = error.status === 401 && ways[by].isWrong
      ? ways[by].isWrong()
      : error.status ? error.message : t('The hub does not answer. Check that this device is on the ship’s network.')
  } finally {
    state.isBusy = false
    tell()
  }
}

const text = (key, props) => input({ id: key, required: true, value: state[key], oninput: (event) => { state[key] = event.target.value; tell() }, ...props })

function fields() {
  const name = field(t('Name'), text('name', { autocomplete: 'username' }))
  return {
    password: () => [name, field(t('Password'), text('password', { type: 'password', autocomplete: 'current-password' }))],
    setUp: () => [
      field(t('Set-up code'), text('code'), { note: t('The hub prints it when it starts for the first time.') }), name,
      field(t('Password'), text('password', { type: 'password', autocomplete: 'new-password' }), { note: t('At least 8 characters.') }),
    ],
    pair: () => field(t('Code'), text('code', { autocomplete: 'off', autocapitalize: 'characters' }), { note: t('A manager makes it under “Pair a device”. It signs you in here.') }),
    pin: () => [
      settings.crew.length > 0 && chips(t('Who'), state.name, settings.crew.map((person) => [person, person]), (person) => { state.name = person }),
      name, field(t('PIN'), text('pin', { type: 'password', inputmode: 'numeric', pattern: '[0-9]{4,8}', maxlength: 8, autocomplete: 'off' })),
    ],
  }[way()]()
}

const labels = {
  password: () => t('Sign in with a password'), pin: () => t('Sign in with a PIN'), pair: () => t('Pair this device'),
  setUp: () => t('First start? Set up the hub'),
}

export default function signIn({ message, onSignedIn }) {
  const chosen = way()
  document.title = `${t('Sign in')} · Quartermaster`
  return h('main', { class: 'door', key: 'door' },
    h('div', { class: 'mark' }, icon('stock'), h('h1', null, 'Quartermaster')),
    message && h('p', { class: 'message', role: 'status' }, message),
    queue.others > 0 && !message && h('p', { class: 'message' }, t('Changes by somebody else wait on this device. They are sent when that person signs in.')),
    h('form', { key: chosen, onsubmit: (event) => { event.preventDefault(); enter(onSignedIn) } },
      fields(),
      state.problem && h('p', { class: 'message bad', role: 'alert' }, state.problem),
      h('button', { class: 'button primary wide', disabled: state.isBusy }, h('span', null, state.isBusy ? t('One moment…') : chosen === 'setUp' ? t('Set up this hub') : chosen === 'pair' ? t('Pair this device') : t('Sign in')))),
    h('div', { class: 'ways' }, ['password', ...(settings.isPaired ? ['pin'] : []), 'pair', 'setUp'].filter((other) => other !== chosen).map((other) =>
      button(labels[other](), () => { state.way = other; state.problem = ''; tell() }, { kind: 'plain', key: other }))),
    !isSecureContext && h('a', { class: 'button plain', href: '/welcome' }, t('How this device comes to trust the hub')),
    field(t('Language'), select(language, Object.entries(languages), async (code) => {
      keep({ language: code })
      await useLanguage()
      tell()
    }, { id: 'language' })))
}

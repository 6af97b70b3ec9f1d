// This device, this person, and the places aboard.

import { disk } from '../core/disk.js'
import { h } from '../core/dom.js'
import { language, languages, t, useLanguage } from '../core/i18n.js'
import { add } from '../core/queue.js'
import { request } from '../core/request.js'
import { isManager, session } from '../core/roles.js'
import { hasCamera } from '../core/scan.js'
import { keep, newId, settings, useTheme } from '../core/settings.js'
import { locationTree, tell } from '../core/store.js'
import { badge, button, chips, field, input, locationSelect, say, select } from '../core/ui.js'
import { role } from '../core/words.js'

export default function settingsScreen() {
  const form = { password: '', pin: '', pinProblem: '', place: '', parent: 0, problem: '' }
  return { view: () => h('div', { class: 'columns', key: 'settings' },
    h('section', { class: 'panel' }, h('h2', null, t('This device')),
      field(t('Language'), select(language, Object.entries(languages), async (code) => {
        keep({ language: code })
        await useLanguage()
        tell()
      }, { id: 'language' })),
      h('div', { class: 'field' }, h('span', null, t('Colours')), chips(t('Colours'), settings.theme, [['auto', t('As the device')], ['light', t('Light')], ['dark', t('Dark')]], (theme) => { keep({ theme }); useTheme() })),
      field(t('What people call this device'), input({ id: 'device-name', maxlength: 100, value: settings.deviceName, onchange: (event) => { if (event.target.value.trim()) keep({ deviceName: event.target.value.trim() }); tell() } }), { note: t('The hub hears it at the next sign-in.') })),
    h('section', { class: 'panel' }, h('h2', null, t('You')),
      h('p', null, settings.me.name, ' ', badge(role(settings.me.role), 'quiet')),
      h('form', { class: 'inset', onsubmit: async (event) => {
        event.preventDefault()
        form.problem = ''
        try {
          await request(`/api/v1/users/${settings.me.userId}/password`, { method: 'POST', body: { password: form.password }, key: newId() })
          form.password = ''
          say(t('The password is set. Your other sessions have ended.'))
        } catch (error) {
          form.problem = error.status ? error.message : t('The hub does not answer. Try again when there is a line.')
        }
        tell()
      } },
      // For the browser's own store of passwords.
      h('input', { type: 'text', autocomplete: 'username', value: settings.me.name, hidden: true, readonly: true }),
      field(t('New password'), input({ id: 'new-password', type: 'password', autocomplete: 'new-password', minlength: 8, maxlength: 200, required: true, value: form.password, oninput: (event) => { form.password = event.target.value; tell() } }), form.problem ? { note: form.problem, isWrong: true } : {}),
      h('button', { class: 'button' }, h('span', null, t('Set the password')))),
      settings.isPaired && h('form', { class: 'inset', onsubmit: async (event) => {
        event.preventDefault()
        form.pinProblem = ''
        try {
          await request(`/api/v1/users/${settings.me.userId}/pin`, { method: 'POST', body: { pin: form.pin }, key: newId() })
          form.pin = ''
          say(t('The PIN is set. It counts on paired devices.'))
        } catch (error) {
          form.pinProblem = error.status ? error.message : t('The hub does not answer. Try again when there is a line.')
        }
        tell()
      } },
      field(t('New PIN'), input({ id: 'new-pin', type: 'password', inputmode: 'numeric', autocomplete: 'off', pattern: '[0-9]{4,8}', maxlength: 8, required: true, value: form.pin, oninput: (event) => { form.pin = event.target.value; tell() } }), form.pinProblem ? { note: form.pinProblem, isWrong: true } : { note: t('4 to 8 digits, for signing in here quickly.') }),
      h('button', { class: 'button' }, h('span', null, t('Set the PIN')))),
      button(t('Sign out'), session.signOut, { kind: 'danger' })),
    h('section', { class: 'panel' }, h('h2', null, t('What works here')),
      h('ul', { class: 'list plain' },
        can(true, t('A scanner that types')), can(true, t('Live stock')), can(true, t('A queue for when there is no line')),
        can('serviceWorker' in navigator && isSecureContext, t('Opening the app without a line')),
        can(hasCamera(), t('Scanning with the camera')),
        can(disk.isDurable, t('Storage that the browser does not clear by itself'))),
      !isSecureContext && h('p', { class: 'message' }, t('This page came without encryption (HTTP), and browsers allow it less: do not reload it where the hub is out of reach. What you entered stays all the same.')),
      !isSecureContext && h('p', null, h('a', { class: 'button', href: '/welcome' }, t('How this device comes to trust the hub')))),
    isManager() && h('section', { class: 'panel' }, h('h2', null, t('Places')),
      h('ul', { class: 'list plain' }, locationTree().map(({ place, depth }) => h('li', { key: place.id }, h('div', { class: `row thin depth-${Math.min(depth, 4)}` }, h('span', { class: 'grow' }, place.name))))),
      h('form', { class: 'inset', onsubmit: async (event) => {
        event.preventDefault()
        await add(['location.create', { name: form.place.trim(), ...(form.parent ? { parentId: form.parent } : {}) }])
        form.place = ''
        tell()
      } },
      h('div', { class: 'pair' },
        field(t('New place'), input({ id: 'new-place', required: true, maxlength: 100, autocapitalize: 'sentences', value: form.place, oninput: (event) => { form.place = event.target.value; tell() } })),
        field(t('Inside'), locationSelect(form.parent, (parent) => { form.parent = parent }, { id: 'parent', all: t('Nothing') }))),
      h('button', { class: 'button' }, h('span', null, t('Add')))))) }
}

const can = (yes, label) => h('li', { key: label }, h('div', { class: 'row thin' }, h('span', { class: 'grow' }, label), badge(yes ? t('Yes') : t('No'), yes ? 'good' : 'quiet')))

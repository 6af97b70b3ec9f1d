// People, their roles, and the devices they use. Passwords are never kept on this device, so all of
// this needs the line.

import { h } from '../core/dom.js'
import { t, when } from '../core/i18n.js'
import { whileOpen } from '../core/link.js'
import { request } from '../core/request.js'
import { newId, settings } from '../core/settings.js'
import { observe, store, tell } from '../core/store.js'
import { badge, button, confirmed, empty, field, input, say, select } from '../core/ui.js'
import { role } from '../core/words.js'

const roles = ['staff', 'manager', 'admin', 'customer']

export default function people() {
  const state = { people: null, devices: [], sessions: [], form: null, problem: '', isAway: false }
  const load = async () => {
    try {
      const [people, devices, sessions] = await Promise.all(['users', 'devices', 'sessions'].map((name) => request(`/api/v1/${name}?limit=1000`)))
      Object.assign(state, { people: people.items, devices: devices.items, sessions: sessions.items, isAway: false })
    } catch {
      state.isAway = true
    }
    tell()
  }
  const act = async (path, body, done) => {
    state.problem = ''
    try {
      await request(`/api/v1/${path}`, { method: 'POST', body, key: newId() })
      say(done ?? t('Saved.'))
      state.form = null
      await load()
    } catch (error) {
      state.problem = error.status ? error.message : t('The hub does not answer. Try again when there is a line.')
    }
    tell()
  }
  const stopLoading = whileOpen(load)
  let soon = null
  const stop = observe((event) => {
    if (!/^(user|session|device):/.test(event.type)) return
    clearTimeout(soon)
    soon = setTimeout(load, 300)
  })
  return {
    close() { stop(); stopLoading() },
    isDeep: () => Boolean(state.form),
    back: () => { state.form = null; tell() },
    view() {
      if (state.form) return form(state, act)
      if (!state.people) return empty(state.isAway ? t('People and devices need a line to the hub.') : t('One moment…'))
      return h('div', { class: 'columns', key: 'people' },
        h('section', { class: 'panel' },
          h('div', { class: 'row thin' }, h('h2', { class: 'grow' }, t('People')), button(t('Add a person'), () => { state.form = { name: '', displayName: '', role: 'staff', password: '', customerId: 0, branchIds: [] }; state.problem = ''; tell() }, { kind: 'primary' })),
          h('ul', { class: 'list' }, state.people.map((person) => h('li', { key: person.id },
            h('button', { type: 'button', class: `row ${person.active ? '' : 'struck'}`, onclick: () => { state.form = { ...person, password: '' }; state.problem = ''; tell() } },
              h('span', { class: 'grow' }, person.displayName || person.name, h('small', null, person.name)),
              badge(role(person.role), 'quiet'), !person.active && badge(t('Shut out'), 'bad')))))),
        h('section', { class: 'panel' }, h('h2', null, t('Devices')),
          h('ul', { class: 'list' }, state.devices.map((device) => h('li', { key: device.id }, h('div', { class: 'row' },
            h('span', { class: 'grow' }, device.name, h('small', null, t('last signed in {time}', { time: when(device.lastSeen) }))),
            device.paired && badge(t('Paired'), 'good'), !device.active && badge(t('Shut out'), 'bad'),
            button(device.active ? t('Shut out|verb') : t('Let in'), async () => {
              if (device.active && !await confirmed(t('Shut out {name}? Whoever is signed in there is signed out at once.', { name: device.name }), t('Shut out|verb'))) return
              act(`devices/${device.id}/update`, { active: !device.active })
            }, { kind: device.active ? 'danger plain' : '' })))))),
        h('section', { class: 'panel' }, h('h2', null, t('Signed in')),
          h('ul', { class: 'list' }, state.sessions.map((session) => h('li', { key: session.id }, h('div', { class: 'row' },
            h('span', { class: 'grow' }, session.userName, h('small', null, [session.deviceName ?? (session.kind === 'script' ? t('Script') : ''), t('since {time}', { time: when(session.started) })].filter(Boolean).join(' · '))),
            session.id === settings.me.sessionId ? badge(t('You'), 'good')
              : button(t('Sign out'), () => act(`sessions/${session.id}/end`, {}, t('Signed out.')), { kind: 'plain' })))))),
        state.problem && h('p', { class: 'message bad', role: 'alert' }, state.problem))
    },
  }
}

function form(state, act) {
  const person = state.form
  const isNew = !person.id
  const text = (name, label, more) => field(label, input({ id: `person-${name}`, value: person[name] ?? '', oninput: (event) => { person[name] = event.target.value; tell() }, ...more }))
  return h('form', { class: 'panel form', key: 'form', onsubmit: (event) => {
    event.preventDefault()
    const common = {
      role: person.role, branchIds: person.branchIds,
      ...(person.displayName ? { displayName: person.displayName.trim() } : {}),
      ...(person.role === 'customer' && person.customerId ? { customerId: person.customerId } : {}),
    }
    if (isNew) act('users', { ...common, name: person.name.trim(), password: person.password })
    else act(`users/${person.id}/update`, common)
  } },
  isNew ? text('name', t('Name to sign in with'), { required: true, maxlength: 64 }) : h('p', { class: 'muted' }, person.name),
  text('displayName', t('What people call them'), { maxlength: 100, autocapitalize: 'words' }),
  field(t('Role'), select(person.role, roles.map((each) => [each, role(each)]), (each) => { person.role = each }, { id: 'person-role' })),
  person.role === 'customer' && field(t('Which customer'), select(person.customerId || '', [['', '–'], ...[...store.customers.values()].map((each) => [each.id, each.name])], (id) => { person.customerId = Number(id) }, { id: 'person-customer' })),
  store.branches.size > 0 && h('fieldset', null, h('legend', null, t('Branches')), [...store.branches.values()].map((branch) => h('label', { class: 'check', key: branch.id },
    h('input', { type: 'checkbox', checked: person.branchIds.includes(branch.id), onchange: (event) => {
      person.branchIds = event.target.checked ? [...person.branchIds, branch.id] : person.branchIds.filter((id) => id !== branch.id)
      tell()
    } }), h('span', null, branch.name)))),
  isNew && text('password', t('Password'), { type: 'password', autocomplete: 'new-password', required: true, minlength: 8, maxlength: 200 }),
  state.problem && h('p', { class: 'message bad', role: 'alert' }, state.problem),
  h('div', { class: 'actions' },
    !isNew && person.active && h('a', { class: 'button', href: `#/pairing/${encodeURIComponent(person.name)}` }, t('Pair a device')),
    !isNew && person.hasPin && button(t('Take the PIN away'), () => act(`users/${person.id}/pin`, {}), { kind: 'plain' }),
    !isNew && person.id !== settings.me.userId && button(person.active ? t('Shut out|verb') : t('Let in'), async () => {
      if (person.active && !await confirmed(t('Shut out {name}? Whoever is signed in there is signed out at once.', { name: person.name }), t('Shut out|verb'))) return
      act(`users/${person.id}/update`, { active: !person.active })
    }, { kind: 'danger plain' }),
    button(t('Cancel'), () => { state.form = null; tell() }),
    h('button', { class: 'button primary' }, h('span', null, t('Save')))),
  !isNew && h('div', { class: 'inset' },
    text('password', t('New password'), { type: 'password', autocomplete: 'new-password', minlength: 8, maxlength: 200 }),
    button(t('Set the password'), () => act(`users/${person.id}/password`, { password: person.password }, t('The password is set. Their other sessions have ended.')), { disabled: (person.password ?? '').length < 8 })))
}

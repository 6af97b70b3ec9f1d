// What waits for a decision: this device's own changes that were refused, edits aboard and ashore
// that knew nothing of each other, and what hub and shore would not take from one another.

import { h } from '../core/dom.js'
import { money, parseMoney, t, when } from '../core/i18n.js'
import { link, whileOpen } from '../core/link.js'
import { attempt, discard, refused, tryAgain } from '../core/queue.js'
import { request } from '../core/request.js'
import { isAdmin, isManager } from '../core/roles.js'
import { observe, store, tell } from '../core/store.js'
import { button, confirmed, empty, field, input, say } from '../core/ui.js'
import { advice, describe, eventWords } from '../core/words.js'

export default function tray() {
  const state = { shore: [], conflicts: [], changes: [], typed: {}, opened: null, isRead: !isManager() }
  const list = (path) => request(`/api/v1/${path}`).then((page) => page.items)
  let asked = 0
  const load = async () => {
    if (!isManager()) return
    const own = asked += 1
    const [shore, conflicts, changes] = await Promise.all(
      [list('needs-a-person?order=newest'), list('conflicts?status=open&order=newest'), list('refused-changes?order=newest')],
    ).catch(() => [])
    // An earlier answer that comes later tells less.
    if (own !== asked || !changes) return
    Object.assign(state, { shore, conflicts, changes, isRead: true })
    tell()
  }
  const stopLoading = whileOpen(load)
  const stop = observe((event) => { if (/^(conflict|change|tray):/.test(event.type)) load() })
  const decide = async (command, data) => {
    const { refusal } = await attempt(command, data)
    if (refusal) say(refusal.message, 'bad')
    await load()
    return !refusal
  }
  const open = (item, way) => { state.opened = { id: item.id, way, data: item.data, values: {} }; tell() }
  return { close() { stop(); stopLoading() }, view() {
    const own = refused()
    return h('div', { class: 'narrow', key: 'tray' },
      own.length + state.shore.length + state.conflicts.length + state.changes.length === 0
        && empty(state.isRead ? t('Nothing needs a person.') : link.isReady ? t('One moment…') : t('What the hub keeps for a person shows when there is a line.')),
      h('ul', { class: 'list cards' }, own.map((item) => h('li', { key: item.id }, h('div', { class: 'card' },
        h('h2', null, describe(item)),
        h('p', { class: 'message bad' }, item.refusal.message),
        h('p', null, advice(item.refusal.code)),
        h('p', { class: 'muted' }, t('Entered {time}', { time: when(item.deviceTime) })),
        h('div', { class: 'actions' },
          button(t('Let it go'), async () => {
            if (await confirmed(t('Let this change go? It will not be booked.'), t('Let it go'))) discard(item)
          }, { kind: 'danger plain' }),
          button(t('Send again'), () => tryAgain(item), { kind: 'primary' }))))),
      state.conflicts.map((item) => h('li', { key: `conflict-${item.id}` }, h('div', { class: 'card' },
        h('h2', null, t('Edited aboard and ashore: {name}', { name: item.name })),
        h('p', null, item.words),
        h('div', { class: 'actions' },
          button(t('Aboard: {value}', { value: plain(item.aboard, item) }), () => decide('conflict.settle', { conflictId: item.id, choice: item.kept === 'aboard' ? 'keep' : 'other' }), { kind: item.kept === 'aboard' ? 'primary' : '' }),
          button(t('Ashore: {value}', { value: plain(item.ashore, item) }), () => decide('conflict.settle', { conflictId: item.id, choice: item.kept === 'ashore' ? 'keep' : 'other' }), { kind: item.kept === 'ashore' ? 'primary' : '' })),
        typeof item[item.kept] !== 'object' && h('form', { class: 'pair', onsubmit: (event) => {
          event.preventDefault()
          const text = state.typed[item.id] ?? ''
          const value = currencyOf(item) ? parseMoney(text, currencyOf(item)) : text
          if (value === null) return say(t('That is no price.'), 'bad')
          decide('conflict.settle', { conflictId: item.id, choice: 'custom', value: String(value) })
        } },
        field(t('Another value'), input({ id: `value-${item.id}`, required: true, maxlength: 1000, value: state.typed[item.id] ?? '', oninput: (event) => { state.typed[item.id] = event.target.value; tell() } })),
        h('button', { class: 'button' }, h('span', null, t('Take this one'))))))),
      state.changes.map((item) => h('li', { key: `change-${item.id}` }, h('div', { class: 'card' },
        h('h2', null, describe(item)),
        h('p', { class: 'message bad' }, t('{by} asked for it ashore, and this hub refused: {why}', { by: item.by, why: item.message })),
        h('p', { class: 'muted' }, when(item.time)),
        isAdmin() && h('div', { class: 'actions' },
          button(t('Let it go'), async () => {
            if (await confirmed(t('Let this change go? Shore is told that it was not made.'), t('Let it go'))) decide('change.dismiss', { refusedChangeId: item.id })
          }, { kind: 'danger plain' }),
          button(t('Carry it out now'), () => decide('change.retry', { refusedChangeId: item.id }), { kind: 'primary' }))))),
      state.shore.map((item) => h('li', { key: `shore-${item.id}` }, h('div', { class: 'card' },
        h('h2', null, eventWords(item)),
        h('p', { class: 'message bad' }, t('Shore would not take it: {why}', { why: item.message })),
        h('p', { class: 'muted' }, when(item.time)),
        item.retrying && h('p', { class: 'message', role: 'status' }, t('It is sent again when there is a line to shore.')),
        isAdmin() && state.opened?.id !== item.id && h('div', { class: 'actions' },
          button(t('Let it go'), () => open(item, 'drop'), { kind: 'danger plain' }),
          button(t('Correct it'), () => open(item, 'edit')),
          button(t('Send again'), () => decide('tray.retry', { trayId: item.id }), { kind: 'primary', disabled: item.retrying })),
        state.opened?.id === item.id && answer(state, decide))))))
  } }
}

/** Why an event goes no further, or what it should have said: each of its plain values in a field. */
function answer(state, decide) {
  const { id, way, data, values } = state.opened
  const close = () => {
    // Meanwhile another may have been opened.
    if (state.opened?.id === id) state.opened = null
    tell()
  }
  const typed = (name) => (event) => { values[name] = event.target.value; tell() }
  return h('form', { class: 'inset', onsubmit: async (event) => {
    event.preventDefault()
    const reason = (values.reason ?? '').trim()
    if (way === 'drop') {
      if (!await decide('tray.drop', { trayId: id, reason })) return
    } else {
      const corrected = { ...data }
      for (const name of plainFields(data)) {
        if (values[name] === undefined) continue
        if (typeof data[name] === 'number' && !/^-?\d{1,15}$/.test(values[name].trim())) return say(t('{field} is not a whole number.', { field: name }), 'bad')
        corrected[name] = typeof data[name] === 'number' ? Number(values[name]) : values[name]
      }
      if (!await decide('tray.edit', { trayId: id, data: corrected, ...(reason ? { reason } : {}) })) return
    }
    close()
  } },
  way === 'edit' && [
    h('p', { class: 'muted' }, t('A corrected copy goes to shore. Stock aboard stays as it is.')),
    plainFields(data).map((name) => field(name, input({
      id: `correct-${name}`, maxlength: 1000, inputmode: typeof data[name] === 'number' ? 'numeric' : 'text',
      value: values[name] ?? String(data[name]), oninput: typed(name),
    }))),
  ],
  field(way === 'drop' ? t('Why shore need not have it') : t('Why'), input({
    id: 'tray-reason', required: way === 'drop', maxlength: 500, autocapitalize: 'sentences', value: values.reason ?? '', oninput: typed('reason'),
  })),
  h('div', { class: 'actions' }, button(t('Cancel'), close),
    h('button', { class: `button ${way === 'drop' ? 'danger' : 'primary'}` }, h('span', null, way === 'drop' ? t('Let it go') : t('Send the correction')))))
}

const plainFields = (data) => Object.keys(data).filter((name) => ['number', 'string'].includes(typeof data[name]))

const currencyOf = ({ kind, field, subjectId }) =>
  kind === 'product' && field === 'price' ? store.products.get(subjectId)?.currency : null

/** A field's value as a person reads it. */
function plain(value, item) {
  const currency = currencyOf(item)
  if (currency && Number.isInteger(value)) return money(value, currency)
  return value === null || value === '' ? '–' : typeof value === 'object' ? JSON.stringify(value) : String(value)
}

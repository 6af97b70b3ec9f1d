// What waits for a decision: this device's own changes that were refused, edits aboard and ashore
// that knew nothing of each other, and what hub and shore would not take from one another.

import { h } from '../core/dom.js'
import { money, parseMoney, t, when } from '../core/i18n.js'
import { discard, refused, settle, tryAgain } from '../core/queue.js'
import { request } from '../core/request.js'
import { isAdmin, isManager } from '../core/roles.js'
import { observe, store, tell } from '../core/store.js'
import { button, confirmed, empty, field, input, say } from '../core/ui.js'
import { advice, describe, eventWords } from '../core/words.js'

export default function tray() {
  const state = { shore: [], conflicts: [], changes: [], typed: {} }
  const list = (path) => request(`/api/v1/${path}`).then((page) => page.items)
  const load = () => isManager() && Promise.all(
    [list('needs-a-person?order=newest'), list('conflicts?status=open&order=newest'), list('refused-changes?order=newest')],
  ).then(([shore, conflicts, changes]) => { Object.assign(state, { shore, conflicts, changes }); tell() }, () => {})
  load()
  const stop = observe((event) => { if (/^(conflict|change):/.test(event.type)) load() })
  const decide = async (command, data) => {
    const { refusal } = await settle(command, data)
    if (refusal) say(refusal.message, 'bad')
    load()
  }
  return { close: stop, view() {
    const own = refused()
    return h('div', { class: 'narrow', key: 'tray' },
      own.length + state.shore.length + state.conflicts.length + state.changes.length === 0 && empty(t('Nothing needs a person.')),
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
        isAdmin() && h('div', { class: 'actions' }, button(t('Let it go'), () => decide('change.dismiss', { refusedChangeId: item.id })))))),
      state.shore.map((item) => h('li', { key: `shore-${item.id}` }, h('div', { class: 'card' },
        h('h2', null, eventWords(item)),
        h('p', { class: 'message bad' }, t('Shore would not take it: {why}', { why: item.message })),
        h('p', { class: 'muted' }, when(item.time)))))))
  } }
}

const currencyOf = ({ kind, field, subjectId }) =>
  kind === 'product' && field === 'price' ? store.products.get(subjectId)?.currency : null

/** A field's value as a person reads it. */
function plain(value, item) {
  const currency = currencyOf(item)
  if (currency && Number.isInteger(value)) return money(value, currency)
  return value === null || value === '' ? '–' : typeof value === 'object' ? JSON.stringify(value) : String(value)
}

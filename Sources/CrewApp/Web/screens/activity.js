// The log itself: what happened, newest first, with filters; and the same as a CSV file.

import { h } from '../core/dom.js'
import { t, when } from '../core/i18n.js'
import { whileOpen } from '../core/link.js'
import { request } from '../core/request.js'
import { observe, store, tell } from '../core/store.js'
import { button, empty, input, select } from '../core/ui.js'
import { eventWords } from '../core/words.js'

const step = 300

export default function activity() {
  const state = { events: [], from: null, isAway: false, isBusy: false, family: '', text: '', unseen: 0, saved: null }
  /** The log is read in order, so a stretch before what is shown is asked for whole. */
  const stretch = async (from, to) => {
    const events = []
    for (let after = from; after !== null && after < to;) {
      const page = await request(`/api/v1/events?after=${after}&limit=1000`)
      events.push(...page.items.filter((event) => event.seq <= to))
      if (page.next === null || page.next <= after) break
      after = page.next
    }
    return events
  }
  const older = async () => {
    if (state.isBusy) return
    state.isBusy = true
    try {
      const to = state.from ?? store.position.seq
      const from = Math.max(0, to - step)
      const found = await stretch(from, to)
      state.events.push(...found.reverse())
      state.from = from
      state.isAway = false
    } catch {
      state.isAway = true
    }
    state.isBusy = false
    tell()
  }
  const again = () => { Object.assign(state, { events: [], from: null, unseen: 0 }); older() }
  const stopLoading = whileOpen(() => { if (!state.events.length) again(); else state.isAway = false })
  const stop = observe(() => { state.unseen += 1 })
  const shown = () => {
    const words = state.text.toLowerCase()
    return state.events.filter((event) => (!state.family || event.type.startsWith(`${state.family}:`))
      && (!words || eventWords(event).toLowerCase().includes(words)))
  }
  const save = async () => {
    state.isBusy = true
    tell()
    try {
      const events = (await stretch(0, store.position.seq)).filter((event) => !state.family || event.type.startsWith(`${state.family}:`))
      const rows = [['seq', 'time', 'type', 'what', 'userId', 'data'], ...events.map((event) => [
        event.seq, new Date(event.time).toISOString(), event.type, eventWords(event), event.userId ?? '', JSON.stringify(event.data)])]
      download('activity.csv', rows)
    } catch {
      state.isAway = true
    }
    state.isBusy = false
    tell()
  }
  return {
    close() { stop(); stopLoading() },
    view() {
      const events = shown()
      return [
        h('div', { class: 'filters', key: 'filters' },
          input({ type: 'search', 'aria-label': t('Search the activity'), placeholder: t('Search'), value: state.text, oninput: (event) => { state.text = event.target.value; tell() } }),
          select(state.family, [['', t('Everything')], ['inventory', t('Stock')], ['count', t('Counts')], ['order', t('Orders')], ['sale', t('Sales')], ['transfer', t('Transfers')], ['product', t('Catalogue')], ['session', t('Sign-ins')], ['system', t('Messages')]],
            (family) => { state.family = family }, { 'aria-label': t('Kind') }),
          button(t('Save as CSV'), save, { disabled: state.isBusy })),
        // New ones are announced, not pushed in above what is being read.
        state.unseen > 0 && h('button', { type: 'button', class: 'button wide', key: 'unseen', onclick: again }, h('span', null, t('Show what is new'))),
        state.isAway && h('p', { class: 'message', key: 'away' }, t('The activity is at the hub. It shows when there is a line.')),
        events.length === 0 && !state.isBusy && !state.isAway && empty(t('Nothing here.')),
        h('ul', { class: 'list', key: 'events' }, events.map((event) => h('li', { key: event.seq }, h('div', { class: 'row thin' },
          h('span', { class: 'grow' }, eventWords(event), h('small', null, `${when(event.time)} · ${event.type} · ${event.seq}`)))))),
        state.from > 0 && button(state.isBusy ? t('One moment…') : t('Older'), older, { kind: 'wide', disabled: state.isBusy, key: 'older' }),
      ]
    },
  }
}

function download(name, rows) {
  // A cell that begins like a formula would run in a spreadsheet: it gets a quote before it.
  const cell = (value) => `"${String(value).replace(/^[=+\-@\t\r]/, '\'$&').replaceAll('"', '""')}"`
  const text = '\ufeff' + rows.map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n'
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }))
  const anchor = document.createElement('a')
  anchor.href = url
  anchor.download = name
  anchor.click()
  setTimeout(() => URL.revokeObjectURL(url), 10000)
}

// Counting together: everybody's scans in one room, live; the differences before they are booked.

import { h } from '../core/dom.js'
import { clock, number, signed, t, tn, when } from '../core/i18n.js'
import { link, whileOpen } from '../core/link.js'
import { add, attempt, waiting } from '../core/queue.js'
import { pages } from '../core/request.js'
import { isManager } from '../core/roles.js'
import { settings } from '../core/settings.js'
import { byCode, isFresh, locationName, productName, store, tell } from '../core/store.js'
import { badge, button, confirmed, empty, field, icon, input, locationSelect, productFinder, say, stepper } from '../core/ui.js'
import { countStatus } from '../core/words.js'

export default function count(key) {
  return key ? session(Number(key)) : rooms()
}

function rooms() {
  const state = { room: '', place: settings.location, isBlind: false, isBusy: false }
  return { view() {
    const counts = [...store.counts.values()].sort((a, b) => (a.status === 'open' ? 0 : 1) - (b.status === 'open' ? 0 : 1) || b.id - a.id)
    return h('div', { class: 'columns', key: 'rooms' },
      h('section', { class: 'panel' }, h('h2', null, t('Count sessions')),
        counts.length === 0 && empty(t('Nobody has counted yet.')),
        h('ul', { class: 'list' }, counts.slice(0, 60).map((each) => h('li', { key: each.id, class: isFresh('count', each.id) ? 'fresh' : null },
          h('a', { class: 'row', href: `#/count/${each.id}` },
            h('span', { class: 'grow' }, each.room, h('small', null, [each.locationId && locationName(each.locationId), when(each.time)].filter(Boolean).join(' · '))),
            badge(countStatus(each.status), each.status === 'open' ? 'good' : 'quiet')))))),
      h('form', { class: 'panel form', onsubmit: async (event) => {
        event.preventDefault()
        state.isBusy = true
        tell()
        const { data, refusal } = await attempt('count.open', { room: state.room.trim(), blind: state.isBlind, ...(state.place ? { locationId: state.place } : {}) })
        state.isBusy = false
        if (refusal) say(refusal.message, 'bad')
        else location.hash = `#/count/${data.countId}`
      } },
      h('h2', null, t('Start or join')),
      field(t('Name of the session'), input({ id: 'room', required: true, maxlength: 200, autocapitalize: 'sentences', placeholder: 'Cellar/11/2026', value: state.room, oninput: (event) => { state.room = event.target.value; tell() } })),
      field(t('Where'), locationSelect(state.place, (place) => { state.place = place }, { id: 'count-place', all: t('Said with each scan') })),
      isManager() && h('label', { class: 'check' }, h('input', { type: 'checkbox', checked: state.isBlind, onchange: (event) => { state.isBlind = event.target.checked; tell() } }), h('span', null, t('Blind: counters do not see expected levels'))),
      !link.isReady && h('p', { class: 'message' }, t('A new session needs the hub. One that is open can be counted in without it.')),
      h('button', { class: 'button primary wide', disabled: state.isBusy || !link.isReady }, h('span', null, t('Start')))))
  } }
}

function session(id) {
  const state = { quantity: 1, place: 0, review: null, isAway: false }
  // Scans that were missed while away are read when the line is back. Others come live meanwhile, and
  // none is ever changed.
  const stop = whileOpen(async () => {
    if (!store.lines.has(id)) store.lines.set(id, new Map())
    try {
      for await (const items of pages('/api/v1/count-lines', { countId: id })) {
        const lines = store.lines.get(id)
        for (const line of items) if (!lines?.has(line.id)) lines?.set(line.id, line)
      }
      state.isAway = false
    } catch {
      state.isAway = true
    }
    tell()
  })
  const scan = async (code, product) => {
    await add(['count.scan', {
      countId: id, quantity: state.quantity, ...(product ? { productId: product.id } : { code }), ...(state.place ? { locationId: state.place } : {}),
    }])
    navigator.vibrate?.(product ? 30 : [30, 60, 30])
    state.quantity = 1
    tell()
  }
  const finding = {}
  const take = (product) => scan(null, product)
  return {
    close: stop,
    isDeep: () => true,
    back: () => { if (state.review) { state.review = null; tell() } else location.hash = '#/count' },
    title: () => store.counts.get(id)?.room ?? t('Count'),
    scan: (code) => scan(code, byCode(code)),
    view() {
      const count = store.counts.get(id)
      if (!count) return empty(link.isReady ? t('One moment…') : t('This session is not on this device.'))
      if (state.review) return review(count, state)
      const lines = [...(store.lines.get(id)?.values() ?? [])]
      const cancelled = new Set(lines.map((line) => line.cancels).filter(Boolean))
      const shown = lines.filter((line) => !line.cancels).sort((a, b) => b.id - a.id)
      const own = waiting().filter((item) => item.command === 'count.scan' && item.data.countId === id)
      const isOpen = count.status === 'open'
      return h('div', { class: 'narrow', key: 'count' },
        h('p', { class: 'muted' }, badge(countStatus(count.status), isOpen ? 'good' : 'quiet'), ' ', [count.locationId && locationName(count.locationId), count.blind && t('Blind')].filter(Boolean).join(' · ')),
        isOpen && h('section', { class: 'panel' },
          stepper(t('How many'), state.quantity, (value) => { state.quantity = value }, { big: true }),
          !count.locationId && locationSelect(state.place, (place) => { state.place = place }, { 'aria-label': t('Place') }),
          productFinder(finding, take, { autofocus: true }),
          // What no product has is kept for the review instead of being lost.
          finding.unknown && button(t('Count it as {code}', { code: finding.unknown }), () => { const code = finding.unknown; finding.unknown = null; scan(code) })),
        state.isAway && h('p', { class: 'muted', key: 'away' }, t('No line: the others’ scans show when it is back. Yours are kept here.')),
        own.length > 0 && h('ul', { class: 'list', 'aria-label': t('Waiting on this device'), key: 'own' }, own.slice().reverse().map((item) => h('li', { key: item.id }, h('div', { class: 'row thin' },
          icon('clock'), h('span', { class: 'grow' }, item.data.productId ? productName(item.data.productId) : item.data.code), h('span', { class: 'amount pending' }, number(item.data.quantity)))))),
        h('p', { class: 'tally', role: 'status', key: 'tally' }, tn(shown.filter((line) => !cancelled.has(line.id)).length, '{n} scan', '{n} scans')),
        h('ul', { class: 'list', key: 'lines' }, shown.slice(0, 100).map((line) => h('li', { key: line.id, class: isFresh('line', line.id) ? 'fresh' : null },
          h('div', { class: `row ${cancelled.has(line.id) ? 'struck' : ''}` },
            h('span', { class: 'grow' }, line.productId ? productName(line.productId) : `${line.code} · ${t('Unknown code')}`,
              h('small', null, [line.userName ?? (line.userId === settings.me.userId ? settings.me.name : `#${line.userId}`), clock(line.time), line.locationId && line.locationId !== count.locationId && locationName(line.locationId)].filter(Boolean).join(' · '))),
            h('span', { class: 'amount' }, number(line.quantity)),
            isOpen && !cancelled.has(line.id) && h('button', { type: 'button', class: 'square', 'aria-label': t('Take back {name}', { name: line.productId ? productName(line.productId) : line.code }), onclick: () => add(['count.unscan', { countId: id, lineId: line.id }]) }, icon('undo')))))),
        isOpen && isManager() && h('div', { class: 'actions', key: 'actions' },
          button(t('Cancel the count'), async () => {
            if (await confirmed(t('End this count without booking anything?'), t('Cancel the count'))) add(['count.cancel', { countId: id }])
          }, { kind: 'danger plain' }),
          button(t('Look at the differences'), () => openReview(count, state), { kind: 'primary', disabled: !link.isReady })))
    },
  }
}

/** What was counted beside what the hub expects, as it stood at the last scan of each place. */
async function openReview(count, state) {
  state.review = { rows: null, unknown: [] }
  tell()
  try {
    const lines = []
    for await (const items of pages('/api/v1/count-lines', { countId: count.id })) lines.push(...items)
    const cancelled = new Set(lines.map((line) => line.cancels).filter(Boolean))
    const sums = new Map()
    const unknown = new Map()
    for (const line of lines) {
      if (line.cancels || cancelled.has(line.id)) continue
      const place = line.locationId ?? count.locationId
      if (!line.productId || !place) {
        const name = line.productId ? productName(line.productId) : line.code
        unknown.set(name, (unknown.get(name) ?? 0) + line.quantity)
        continue
      }
      const key = `${line.productId}/${place}/${line.lot ?? ''}`
      const sum = sums.get(key) ?? { product: line.productId, place, lot: line.lot ?? '', counted: 0, seq: 0 }
      sum.counted += line.quantity
      sum.seq = Math.max(sum.seq, line.seq)
      sums.set(key, sum)
    }
    const levels = new Map()
    for (const product of new Set([...sums.values()].map((sum) => sum.product))) {
      for (const row of store.stock.get(product)?.values() ?? []) levels.set(`${row.productId}/${row.locationId}/${row.lot}`, row.quantity)
    }
    // Movements made after the last scan are not in the count, so they are taken off again.
    scanning: for await (const items of pages('/api/v1/movements', { order: 'newest' })) {
      for (const move of items) {
        if (move.seq < count.openedSeq) break scanning
        const key = `${move.productId}/${move.locationId}/${move.lot}`
        const sum = sums.get(key)
        if (sum && move.seq > sum.seq) levels.set(key, (levels.get(key) ?? 0) - move.quantity)
      }
    }
    const rows = [...sums].map(([key, sum]) => ({ ...sum, key, expected: levels.get(key) ?? 0 }))
    state.review = { rows: rows.sort((a, b) => Math.abs(b.counted - b.expected) - Math.abs(a.counted - a.expected)), unknown: [...unknown] }
  } catch {
    state.review = null
    say(t('The hub does not answer. Try again when there is a line.'), 'bad')
  }
  tell()
}

function review(count, state) {
  const { rows, unknown } = state.review
  if (!rows) return empty(t('One moment…'))
  const different = rows.filter((row) => row.counted !== row.expected)
  return h('div', { class: 'narrow', key: 'review' },
    h('p', { class: 'message' }, different.length ? tn(different.length, '{n} difference. Movements made since the scan stay.', '{n} differences. Movements made since the scans stay.') : t('All that was counted agrees.')),
    h('ul', { class: 'list' }, rows.map((row) => h('li', { key: row.key }, h('div', { class: 'row' },
      h('span', { class: 'grow' }, productName(row.product), h('small', null, `${locationName(row.place)}${row.lot ? ` · ${row.lot}` : ''} · ${t('expected {n}', { n: number(row.expected) })}`)),
      row.counted !== row.expected && h('span', { class: `delta ${row.counted < row.expected ? 'less' : 'more'}` }, signed(row.counted - row.expected)),
      h('span', { class: 'amount' }, number(row.counted)))))),
    unknown.length > 0 && h('section', { class: 'panel' }, h('h2', null, t('Not booked')), h('p', { class: 'muted' }, t('No product has these codes, or no place was given. Note them before you book.')),
      h('ul', { class: 'list plain' }, unknown.map(([name, sum]) => h('li', { key: name }, h('div', { class: 'row thin' }, h('span', { class: 'grow' }, name), h('span', { class: 'amount' }, number(sum))))))),
    h('button', { type: 'button', class: 'button primary huge', disabled: !link.isReady, onclick: async () => {
      if (!await confirmed(tn(different.length, 'Book {n} difference?', 'Book {n} differences?'), t('Book'), { isGrave: false })) return
      const { refusal } = await attempt('count.complete', { countId: count.id })
      say(refusal ? refusal.message : t('The count is booked.'), refusal ? 'bad' : 'ok')
      if (!refusal) location.hash = '#/count'
    } }, h('span', null, t('Book the count'))))
}

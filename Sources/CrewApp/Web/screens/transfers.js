// Goods on their way from one place to another: planned, sent, received in parts or whole.

import { h } from '../core/dom.js'
import { number, t, when } from '../core/i18n.js'
import { goodsList } from '../core/goods.js'
import { add } from '../core/queue.js'
import { isFresh, locationName, productName, store, tell } from '../core/store.js'
import { badge, button, chips, confirmed, empty, field, input, locationSelect, longList, say, stepper } from '../core/ui.js'
import { transferStatus } from '../core/words.js'

const colour = { created: 'warn', shipped: 'good', received: 'quiet', cancelled: 'quiet' }
const filter = { status: 'open' }

export default function transfers(key) {
  if (key === 'new') return create()
  return key ? one(Number(key)) : { view: all }
}

function all() {
  const found = [...store.transfers.values()]
    .filter((each) => filter.status === 'all' || ['created', 'shipped'].includes(each.status)).sort((a, b) => b.id - a.id)
  return [
    h('div', { class: 'filters', key: 'filters' },
      chips(t('Status'), filter.status, [['open', t('Open|transfers')], ['all', t('All')]], (status) => { filter.status = status }),
      h('a', { class: 'button primary', href: '#/transfers/new' }, h('span', null, t('New transfer')))),
    found.length === 0 && empty(t('Nothing is on its way.')),
    ...longList(filter, found, (each) => h('li', { key: each.id, class: isFresh('transfer', each.id) ? 'fresh' : null },
      h('a', { class: 'row', href: `#/transfers/${each.id}` },
        h('span', { class: 'grow' }, `${locationName(each.fromLocationId)} → ${locationName(each.toLocationId)}`, h('small', null, `${t('Transfer {id}', { id: each.id })} · ${when(each.time)}`)),
        badge(transferStatus(each.status), colour[each.status])))),
  ]
}

function one(id) {
  const state = { tracking: '', arrived: null }
  return {
    isDeep: () => true,
    back: () => { location.hash = '#/transfers' },
    title: () => t('Transfer {id}', { id }),
    view() {
      const transfer = store.transfers.get(id)
      if (!transfer) return empty(t('This transfer is not here.'))
      const open = transfer.lines.filter((line) => line.quantity > line.received)
      return h('div', { class: 'narrow', key: 'transfer' },
        h('section', { class: isFresh('transfer', id) ? 'panel fresh' : 'panel' },
          h('p', null, badge(transferStatus(transfer.status), colour[transfer.status]), ' ', `${locationName(transfer.fromLocationId)} → ${locationName(transfer.toLocationId)}`),
          h('p', { class: 'muted' }, [when(transfer.time), transfer.trackingNumber, transfer.note].filter(Boolean).join(' · ')),
          h('ul', { class: 'list plain' }, transfer.lines.map((line) => h('li', { key: `${line.productId}/${line.lot}` }, h('div', { class: 'row thin' },
            h('span', { class: 'grow' }, `${number(line.quantity)} × ${productName(line.productId)}`, h('small', null, [line.lot, transfer.status !== 'created' && t('{n} received', { n: number(line.received) })].filter(Boolean).join(' · ')))))))),
        transfer.status === 'created' && h('section', { class: 'panel' },
          field(t('Carrier’s number'), input({ id: 'tracking', maxlength: 100, value: state.tracking, oninput: (event) => { state.tracking = event.target.value; tell() } })),
          h('div', { class: 'actions' },
            button(t('Cancel the transfer'), async () => {
              if (await confirmed(t('Cancel transfer {id}?', { id }), t('Cancel the transfer'))) add(['transfer.cancel', { transferId: id }])
            }, { kind: 'danger plain' }),
            button(t('Send it off'), () => add(['transfer.ship', { transferId: id, ...(state.tracking ? { trackingNumber: state.tracking } : {}) }]), { kind: 'primary' }))),
        transfer.status === 'shipped' && (state.arrived
          ? h('section', { class: 'panel' }, h('h2', null, t('What arrived')),
            open.map((line, index) => h('div', { class: 'row wrap', key: index }, h('span', { class: 'grow' }, productName(line.productId), h('small', null, t('{n} expected', { n: number(line.quantity - line.received) }))),
              stepper(productName(line.productId), state.arrived[index] ?? 0, (value) => { state.arrived[index] = Math.min(value, line.quantity - line.received) }))),
            h('div', { class: 'actions' },
              button(t('Cancel'), () => { state.arrived = null; tell() }),
              button(t('Book this part'), () => receive(id, open, state, false), { disabled: !state.arrived.some(Boolean) }),
              button(t('Book, the rest is missing'), () => receive(id, open, state, true), { kind: 'primary' })))
          : h('div', { class: 'actions' },
            button(t('Only a part arrived'), () => { state.arrived = open.map((line) => line.quantity - line.received); tell() }),
            button(t('All arrived'), () => add(['transfer.receive', { transferId: id }]), { kind: 'primary' }))))
    },
  }
}

async function receive(id, open, state, close) {
  const lines = open.map((line, index) => ({ productId: line.productId, quantity: state.arrived[index], ...(line.lot ? { lot: line.lot } : {}) })).filter((line) => line.quantity > 0)
  await add(['transfer.receive', { transferId: id, lines, close }])
  state.arrived = null
  tell()
}

function create() {
  const state = { lines: [], from: 0, to: 0, note: '' }
  return {
    isDeep: () => true,
    back: () => { location.hash = '#/transfers' },
    title: () => t('New transfer'),
    scan: (code) => state.scan?.(code),
    view: () => h('div', { class: 'narrow', key: 'new' },
      h('div', { class: 'pair' },
        field(t('From'), locationSelect(state.from, (place) => { state.from = place }, { id: 'from' })),
        field(t('To'), locationSelect(state.to, (place) => { state.to = place }, { id: 'to' }))),
      ...goodsList(state),
      field(t('Note'), input({ id: 'note', maxlength: 500, value: state.note, oninput: (event) => { state.note = event.target.value; tell() } })),
      h('button', { type: 'button', class: 'button primary huge', disabled: !state.lines.length || !state.from || !state.to || state.from === state.to, onclick: async () => {
        await add(['transfer.create', { fromLocationId: state.from, toLocationId: state.to, lines: state.lines, ...(state.note ? { note: state.note } : {}) }])
        say(t('Transfer kept. It gets its number from the hub.'))
        location.hash = '#/transfers'
      } }, h('span', null, t('Plan the transfer')))),
  }
}

// Orders and how far they are.

import { h } from '../core/dom.js'
import { money, number, parseMoney, plainMoney, t, when } from '../core/i18n.js'
import { currencyOf, goodsList, total } from '../core/goods.js'
import { add } from '../core/queue.js'
import { isCrew } from '../core/roles.js'
import { isFresh, productName, store, tell } from '../core/store.js'
import { badge, button, chips, confirmed, empty, field, input, locationSelect, longList, say, select } from '../core/ui.js'
import { method, orderStatus } from '../core/words.js'

const next = {
  pending: ['processing', 'shipped', 'delivered', 'cancelled'], processing: ['shipped', 'delivered', 'cancelled'],
  shipped: ['delivered', 'cancelled'], delivered: [], cancelled: [],
}
const colour = { pending: 'warn', processing: 'warn', shipped: 'good', delivered: 'good', cancelled: 'quiet' }

export default function orders(key) {
  if (key === 'new') return create()
  return key ? one(Number(key)) : all()
}

const filter = { status: 'open' }

function all() {
  return { view() {
    const found = [...store.orders.values()].filter((order) =>
      filter.status === 'all' || (filter.status === 'open' ? next[order.status]?.length : order.status === filter.status))
      .sort((a, b) => b.id - a.id)
    return [
      h('div', { class: 'filters', key: 'filters' },
        chips(t('Status'), filter.status, [['open', t('Open|orders')], ['delivered', orderStatus('delivered')], ['cancelled', orderStatus('cancelled')], ['all', t('All')]], (status) => { filter.status = status; filter.shown = null }),
        isCrew() && h('a', { class: 'button primary', href: '#/orders/new' }, h('span', null, t('New order')))),
      found.length === 0 && empty(t('No orders here.')),
      ...longList(filter, found, (order) => h('li', { key: order.id, class: isFresh('order', order.id) ? 'fresh' : null },
        h('a', { class: 'row', href: `#/orders/${order.id}` },
          h('span', { class: 'grow' }, t('Order {id}', { id: order.id }), ' ', badge(orderStatus(order.status), colour[order.status]),
            h('small', null, [order.customerName, order.reference, when(order.time)].filter(Boolean).join(' · '))),
          h('span', { class: 'amount small' }, money(order.total, order.currency))))),
    ]
  } }
}

function one(id) {
  const state = { place: 0, paying: null }
  return {
    isDeep: () => true,
    back: () => { location.hash = '#/orders' },
    title: () => t('Order {id}', { id }),
    view() {
      const order = store.orders.get(id)
      if (!order) return empty(t('This order is not here.'))
      const due = order.total - order.paid
      const isOpen = ['pending', 'processing'].includes(order.status)
      return h('div', { class: 'columns', key: 'order' },
        h('section', { class: isFresh('order', id) ? 'panel fresh' : 'panel' },
          h('p', null, badge(orderStatus(order.status), colour[order.status]), ' ', h('span', { class: 'muted' }, [order.customerName, order.reference, order.channel, when(order.time)].filter(Boolean).join(' · '))),
          order.note && h('p', null, order.note),
          h('ul', { class: 'list plain' }, order.lines.map((line) => h('li', { key: line.line }, h('div', { class: 'row thin' },
            h('span', { class: 'grow' }, `${number(line.quantity)} × ${productName(line.productId)}`,
              h('small', null, t('{n} of {all} taken', { n: number(line.fulfilled), all: number(line.quantity) }))),
            h('span', { class: 'amount small' }, money(line.price * line.quantity, order.currency)))))),
          h('p', { class: 'sum' }, h('span', null, t('Total')), h('b', null, money(order.total, order.currency))),
          h('p', { class: 'sum' }, h('span', null, t('Paid')), h('b', null, money(order.paid, order.currency)))),
        isCrew() && h('section', { class: 'panel' }, h('h2', null, t('What next')),
          h('div', { class: 'actions start' }, (next[order.status] ?? []).map((status) => button(status === 'cancelled' ? t('Cancel the order') : orderStatus(status), async () => {
            if (status === 'cancelled' && !await confirmed(t('Cancel order {id}?', { id }), t('Cancel the order'))) return
            await add(['order.status', { orderId: id, status }])
          }, { kind: status === 'cancelled' ? 'danger plain' : '' })),
          next[order.status]?.length === 0 && h('p', { class: 'muted' }, t('Nothing is left to do.'))),
          isOpen && order.fulfilment !== 'complete' && h('div', { class: 'inset' },
            field(t('Take the goods from'), locationSelect(state.place, (place) => { state.place = place }, { id: 'fulfil-place' })),
            button(t('Take all that is open'), () => add(['order.fulfil', { orderId: id, locationId: state.place }]), { kind: 'primary', disabled: !state.place })),
          due > 0 && order.status !== 'cancelled' && (state.paying ? payment(order, due, state) : button(t('Record a payment'), () => { state.paying = { amount: plainMoney(due, order.currency), method: 'card' }; tell() }))))
    },
  }
}

function payment(order, due, state) {
  const form = state.paying
  const amount = parseMoney(form.amount, order.currency)
  return h('form', { class: 'inset', onsubmit: async (event) => {
    event.preventDefault()
    if (!amount) return
    await add(['payment.record', { orderId: order.id, amount, method: form.method, currency: order.currency }])
    state.paying = null
    say(t('Payment recorded.'))
  } },
  field(t('Amount in {currency}', { currency: order.currency }), input({ id: 'amount', inputmode: 'decimal', value: form.amount, oninput: (event) => { form.amount = event.target.value; tell() } }), amount ? {} : { note: t('This is not an amount of money.'), isWrong: true }),
  field(t('How'), select(form.method, ['cash', 'card', 'transfer', 'account', 'other'].map((each) => [each, method(each)]), (each) => { form.method = each }, { id: 'pay-how' })),
  h('div', { class: 'actions' }, button(t('Cancel'), () => { state.paying = null; tell() }), h('button', { class: 'button primary', disabled: !amount }, h('span', null, t('Record')))))
}

function create() {
  const state = { lines: [], customer: 0, note: '' }
  return {
    isDeep: () => true,
    back: () => { location.hash = '#/orders' },
    title: () => t('New order'),
    scan: (code) => state.scan?.(code),
    view: () => h('div', { class: 'narrow', key: 'new' },
      field(t('For'), select(state.customer || '', [['', t('Nobody in particular')], ...[...store.customers.values()].filter((each) => !each.archived).map((each) => [each.id, each.name])], (id) => { state.customer = Number(id) }, { id: 'customer' })),
      ...goodsList(state, { priced: true }),
      field(t('Note'), input({ id: 'order-note', maxlength: 500, value: state.note, oninput: (event) => { state.note = event.target.value; tell() } })),
      h('p', { class: 'sum' }, h('span', null, t('Total')), h('b', null, money(total(state.lines), currencyOf(state.lines)))),
      h('button', { type: 'button', class: 'button primary huge', disabled: !state.lines.length, onclick: async () => {
        await add(['order.create', { lines: state.lines, ...(state.customer ? { customerId: state.customer } : {}), ...(state.note ? { note: state.note } : {}) }])
        say(t('Order kept. It gets its number from the hub.'))
        location.hash = '#/orders'
      } }, h('span', null, t('Take the order')))),
  }
}

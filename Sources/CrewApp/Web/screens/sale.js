// The till: goods, money and receipt in one step.

import { h } from '../core/dom.js'
import { money, t, tn, when } from '../core/i18n.js'
import { currencyOf, goodsList, total } from '../core/goods.js'
import { whileOpen } from '../core/link.js'
import { add } from '../core/queue.js'
import { request } from '../core/request.js'
import { isManager } from '../core/roles.js'
import { keep, settings } from '../core/settings.js'
import { observe, store, tell } from '../core/store.js'
import { badge, button, chips, confirmed, empty, field, locationSelect, say, select } from '../core/ui.js'
import { method } from '../core/words.js'

// Kept on the device as it fills, like a delivery.
const cart = { lines: [], customer: 0, method: 'card' }
let kept = ''

function keepCart() {
  const text = JSON.stringify({ lines: cart.lines, customer: cart.customer, method: cart.method })
  if (text === kept) return
  kept = text
  keep({ cart: text })
}

export default function sale() {
  if (settings.cart) Object.assign(cart, JSON.parse(settings.cart))
  const state = { recent: null }
  const load = () => request('/api/v1/sales?order=newest&limit=15').then((page) => { state.recent = page.items; tell() }, () => {})
  const stopLoading = whileOpen(load)
  const stop = observe((event) => { if (event.type.startsWith('sale:')) load() })
  return {
    close() { stop(); stopLoading() },
    scan: (code) => cart.scan?.(code),
    view() {
      keepCart()
      const sum = total(cart.lines)
      return h('div', { class: 'columns', key: 'sale' },
        h('section', { class: 'panel' },
          ...goodsList(cart, { priced: true }),
          cart.lines.length === 0 && empty(t('Scan what is sold.')),
          h('div', { class: 'pair' },
            field(t('Taken from'), locationSelect(settings.location, (place) => keep({ location: place }), { id: 'sale-place' })),
            field(t('Sold to'), select(cart.customer || '', [['', t('Nobody in particular')], ...[...store.customers.values()].filter((each) => !each.archived).map((each) => [each.id, each.name])], (id) => { cart.customer = Number(id) }, { id: 'sale-customer' }))),
          chips(t('Paid by'), cart.method, ['card', 'cash', 'account', 'transfer', 'other'].map((each) => [each, method(each)]), (each) => { cart.method = each }),
          h('p', { class: 'sum large' }, h('span', null, t('Total')), h('b', null, money(sum, currencyOf(cart.lines)))),
          h('button', { type: 'button', class: 'button primary huge', disabled: !cart.lines.length || !settings.location, onclick: async () => {
            await add(['sale.create', { locationId: settings.location, lines: cart.lines, method: cart.method, ...(cart.customer ? { customerId: cart.customer } : {}) }])
            say(t('Sold for {sum}', { sum: money(sum, currencyOf(cart.lines)) }))
            cart.lines = []
            cart.customer = 0
            tell()
          } }, h('span', null, t('Sell')))),
        h('section', { class: 'panel' }, h('h2', null, t('Last sales')),
          !state.recent && h('p', { class: 'muted' }, t('They show when there is a line.')),
          state.recent?.length === 0 && h('p', { class: 'muted' }, t('Nothing was sold yet.')),
          h('ul', { class: 'list plain' }, (state.recent ?? []).map((each) => h('li', { key: each.id }, h('div', { class: `row thin wrap ${each.voided ? 'struck' : ''}` },
            h('span', { class: 'grow' }, each.code, h('small', null, `${tn(each.lines.reduce((count, line) => count + line.quantity, 0), '{n} unit', '{n} units')} · ${method(each.method)} · ${when(each.time)}`)),
            each.voided && badge(t('Undone'), 'quiet'),
            h('span', { class: 'amount small' }, money(each.total, each.currency)),
            isManager() && !each.voided && button(t('Undo'), async () => {
              if (await confirmed(t('Undo sale {code}? The goods go back and the money is given back.', { code: each.code }), t('Undo'))) add(['sale.void', { saleId: each.id, reason: t('Undone at the till') }])
            }, { kind: 'plain' })))))))
    },
  }
}

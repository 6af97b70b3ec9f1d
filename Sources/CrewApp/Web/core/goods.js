// A list of goods that is being put together: for an order, a transfer or a sale.

import { h } from './dom.js'
import { money } from './i18n.js'
import { productName, store } from './store.js'
import { productFinder, stepper } from './ui.js'

export function goodsList(state, { priced } = {}) {
  state.lines ??= []
  return [
    productFinder(state, (product) => {
      const line = state.lines.find((each) => each.productId === product.id)
      if (line) line.quantity += 1
      else state.lines.push({ productId: product.id, quantity: 1 })
    }, { autofocus: true }),
    state.lines.length > 0 && h('ul', { class: 'list', key: 'goods' }, state.lines.map((line) => {
      const product = store.products.get(line.productId)
      return h('li', { key: line.productId }, h('div', { class: 'row wrap' },
        h('span', { class: 'grow' }, productName(line.productId),
          priced && product && h('small', null, money(product.price, product.currency))),
        stepper(productName(line.productId), line.quantity, (value) => {
          if (value) line.quantity = value
          else state.lines.splice(state.lines.indexOf(line), 1)
        }),
        priced && product && h('span', { class: 'amount small' }, money(product.price * line.quantity, product.currency))))
    })),
  ]
}

export const total = (lines) => lines.reduce((sum, line) => sum + (store.products.get(line.productId)?.price ?? 0) * line.quantity, 0)
export const currencyOf = (lines) => store.products.get(lines[0]?.productId)?.currency ?? 'EUR'

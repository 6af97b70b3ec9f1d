// What there is: search as you type, by place, below minimum.

import { h } from '../core/dom.js'
import { money, t, tn } from '../core/i18n.js'
import { isCrew, isManager } from '../core/roles.js'
import { byCode, inside, isFresh, isLow, search, store, tell } from '../core/store.js'
import { amount, badge, cameraButton, empty, locationSelect, longList } from '../core/ui.js'

// Kept while the app is open, so that the way back from a product leads to the same list.
const state = { query: '', place: 0, isLowOnly: false }

export default function stock() {
  return {
    scan(code) {
      const product = byCode(code)
      if (product) location.hash = `#/product/${product.id}`
      else { state.query = code; tell() }
    },
    view() {
      const within = state.place ? inside(state.place) : null
      const products = search(state.query, (product) =>
        (!state.isLowOnly || isLow(product))
        && (!within || [...(store.stock.get(product.id)?.values() ?? [])].some((row) => within.has(row.locationId) && row.quantity !== 0)))
      return [
        h('div', { class: 'filters', key: 'filters' },
          h('form', { class: 'searchbar', role: 'search', onsubmit: (event) => {
            event.preventDefault()
            const exact = byCode(state.query)
            if (exact) location.hash = `#/product/${exact.id}`
            document.activeElement?.blur()
          } },
          h('input', {
            id: 'search', type: 'search', 'aria-label': t('Search the stock'), placeholder: t('Name, number or scan'),
            value: state.query, autocomplete: 'off', enterkeyhint: 'search',
            oninput: (event) => { state.query = event.target.value; state.shown = null; tell() },
          }), cameraButton()),
          isCrew() && h('div', { class: 'pair' },
            locationSelect(state.place, (place) => { state.place = place; state.shown = null }, { all: t('All places'), 'aria-label': t('Place') }),
            h('button', { type: 'button', class: 'chip', 'aria-pressed': String(state.isLowOnly), onclick: () => { state.isLowOnly = !state.isLowOnly; state.shown = null; tell() } }, t('Running low')))),
        h('p', { class: 'tally', role: 'status', key: 'tally' },
          tn(products.length, '{n} product', '{n} products'),
          isManager() && h('a', { href: '#/product/new' }, t('Add a product'))),
        products.length === 0 && empty(state.isLowOnly && !state.query ? t('Nothing is running low.') : t('Nothing matches. Check the spelling, or look in all places.')),
        ...longList(state, products, (product) => row(product, within)),
      ]
    },
  }
}

function row(product, within) {
  const alarm = isCrew() && isLow(product)
  const pending = store.pending.has(product.id)
  return h('li', { key: product.id, class: isFresh('product', product.id) ? 'fresh' : null },
    h('a', { class: 'row', href: `#/product/${product.id}` },
      h('span', { class: 'grow' }, product.name,
        h('small', null, [product.sku, product.category].filter(Boolean).join(' · '))),
      alarm && badge(alarm === 'out' ? t('Out') : t('Low'), alarm === 'out' ? 'bad' : 'warn'),
      isCrew()
        ? h('span', { class: `amount ${pending ? 'pending' : ''}` }, amount(product, within), h('small', null, product.unit))
        : h('span', { class: 'amount small' }, money(product.price, product.currency))))
}

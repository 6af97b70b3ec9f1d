// From one place to another, at once.

import { h } from '../core/dom.js'
import { number, t } from '../core/i18n.js'
import { add } from '../core/queue.js'
import { isBlind, locationName, places, store, tell } from '../core/store.js'
import { button, chips, empty, field, locationSelect, productFinder, say, stepper } from '../core/ui.js'

export default function move(key) {
  const state = { product: null, from: 0, lot: '', to: 0, quantity: 1 }
  const pick = (product) => {
    const rows = places(product.id).filter((row) => row.quantity > 0)
    Object.assign(state, { product: product.id, from: rows[0]?.locationId ?? 0, lot: rows[0]?.lot ?? '', quantity: 1 })
  }
  const wanted = key && store.products.get(Number(key))
  if (wanted) pick(wanted)
  return {
    scan: (code) => state.scan?.(code),
    isDeep: () => Boolean(state.product),
    back: () => { state.product = null; tell() },
    view() {
      const finder = productFinder(state, pick, { autofocus: true })
      const product = store.products.get(state.product)
      if (!product) return h('div', { class: 'narrow', key: 'find' }, finder, h('p', { class: 'hint' }, t('Scan what you carry, then say where you put it.')))
      const rows = places(product.id).filter((row) => row.quantity > 0)
      if (!rows.length && !isBlind(product)) return h('div', { class: 'narrow', key: 'none' }, empty(t('There is none of it to move.'), button(t('Back'), () => { state.product = null; tell() })))
      return h('div', { class: 'narrow', key: 'move' },
        h('section', { class: 'panel' }, h('h2', null, product.name),
          isBlind(product) ? field(t('From'), locationSelect(state.from, (from) => { state.from = from }, { id: 'move-from' }))
          : h('div', { class: 'field' }, h('span', null, t('From')),
            chips(t('From'), `${state.from}/${state.lot}`, rows.map((row) => [`${row.locationId}/${row.lot}`, `${locationName(row.locationId)}${row.lot ? ` · ${row.lot}` : ''} (${number(row.quantity)})`]),
              (key) => { const [from, ...lot] = key.split('/'); state.from = Number(from); state.lot = lot.join('/') })),
          field(t('To'), locationSelect(state.to, (to) => { state.to = to }, { id: 'move-to' })),
          stepper(t('How many'), state.quantity, (value) => { state.quantity = value }, { least: 1, big: true })),
        h('button', { type: 'button', class: 'button primary huge', disabled: !state.to || !state.from || state.to === state.from, onclick: async () => {
          await add(['stock.move', { productId: product.id, fromLocationId: state.from, toLocationId: state.to, quantity: state.quantity, ...(state.lot ? { lot: state.lot } : {}) }])
          say(t('{n} {product} to {place}', { n: number(state.quantity), product: product.name, place: locationName(state.to) }))
          state.product = null
          tell()
        } }, h('span', null, t('Move {n}', { n: number(state.quantity) }))))
    },
  }
}

// Quick adjust: scan or find, how many, why, done. Made for one thumb.

import { h } from '../core/dom.js'
import { number, signed, t } from '../core/i18n.js'
import { add } from '../core/queue.js'
import { keep, settings } from '../core/settings.js'
import { byCode, isBlind, isFresh, locationName, places, store, tell } from '../core/store.js'
import { badge, chips, locationSelect, productFinder, say, stepper } from '../core/ui.js'

export default function adjust(key) {
  const state = { product: null, place: settings.location, lot: '', quantity: 1, way: 'take', why: 'use' }
  const pick = (product) => {
    const rows = places(product.id)
    state.product = product.id
    state.quantity = 1
    const usual = rows.find((row) => row.locationId === settings.location) ?? rows[0]
    state.place = usual?.locationId ?? settings.location
    state.lot = usual?.lot ?? ''
  }
  const wanted = key && (byCode(key) ?? store.products.get(Number(key)))
  if (wanted) pick(wanted)
  else if (key) state.unknown = key

  const book = async () => {
    const product = store.products.get(state.product)
    const quantity = state.way === 'take' ? -state.quantity : state.quantity
    await add(['stock.adjust', {
      productId: product.id, locationId: state.place, quantity, reason: state.why, ...(state.lot ? { lot: state.lot } : {}),
    }])
    keep({ location: state.place })
    navigator.vibrate?.(30)
    say(t('{change} {product} in {place}', { change: signed(quantity), product: product.name, place: locationName(state.place) }))
    Object.assign(state, { product: null, quantity: 1 })
    tell()
  }

  return {
    // The same code again is one more; another code is another product.
    scan(code) {
      if (state.product && byCode(code)?.id === state.product) { state.quantity += 1; tell() } else state.scan?.(code)
    },
    isDeep: () => Boolean(state.product),
    back: () => { state.product = null; tell() },
    view() {
      const finder = productFinder(state, pick, { autofocus: true })
      const product = store.products.get(state.product)
      if (!product) {
        return h('div', { class: 'narrow', key: 'find' }, finder,
          h('p', { class: 'hint' }, t('Scan a code, or type a part of the name. A scanner that types works on every screen.')))
      }
      const rows = places(product.id)
      const there = rows.find((row) => row.locationId === state.place && row.lot === state.lot)
      const after = (there?.quantity ?? 0) + (state.way === 'take' ? -state.quantity : state.quantity)
      const ways = { take: [['use', t('Used')], ['waste', t('Wasted')], ['sale', t('Sold')], ['adjustment', t('Corrected')]], put: [['return', t('Returned')], ['restock', t('Delivered')], ['adjustment', t('Corrected')]] }
      return h('div', { class: 'narrow adjust', key: 'adjust' },
        h('section', { class: isFresh('product', product.id) ? 'panel fresh' : 'panel' },
          h('h2', null, product.name), h('p', { class: 'muted' }, product.sku),
          rows.length > 1 && chips(t('Place'), `${state.place}/${state.lot}`, rows.map((row) => [`${row.locationId}/${row.lot}`, `${locationName(row.locationId)}${row.lot ? ` · ${row.lot}` : ''} (${number(row.quantity)})`]),
            (key) => { const [place, ...lot] = key.split('/'); state.place = Number(place); state.lot = lot.join('/') }),
          locationSelect(state.place, (place) => { state.place = place; state.lot = '' }, { 'aria-label': t('Place'), id: 'adjust-place' }),
          chips(t('Direction'), state.way, [['take', t('Take')], ['put', t('Put')]], (way) => { state.way = way; state.why = ways[way][0][0] }, 'halves'),
          stepper(t('How many'), state.quantity, (value) => { state.quantity = value }, { least: 1, big: true }),
          chips(t('Why'), state.why, ways[state.way], (why) => { state.why = why }),
          !isBlind(product) && h('p', { class: 'after' }, t('Then there: {n}', { n: number(after) }), ' ', product.unit, after < 0 && badge(t('Below nought'), 'warn'))),
        h('button', { type: 'button', class: 'button primary huge', disabled: !state.place, onclick: book },
          h('span', null, state.way === 'take' ? t('Take {n}', { n: number(state.quantity) }) : t('Put {n}', { n: number(state.quantity) }))))
    },
  }
}

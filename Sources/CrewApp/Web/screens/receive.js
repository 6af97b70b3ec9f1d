// A delivery: scan what came, look it over, book it in one go.

import { h } from '../core/dom.js'
import { number, t, tn } from '../core/i18n.js'
import { add } from '../core/queue.js'
import { keep, settings } from '../core/settings.js'
import { places, productName, tell } from '../core/store.js'
import { button, empty, field, input, locationSelect, productFinder, say, stepper } from '../core/ui.js'

// Kept on the device as it grows: a delivery of forty boxes is not scanned twice.
let draft = []
const keepDraft = () => keep({ delivery: draft.map((line) => ({ ...line })) })
const state = { note: '' }

function pick(product) {
  const line = draft.find((each) => each.product === product.id && each.lot === '')
  if (line) line.quantity += 1
  else draft.unshift({ product: product.id, quantity: 1, lot: '', place: settings.location || places(product.id)[0]?.locationId || 0 })
  keepDraft()
}

export default function receive() {
  draft = settings.delivery.map((line) => ({ ...line }))
  return {
    scan: (code) => state.scan?.(code),
    view() {
      const units = draft.reduce((sum, line) => sum + line.quantity, 0)
      const isWhole = draft.every((line) => line.place)
      return h('div', { class: 'narrow', key: 'receive' },
        field(t('New lines go to'), locationSelect(settings.location, (place) => {
          keep({ location: place })
          draft.forEach((line) => { line.place ||= place })
        }, { id: 'receive-place' })),
        productFinder(state, pick, { autofocus: true }),
        draft.length === 0 && empty(t('Scan or search what was delivered. It is booked when you say so.')),
        h('ul', { class: 'list cards' }, draft.map((line) => h('li', { key: `${line.product}/${line.lot}` }, h('div', { class: 'card' },
          h('div', { class: 'row' }, h('span', { class: 'grow' }, productName(line.product)),
            button(t('Remove'), () => { draft.splice(draft.indexOf(line), 1); keepDraft(); tell() }, { kind: 'plain', 'aria-label': t('Remove {name}', { name: productName(line.product) }) })),
          h('div', { class: 'pair' },
            stepper(productName(line.product), line.quantity, (value) => { line.quantity = value; keepDraft() }, { least: 1 }),
            locationSelect(line.place, (place) => { line.place = place; keepDraft() }, { 'aria-label': t('Place for {name}', { name: productName(line.product) }) }),
            input({ 'aria-label': t('Lot of {name}', { name: productName(line.product) }), placeholder: t('Lot'), maxlength: 64, value: line.lot, onchange: (event) => { line.lot = event.target.value.trim(); keepDraft(); tell() } })))))),
        draft.length > 0 && field(t('Note'), input({ id: 'receive-note', maxlength: 500, placeholder: t('Supplier, delivery note'), value: state.note, oninput: (event) => { state.note = event.target.value; tell() } })),
        draft.length > 0 && h('button', { type: 'button', class: 'button primary huge', disabled: !isWhole, onclick: async () => {
          const lines = draft.length
          await add(...draft.map((line) => ['stock.add', {
            productId: line.product, locationId: line.place, quantity: line.quantity, reason: 'restock',
            ...(line.lot ? { lot: line.lot } : {}), ...(state.note ? { note: state.note } : {}),
          }]))
          draft.length = 0
          state.note = ''
          keepDraft()
          say(tn(lines, '{n} line booked', '{n} lines booked'))
        } }, h('span', null, t('Book {n} units', { n: number(units) }))))
    },
  }
}

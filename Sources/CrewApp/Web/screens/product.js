// One product: where it lies, how it moved, what is held back; and its card, for managers.

import { h } from '../core/dom.js'
import { clock, day, money, number, parseMoney, plainMoney, signed, t, when } from '../core/i18n.js'
import { whileOpen } from '../core/link.js'
import { add, settle } from '../core/queue.js'
import { request } from '../core/request.js'
import { isCrew, isManager } from '../core/roles.js'
import { isBlind, isFresh, isLow, locationName, observe, places, store, tell } from '../core/store.js'
import { amount, badge, button, confirmed, empty, field, input, locationSelect, say, stepper } from '../core/ui.js'
import { reason } from '../core/words.js'

export default function product(key) {
  if (key === 'new') return editor(null)
  const id = Number(key)
  const state = { movements: null, isAway: false, editing: null, reserving: null }
  const load = async () => {
    if (!isCrew()) return
    try {
      state.movements = (await request(`/api/v1/movements?productId=${id}&order=newest&limit=60`)).items
      state.isAway = false
    } catch {
      state.isAway = true
    }
    tell()
  }
  const stopLoading = whileOpen(load)
  let reading = null
  const stopObserving = observe((event) => {
    if (event.type !== 'inventory:updated' || event.data.productId !== id) return
    clearTimeout(reading)
    reading = setTimeout(load, 300)
  })
  return {
    close() { stopObserving(); stopLoading() },
    title: () => store.products.get(id)?.name ?? t('Product'),
    back() { if (state.editing) { state.editing = null; tell() } else history.back() },
    view() {
      const item = store.products.get(id)
      if (!item) return empty(t('This product is not in the catalogue.'))
      if (state.editing) return state.editing.view()
      return card(item, state)
    },
  }
}

function card(item, state) {
  const alarm = isCrew() && isLow(item)
  const rows = places(item.id)
  return h('div', { class: 'columns', key: 'card' },
    h('section', { class: 'panel' },
      h('p', { class: 'muted' }, [item.sku, item.category, ...Object.entries(item.attributes ?? {}).map(([name, value]) => `${name}: ${value}`)].filter(Boolean).join(' · ')),
      isCrew() && h('div', { class: 'figures' },
        h('div', { class: isFresh('product', item.id) ? 'figure fresh' : 'figure' }, h('b', { class: 'level' }, amount(item)), h('span', null, item.unit, alarm && badge(alarm === 'out' ? t('Out') : t('Low'), alarm === 'out' ? 'bad' : 'warn'))),
        h('div', { class: 'figure' }, h('b', null, number(item.minimum)), h('span', null, t('Minimum'))),
        item.reserved > 0 && h('div', { class: 'figure' }, h('b', null, number(item.reserved)), h('span', null, t('Reserved'))),
        h('div', { class: 'figure' }, h('b', { class: 'text' }, money(item.price, item.currency)), h('span', null, t('Price')))),
      !isCrew() && h('p', { class: 'price' }, money(item.price, item.currency)),
      isCrew() && h('div', { class: 'actions' },
        h('a', { class: 'button primary', href: `#/adjust/${item.id}` }, h('span', null, t('Adjust'))),
        h('a', { class: 'button', href: `#/move/${item.id}` }, h('span', null, t('Move'))),
        button(t('Reserve'), () => { state.reserving = { place: rows[0]?.locationId ?? 0, quantity: 1, reason: '' }; tell() }),
        isManager() && button(t('Edit'), () => { state.editing = editor(item, () => { state.editing = null; tell() }); tell() })),
      state.reserving && reserveForm(item, state)),
    isCrew() && h('section', { class: 'panel' },
      h('h2', null, t('Where it lies')),
      isBlind(item) ? empty(t('It is being counted blind: its levels show when the count is over.'))
      : rows.length === 0 ? empty(t('Nowhere aboard.')) : h('ul', { class: 'list' }, rows.map((row) =>
        h('li', { key: `${row.locationId}/${row.lot}` }, h('div', { class: 'row' },
          h('span', { class: 'grow' }, locationName(row.locationId), h('small', null, [row.lot && t('Lot {lot}', { lot: row.lot }), row.reserved > 0 && t('{n} reserved', { n: number(row.reserved) })].filter(Boolean).join(' · '))),
          row.pending !== 0 && badge(t('{change} on its way', { change: signed(row.pending) }), 'quiet'),
          h('span', { class: 'amount' }, number(row.quantity))))))),
    isCrew() && reservations(item),
    isCrew() && !isBlind(item) && movements(item, state))
}

function reserveForm(item, state) {
  const form = state.reserving
  return h('form', { class: 'inset', onsubmit: async (event) => {
    event.preventDefault()
    if (!form.place) return
    await add(['reservation.create', { productId: item.id, locationId: form.place, quantity: form.quantity, ...(form.reason ? { reason: form.reason } : {}) }])
    state.reserving = null
    say(t('Asked for. It is reserved once the hub says so.'))
  } },
  field(t('From'), locationSelect(form.place, (place) => { form.place = place }, { id: 'reserve-place', required: true })),
  h('div', { class: 'field' }, h('span', null, t('How many')), stepper(t('How many'), form.quantity, (value) => { form.quantity = value }, { least: 1 })),
  field(t('What for'), input({ id: 'reserve-why', maxlength: 200, value: form.reason, oninput: (event) => { form.reason = event.target.value; tell() } })),
  h('div', { class: 'actions' }, button(t('Cancel'), () => { state.reserving = null; tell() }), h('button', { class: 'button primary' }, h('span', null, t('Reserve')))))
}

function reservations(item) {
  const held = [...store.reservations.values()].filter((each) => each.productId === item.id && each.status === 'active')
  if (!held.length) return null
  return h('section', { class: 'panel' }, h('h2', null, t('Reserved')),
    h('ul', { class: 'list' }, held.map((each) => h('li', { key: each.id }, h('div', { class: 'row wrap' },
      h('span', { class: 'grow' }, `${number(each.quantity - each.fulfilled)} · ${locationName(each.locationId)}`, h('small', null, [each.reason, each.reference].filter(Boolean).join(' · '))),
      button(t('Take'), () => add(['reservation.fulfil', { reservationId: each.id }])),
      button(t('Release'), () => add(['reservation.release', { reservationId: each.id }])))))))
}

function movements(item, state) {
  return h('section', { class: 'panel wide' }, h('h2', null, t('Movements')),
    state.isAway && h('p', { class: 'muted' }, t('The history is at the hub. It shows when there is a line.')),
    state.movements?.length === 0 && h('p', { class: 'muted' }, t('It has not moved yet.')),
    state.movements?.length > 1 && chart(item, state.movements),
    state.movements && h('ul', { class: 'list plain' }, state.movements.slice(0, 12).map((move) => h('li', { key: move.id }, h('div', { class: 'row thin' },
      h('span', { class: `delta ${move.quantity < 0 ? 'less' : 'more'}` }, signed(move.quantity)),
      h('span', { class: 'grow' }, reason(move.reason), h('small', null, [locationName(move.locationId), when(move.time), move.note].filter(Boolean).join(' · '))))))))
}

/** The level over the last movements, drawn backwards from what is there now. */
function chart(item, moves) {
  const width = 600, height = 120
  let now = item.onHand
  const levels = [now]
  // A move within the house changes no total: its two halves would look like a dip.
  for (const move of moves.filter((each) => each.reason !== 'move')) { now -= move.quantity; levels.unshift(now) }
  const top = Math.max(...levels, item.minimum, 1), bottom = Math.min(...levels, 0)
  const x = (index) => (index / (levels.length - 1)) * width
  const y = (value) => 6 + (1 - (value - bottom) / (top - bottom)) * (height - 12)
  const line = levels.map((value, index) => (index ? `H${x(index).toFixed(1)}V${y(value).toFixed(1)}` : `M0 ${y(value).toFixed(1)}`)).join('')
  const oldest = moves[moves.length - 1].time
  return h('figure', { class: 'chart' },
    h('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': t('Level from {from} to {to}: at first {first}, now {last}', { from: when(oldest), to: when(moves[0].time), first: number(levels[0]), last: number(item.onHand) }) },
      h('path', { class: 'area', d: `${line}V${y(bottom)}H0Z` }),
      item.minimum > 0 && h('path', { class: 'minimum', d: `M0 ${y(item.minimum)}H${width}`, 'vector-effect': 'non-scaling-stroke' }),
      h('path', { class: 'level', d: line, 'vector-effect': 'non-scaling-stroke' })),
    h('figcaption', null, h('span', null, day(oldest)), item.minimum > 0 && h('span', { class: 'key' }, t('Minimum {n}', { n: number(item.minimum) })), h('span', null, clock(moves[0].time))))
}

function editor(item, done = () => history.back()) {
  const currency = item?.currency ?? [...store.products.values()][0]?.currency ?? 'EUR'
  const form = {
    sku: item?.sku ?? '', name: item?.name ?? '', unit: item?.unit ?? 'pcs', category: item?.category ?? '',
    price: plainMoney(item?.price ?? 0, currency), minimum: String(item?.minimum ?? 0),
    barcodes: (item?.barcodes ?? []).join('\n'), forbidsNegative: item?.forbidsNegative ?? false,
  }
  let problem = ''
  const text = (name, label, more = {}) => field(label, input({ id: `edit-${name}`, value: form[name], oninput: (event) => { form[name] = event.target.value; tell() }, ...more }))
  const save = async (event) => {
    event.preventDefault()
    const price = parseMoney(form.price, currency)
    if (price === null) { problem = t('The price is not an amount of money.'); return tell() }
    if (!/^\d{1,9}$/.test(form.minimum)) { problem = t('The minimum is not a whole number.'); return tell() }
    const card = {
      sku: form.sku.trim(), name: form.name.trim(), unit: form.unit.trim(), category: form.category.trim(), price,
      minimum: Number(form.minimum), forbidsNegative: form.forbidsNegative,
      barcodes: form.barcodes.split(/\s+/).filter(Boolean),
    }
    // Only what was changed, so that another hand's edit of another field stays.
    const changes = item ? Object.fromEntries(Object.entries(card).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(item[name] ?? ''))) : card
    if (item && !Object.keys(changes).length) return done()
    done()
    const answer = await settle(item ? 'product.update' : 'product.create', item ? { productId: item.id, ...changes } : changes)
    say(answer.refusal ? answer.refusal.message : t('Saved.'), answer.refusal ? 'bad' : 'ok')
  }
  const view = () => h('form', { class: 'panel form', key: 'editor', onsubmit: save },
    text('name', t('Name'), { required: true, maxlength: 200, autocapitalize: 'sentences' }),
    h('div', { class: 'pair' }, text('sku', t('Number'), { required: true, maxlength: 64 }), text('category', t('Category'), { maxlength: 100 })),
    h('div', { class: 'pair' }, text('unit', t('Unit'), { required: true, maxlength: 20 }), text('minimum', t('Minimum'), { inputmode: 'numeric' }), text('price', t('Price in {currency}', { currency }), { inputmode: 'decimal' })),
    field(t('Scanner codes, one a line'), h('textarea', { id: 'edit-codes', rows: 3, value: form.barcodes, oninput: (event) => { form.barcodes = event.target.value; tell() } })),
    h('label', { class: 'check' }, h('input', { type: 'checkbox', checked: form.forbidsNegative, onchange: (event) => { form.forbidsNegative = event.target.checked; tell() } }), h('span', null, t('Refuse to take more than there is'))),
    problem && h('p', { class: 'message bad', role: 'alert' }, problem),
    h('div', { class: 'actions' },
      item && button(t('Remove'), async () => {
        if (!await confirmed(t('Take {name} out of the catalogue? Its history stays.', { name: item.name }), t('Remove'))) return
        done()
        const answer = await settle('product.remove', { productId: item.id })
        if (answer.refusal) say(answer.refusal.message, 'bad')
        else location.hash = '#/stock'
      }, { kind: 'danger plain' }),
      button(t('Cancel'), done), h('button', { class: 'button primary' }, h('span', null, t('Save')))))
  return { title: () => t('New product'), view }
}

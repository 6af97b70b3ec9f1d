// The pieces that screens are made of.

import { h } from './dom.js'
import { number, t } from './i18n.js'
import { hasCamera, scanned, watch } from './scan.js'
import { byCode, level, locationTree, search, tell } from './store.js'

/** Runs what a person asked for. One message a button press, on success or failure. */
export const toasts = []
export function say(text, kind = 'ok') {
  const toast = { text, kind, key: `${Date.now()}-${Math.random()}` }
  toasts.push(toast)
  if (toasts.length > 3) toasts.shift()
  setTimeout(() => {
    const index = toasts.indexOf(toast)
    if (index >= 0) toasts.splice(index, 1)
    tell()
  }, kind === 'bad' ? 9000 : 4000)
  tell()
}

export const icon = (name, props) => h('svg', { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true', ...props },
  h('path', { d: icons[name] }))

const icons = {
  stock: 'M4 7l8-4 8 4v10l-8 4-8-4V7zm0 0l8 4 8-4M12 11v10',
  adjust: 'M4 4h3M4 4v3M20 4h-3M20 4v3M4 20h3M4 20v-3M20 20h-3M20 20v-3M8 8v8M11 8v8M14 8v8M16.5 8v8',
  move: 'M4 9h13l-4-4M20 15H7l4 4',
  receive: 'M12 3v12m0 0l-5-5m5 5l5-5M4 17v3h16v-3',
  count: 'M9 4h6v3H9V4zM7 5H5v16h14V5h-2M9 13l2 2 4-4',
  orders: 'M6 3h12v18l-3-2-3 2-3-2-3 2V3zm3 5h6M9 12h6',
  transfers: 'M3 7h11v9H3V7zm11 3h4l3 3v3h-7M7 19a2 2 0 100-4 2 2 0 000 4zm10 0a2 2 0 100-4 2 2 0 000 4z',
  sale: 'M4 5h2l2 10h10l2-7H7M9 20a1 1 0 100-2 1 1 0 000 2zm8 0a1 1 0 100-2 1 1 0 000 2z',
  alerts: 'M6 16V11a6 6 0 0112 0v5l2 2H4l2-2zm4 4h4',
  aboard: 'M9 11a3.5 3.5 0 100-7 3.5 3.5 0 000 7zm-6 9c0-3.5 2.7-6 6-6s6 2.5 6 6M16 4.5a3.5 3.5 0 010 6M17 14.5c2.4.7 4 2.8 4 5.5',
  sync: 'M4 12a8 8 0 0113.7-5.6L20 9M20 4v5h-5M20 12a8 8 0 01-13.7 5.6L4 15M4 20v-5h5',
  tray: 'M12 3l10 18H2L12 3zm0 7v5m0 2.5v.5',
  pairing: 'M7 2h10v20H7V2zm3 17h4M10 9l2 2 3-4',
  people: 'M12 12a4 4 0 100-8 4 4 0 000 8zm-8 9c0-4 3.6-7 8-7s8 3 8 7',
  activity: 'M3 12h4l3 8 4-16 3 8h4',
  settings: 'M12 15.5a3.5 3.5 0 100-7 3.5 3.5 0 000 7zM12 2v4M12 18v4M2 12h4M18 12h4M5 5l2.8 2.8M16.2 16.2L19 19M19 5l-2.8 2.8M7.8 16.2L5 19',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  back: 'M15 5l-7 7 7 7',
  camera: 'M4 8h4l2-3h4l2 3h4v11H4V8zm8 8a3 3 0 100-6 3 3 0 000 6z',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  close: 'M6 6l12 12M18 6L6 18',
  undo: 'M9 5L4 10l5 5M4 10h10a5 5 0 010 10h-3',
  good: 'M5 19v-4M12 19V10M19 19V5',
  weak: 'M5 19v-4M12 19V10',
  none: 'M5 19v-4M14 6l6 6M20 6l-6 6',
  paused: 'M9 5v14M15 5v14',
  check: 'M5 12l5 5L20 6',
  clock: 'M12 21a9 9 0 100-18 9 9 0 000 18zm0-14v5l3 2',
}

export function button(label, onclick, { kind = '', iconName, disabled, ...more } = {}) {
  return h('button', { type: 'button', class: `button ${kind}`, onclick, disabled, ...more },
    iconName && icon(iconName), h('span', null, label))
}

/** A labelled field; `note` tells what is wrong with it or what it wants. */
export function field(label, control, { note, isWrong } = {}) {
  const id = control.props.id ?? `field-${label.replace(/\W/g, '')}`
  control.props.id = id
  if (note) control.props['aria-describedby'] = `${id}-note`
  if (isWrong) control.props['aria-invalid'] = 'true'
  return h('div', { class: 'field', key: `f-${id}` },
    h('label', { for: id }, label), control,
    note && h('p', { id: `${id}-note`, class: isWrong ? 'note wrong' : 'note' }, note))
}

export const input = (props) => h('input', { autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', ...props })

export const select = (value, options, onchange, more = {}) =>
  h('select', { value: String(value ?? ''), onchange: (event) => { onchange(event.target.value); tell() }, ...more },
    options.map(([key, label]) => h('option', { value: String(key), key }, label)))

export function locationSelect(value, onchange, { all, ...more } = {}) {
  const options = locationTree().map(({ place, depth }) => [place.id, '\u2003'.repeat(depth) + place.name])
  return select(value || '', [['', all ?? t('Choose a place')], ...options], (id) => onchange(Number(id)), more)
}

/** One of a few, as buttons that stand side by side. */
export const chips = (label, value, options, onpick, kind = 'chips') =>
  h('div', { class: kind, role: 'group', 'aria-label': label },
    options.map(([key, text]) => h('button', {
      type: 'button', class: 'chip', 'aria-pressed': String(value === key), key,
      onclick: () => { onpick(key); tell() },
    }, text)))

/** A whole number with large buttons for wet fingers. */
export function stepper(label, value, onchange, { least = 0, big } = {}) {
  const id = `step-${label.replace(/\W/g, '')}`
  // Two quick taps may come before the first is drawn.
  let now = value
  const to = (next) => { now = Math.min(1e9, Math.max(least, next)); onchange(now); tell() }
  return h('div', { class: big ? 'stepper big' : 'stepper' },
    h('button', { type: 'button', 'aria-label': t('{what}: one less', { what: label }), onclick: () => to(now - 1), disabled: value <= least }, icon('minus')),
    h('label', { for: id, class: 'hidden' }, label),
    h('input', {
      id, inputmode: 'numeric', value: String(value),
      onfocus: (event) => event.target.select(),
      oninput: (event) => {
        const text = event.target.value.replace(/\D/g, '')
        if (text) to(Number(text))
      },
    }),
    h('button', { type: 'button', 'aria-label': t('{what}: one more', { what: label }), onclick: () => to(now + 1) }, icon('plus')))
}

/** How much there is of a product; a dash where the hub does not tell this person. */
export const amount = (product, within) => {
  const count = level(product, within)
  return count === null ? '–' : number(count)
}

export const empty = (text, ...more) => h('div', { class: 'empty' }, h('p', null, text), more)

export const badge = (text, kind = '') => h('span', { class: `badge ${kind}` }, text)

/** Finds a product by a scan or by words, and hands it to `pick`. */
export function productFinder(state, pick, { autofocus } = {}) {
  const matches = () => state.query ? search(state.query).slice(0, 8) : []
  const found = matches()
  const choose = (product) => {
    state.query = ''
    state.unknown = null
    pick(product)
    tell()
  }
  state.scan = (code) => {
    const product = byCode(code)
    if (product) return choose(product)
    state.unknown = code
    state.query = ''
    tell()
  }
  return h('div', { class: 'finder', key: 'finder' },
    h('form', { class: 'searchbar', role: 'search', onsubmit: (event) => {
      event.preventDefault()
      // Enter may come before the words are drawn: what is on the page then answers earlier ones.
      const now = matches()
      const exact = byCode(state.query ?? '')
      if (exact) choose(exact)
      else if (now.length === 1) choose(now[0])
      else if (state.query && !now.length) state.scan(state.query)
    } },
    h('input', {
      type: 'search', 'aria-label': t('Scan or search a product'), placeholder: t('Scan or search a product'),
      value: state.query ?? '', autocomplete: 'off', enterkeyhint: 'done',
      made: (element) => { if (autofocus && matchMedia('(pointer: fine)').matches) setTimeout(() => element.focus({ preventScroll: true })) },
      oninput: (event) => { state.query = event.target.value; state.unknown = null; tell() },
    }),
    cameraButton()),
    state.unknown && h('p', { class: 'message bad', role: 'alert' }, t('No product has the code {code}.', { code: state.unknown })),
    found.length > 0 && h('ul', { class: 'list results' }, found.map((product) =>
      h('li', { key: product.id }, h('button', { type: 'button', class: 'row', onclick: () => choose(product) },
        h('span', { class: 'grow' }, product.name, h('small', null, product.sku)),
        product.onHand !== undefined && h('span', { class: 'amount' }, amount(product), h('small', null, product.unit)))))))
}

let camera = null
export const cameraButton = () => hasCamera() && h('button', {
  type: 'button', class: 'square', 'aria-label': t('Scan with the camera'), onclick: () => { camera = {}; tell() },
}, icon('camera'))

/** The camera over the whole screen, while it is open. */
export function cameraView() {
  if (!camera) return null
  const close = () => { camera?.stop?.(); camera = null; tell() }
  return h('div', { class: 'camera', role: 'dialog', 'aria-modal': 'true', 'aria-label': t('Scan with the camera'), key: 'camera', onkeydown: (event) => { if (event.key === 'Escape') close() } },
    h('video', { playsinline: true, muted: true, made: (video) => {
      const own = camera
      watch(video, (code) => { scanned(code); close() }).then(
        (stop) => { if (camera === own) own.stop = stop; else stop() },
        () => { close(); say(t('The camera may not be used. Allow it in the browser’s settings for this page.'), 'bad') })
    } }),
    button(t('Close'), close, { kind: 'primary', iconName: 'close', made: (element) => element.focus() }))
}

let dialog = null
/** Asks before something that cannot be taken back. Resolves to whether to go on. */
export function confirmed(question, yes, { isGrave = true } = {}) {
  return new Promise((resolve) => {
    const from = document.activeElement
    dialog = { question, yes, isGrave, answer: (value) => {
      dialog = null
      resolve(value)
      tell()
      setTimeout(() => from?.focus?.())
    } }
    tell()
  })
}

export const dialogView = () => dialog && h('dialog', {
  class: 'dialog', key: 'dialog', 'aria-labelledby': 'question',
  made: (element) => setTimeout(() => element.showModal()), oncancel: (event) => { event.preventDefault(); dialog.answer(false) },
}, h('p', { id: 'question' }, dialog.question),
h('div', { class: 'actions' },
  button(t('Go back'), () => dialog.answer(false), { autofocus: true }),
  button(dialog.yes, () => dialog.answer(true), { kind: dialog.isGrave ? 'danger' : 'primary' })))

/** A list that grows as it is scrolled, so that twenty thousand rows cost what thirty cost. */
export function longList(state, items, row, { step = 30 } = {}) {
  // What fits on the device, so that little is drawn between a keystroke and its answer.
  state.shown ??= 16
  const shown = items.slice(0, state.shown)
  return [
    h('ul', { class: 'list', key: 'list' }, shown.map(row)),
    items.length > shown.length && h('button', {
      type: 'button', class: 'button wide', key: 'more',
      made: (element) => {
        state.watcher = new IntersectionObserver(([entry]) => {
          if (entry.isIntersecting) { state.shown += step; tell() }
        }, { rootMargin: '300px' })
        state.watcher.observe(element)
      },
      gone: () => state.watcher?.disconnect(),
      onclick: () => { state.shown += step; tell() },
    }, t('Show more ({n} in all)', { n: number(items.length) })),
  ]
}

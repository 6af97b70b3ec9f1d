// The shell: who is here, which screen is open, and how good the line is.

import { persist } from './core/disk.js'
import { h, patch } from './core/dom.js'
import { number, t, tn, useLanguage } from './core/i18n.js'
import { link, nudge, setOffline, start, stop, whenLink } from './core/link.js'
import { leaveLost, openQueue, pump, queue, refused, reloadQueue, restoredFrom, seen, sendAgain, waiting } from './core/queue.js'
import { request } from './core/request.js'
import { isAdmin, isCrew, isManager, session } from './core/roles.js'
import { onScan } from './core/scan.js'
import { keep, loadSettings, settings, useTheme } from './core/settings.js'
import { forgetCopy, loadCopy, loadRest, lowCount, onChange, readAhead, store, tell } from './core/store.js'
import { button, cameraView, confirmed, dialogView, icon, say, toasts } from './core/ui.js'
import signIn, { offerCode } from './screens/sign-in.js'
import stock from './screens/stock.js'

// What the first sight needs is there from the start; each other screen is a file less before it.
const screens = { stock }
const further = [
  'adjust', 'count', 'receive', 'move', 'orders', 'transfers', 'sale', 'alerts', 'aboard', 'tray', 'people', 'pairing',
  'activity', 'product', 'sync', 'settings',
]

/** Fetches the screens that are not here yet: soon, since the line may be gone when one is wanted. */
async function loadScreens(...names) {
  await Promise.all(names.filter((name) => !screens[name]).map(async (name) => {
    screens[name] = (await import(`./screens/${name}.js`)).default
  }))
}

const titles = {
  stock: () => t('Stock'), adjust: () => t('Adjust'), move: () => t('Move'), receive: () => t('Receive'),
  count: () => t('Count'), orders: () => t('Orders'), transfers: () => t('Transfers'), sale: () => t('Sale'),
  alerts: () => t('Alerts'), aboard: () => t('Aboard'), sync: () => t('Sync'), tray: () => t('Needs a person'),
  people: () => t('People'), pairing: () => t('Pair a device'), activity: () => t('Activity'), settings: () => t('Settings'),
  product: () => t('Product'), more: () => t('More'),
}

function offered() {
  if (!isCrew()) return ['stock', ...(settings.me?.role === 'customer' ? ['orders'] : []), 'sync', 'settings']
  return [
    'stock', 'adjust', 'count', 'receive', 'move', 'orders', 'transfers', 'sale', 'alerts', 'aboard',
    'sync', 'tray', ...(isAdmin() ? ['people'] : []), ...(isManager() ? ['pairing'] : []), 'activity', 'settings',
  ]
}
const onTheBar = () => isCrew() ? ['stock', 'adjust', 'count', 'receive'] : offered().slice(0, 3)

let open = { name: '', screen: null }

function route() {
  const [name, ...rest] = location.hash.replace(/^#\//, '').split('/').map(decodeURIComponent)
  if (name === 'pair') return void pair(rest[0] ?? '')
  const target = name === 'more' || name === 'product' || offered().includes(name) ? name : 'stock'
  if (target !== 'more' && !screens[target]) return void fetched(target)
  open.screen?.close?.()
  onScan((code) => { location.hash = `#/adjust/${encodeURIComponent(code)}` })
  open = {
    name: target, at: location.hash, isEarly: !store.isComplete && !showsAtOnce(target),
    screen: target === 'more' ? { view: more } : screens[target](...rest),
  }
  if (open.screen.scan) onScan((code) => open.screen.scan(code))
  draw()
  document.getElementById('title')?.focus({ preventScroll: true })
  scrollTo(0, 0)
}

/** A screen that is wanted before it has come. */
async function fetched(name) {
  const wanted = location.hash
  try {
    await loadScreens(name)
    if (location.hash === wanted && settings.me) route()
  } catch {
    say(t('The hub does not answer. Try again when there is a line.'), 'bad')
    if (location.hash === wanted) location.hash = open.at || '#/stock'
  }
}

/** A code that a QR code brought. It does not stay in the history, and takes nobody's place unasked. */
async function pair(code) {
  history.replaceState(null, '', '#/')
  if (settings.me) {
    route()
    if (!await confirmed(t('Sign {name} out, and let another person in here?', { name: settings.me.name }), t('Go on'))) return
    await session.signOut()
    if (settings.me) return
  }
  offerCode(code)
  draw()
}

const more = () => h('ul', { class: 'list tiles' }, offered().filter((name) => !onTheBar().includes(name)).map((name) =>
  h('li', { key: name }, h('a', { class: 'row', href: `#/${name}` }, icon(name), h('span', { class: 'grow' }, titles[name]()), counter(name)))))

function counter(name) {
  const count = {
    tray: refused().length, sync: waiting().length,
    alerts: name === 'alerts' && isSettled ? lowCount() : 0, more: refused().length,
  }[name]
  return count ? h('span', { class: `badge ${name === 'tray' || name === 'more' ? 'bad' : 'quiet'}` }, number(count)) : null
}

const lineWords = () =>
  link.isPaused ? t('Offline by choice') : { good: t('Good line'), weak: t('Weak line'), none: t('No line') }[link.quality]

function lineButton() {
  const state = link.isPaused ? 'paused' : link.quality
  const count = waiting().length
  return h('a', { class: `line ${state}`, href: '#/sync', 'aria-label': [lineWords(), count ? tn(count, '{n} change waits', '{n} changes wait') : ''].filter(Boolean).join(', ') },
    icon(state), h('span', null, lineWords()), count > 0 && h('b', null, number(count)))
}

const navigation = (names, kind) => h('nav', { class: kind, 'aria-label': kind === 'bar' ? t('Main') : t('All screens'), key: kind },
  names.map((name) => h('a', { href: `#/${name}`, key: name, 'aria-current': isCurrent(name, kind) ? 'page' : null },
    icon(name), h('span', null, titles[name]()), counter(name))))

const isCurrent = (name, kind) => name === open.name || (name === 'stock' && open.name === 'product')
  || (kind === 'bar' && name === 'more' && !onTheBar().includes(open.name) && open.name !== 'product')

function notices() {
  return [
    queue.restored && h('div', { class: 'notice bad', role: 'alert', key: 'restored' },
      h('p', null, tn(queue.restored.count,
        'The hub was restored from a backup. {n} change that you made here may be missing from it.',
        'The hub was restored from a backup. {n} changes that you made here may be missing from it.')),
      button(t('Send again'), sendAgain, { kind: 'primary' }), button(t('Leave it'), leaveLost)),
    fresh && h('div', { class: 'notice', role: 'status', key: 'fresh' },
      h('p', null, t('A new version of this app is here.')), button(t('Use it'), useFresh, { kind: 'primary' })),
    queue.failure && waiting().length > 0 && h('div', { class: 'notice bad', role: 'status', key: 'failure' },
      h('p', null, t('The hub cannot take changes now: {why} They stay here and are sent again.', { why: queue.failure.message }))),
    link.isPaused && h('div', { class: 'notice quiet', key: 'paused' },
      h('p', null, t('Offline by choice. Changes are kept on this device.')), button(t('Go online'), () => setOffline(false))),
    storageFails && h('div', { class: 'notice bad', role: 'alert', key: 'storage' },
      h('p', null, t('This browser keeps nothing on the device. Changes are refused until it does: leave private browsing, or make space.'))),
  ]
}

function shell() {
  const title = open.screen.title?.() ?? titles[open.name]()
  document.title = `${title} · Quartermaster`
  const isDeep = open.name === 'product' || open.screen.isDeep?.()
  return [
    h('a', { class: 'skip', href: '#main', key: 'skip', onclick: (event) => { event.preventDefault(); document.getElementById('title').focus() } }, t('Skip to the content')),
    navigation(offered(), 'side'),
    h('div', { class: 'page', key: 'page' },
      h('header', null,
        isDeep && h('button', { type: 'button', class: 'square plain', key: 'back', 'aria-label': t('Back'), onclick: () => open.screen.back ? open.screen.back() : history.back() }, icon('back')),
        h('h1', { id: 'title', tabindex: '-1' }, title),
        lineButton()),
      h('div', { class: 'notices' }, notices()),
      h('main', { id: 'main', key: open.at, 'data-at': open.at, 'data-early': open.isEarly ? '' : null }, store.isComplete ? open.screen.view() : firstWait())),
    navigation([...onTheBar(), 'more'], 'bar'),
  ]
}

/** Screens that need no stock. */
const showsAtOnce = (name) => ['settings', 'sync'].includes(name)

/** Before the first snapshot there is nothing to show; say why, and never just spin. */
function firstWait() {
  if (showsAtOnce(open.name)) return open.screen.view()
  return h('div', { class: 'empty', role: 'status' },
    h('p', null, link.quality === 'none' && !isFetching()
      ? t('There is no line to the hub, and this device has no copy of the stock yet. Go where the hub is in reach.')
      : t('Fetching the stock from the hub…')),
    link.quality === 'none' && button(t('Try now'), nudge, { kind: 'primary' }))
}
let startedAt = Date.now()
const isFetching = () => Date.now() - startedAt < 5000

function draw() {
  // Signed in, and the copy on the disk is being read: what stands there stays a moment longer.
  if (settings.me && !open.screen) return
  const root = document.getElementById('app')
  const content = !settings.me ? signIn({ message: signedOutWhy, onSignedIn: begin }) : shell()
  patch(root, [
    ...[content].flat(), cameraView(), dialogView(),
    h('div', { class: 'toasts', role: 'status', 'aria-live': 'polite', key: 'toasts' },
      toasts.map(({ text, kind, key }) => h('p', { class: `toast ${kind}`, key }, icon(kind === 'bad' ? 'tray' : 'check'), text))),
  ])
}

let frame = null
onChange(() => {
  if (store.position) seen(store.position.seq)
  // What was opened before there was any stock has not found what it was opened for.
  if (open.isEarly && store.isComplete) return route()
  frame ??= requestAnimationFrame(() => { frame = null; draw() })
})

// Who is here.

let isSettled = false
let signedOutWhy = ''
let storageFails = false

async function begin(identity) {
  startedAt = Date.now()
  if (settings.me !== identity) await keep({ me: identity })
  signedOutWhy = ''
  const [hasCopy] = await Promise.all([
    loadCopy(identity.userId), openOnce().then(reloadQueue).catch(() => { storageFails = true }),
  ])
  route()
  // The list first, then what only the next touch needs.
  if (hasCopy) await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
  // A good line is shown once all is here: without a worker that keeps them, no screen could be had after it is gone.
  await Promise.all([loadRest(), loadFurther()])
  if (settings.me !== identity) return
  isSettled = true
  start(identity)
  persist()
}

const loadFurther = () => loadScreens(...further).catch(() => { setTimeout(loadFurther, 5000) })

let opening = null
const openOnce = () => opening ??= openQueue()

/** Ends the stay of this person here. What they entered stays until they are back. */
async function leave(why) {
  stop()
  await keep({ me: null })
  open.screen?.close?.()
  open = { name: '', screen: null }
  signedOutWhy = why
  await forgetCopy()
  draw()
}

session.signOut = async () => {
  const count = waiting().length
  if (count && !await confirmed(tn(count,
    '{n} change has not reached the hub. It stays on this device and is sent when you sign in here again.',
    '{n} changes have not reached the hub. They stay on this device and are sent when you sign in here again.'), t('Sign out'))) return
  await request('/api/v1/sign-out', { method: 'POST', timeout: 4000 }).catch(() => {})
  await leave('')
}

async function lookAgain() {
  try {
    const me = await request('/api/v1/me', { timeout: 5000 })
    if (me.role === settings.me?.role && String(me.branchIds) === String(settings.me?.branchIds)) return
    // Other rights, another view: the copy may hold what is no longer for this person.
    await forgetCopy()
    await begin(me)
  } catch (error) {
    if (error.status === 401) await leave(t('Your session has ended. Sign in again: nothing you entered is lost.'))
  }
}

whenLink({
  ready: pump,
  signedOut: () => leave(t('Your session has ended. Sign in again: nothing you entered is lost.')),
  shutOut: lookAgain,
  rightsChanged: lookAgain,
  restored: restoredFrom,
})

// A newer version of the app waits until the person is ready.

let fresh = null
let isReplacing = false
function useFresh() {
  isReplacing = true
  fresh.postMessage('take over')
}

async function install() {
  if (!('serviceWorker' in navigator)) return
  navigator.serviceWorker.addEventListener('controllerchange', () => { if (isReplacing) location.reload() })
  const registration = await navigator.serviceWorker.register('/sw.js')
  const look = () => {
    if (registration.waiting && navigator.serviceWorker.controller) { fresh = registration.waiting; tell() }
  }
  look()
  registration.addEventListener('updatefound', () =>
    registration.installing?.addEventListener('statechange', look))
  setInterval(() => registration.update().catch(() => {}), 3600000)
}

addEventListener('hashchange', () => { if (settings.me || location.hash.startsWith('#/pair/')) route() })
addEventListener('unhandledrejection', ({ reason }) => {
  if (reason?.name === 'QuotaExceededError' || reason?.name === 'InvalidStateError') { storageFails = true; tell() }
})

useTheme()
readAhead()
await loadSettings()
useTheme()
link.isPaused = settings.offline
await useLanguage()
if (settings.me) await begin(settings.me)
else if (location.hash.startsWith('#/pair/')) route()
else draw()
// The page first: keeping it for the next time can wait until it is there.
setTimeout(() => install().catch(() => {}), 1000)

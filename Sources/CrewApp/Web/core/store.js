// The working copy of what the hub knows, and what changes here before the hub has heard of it.
//
// It begins as a snapshot at one position of the log and follows the log's events from there.
// Levels of stock come with their events; of anything else an event only says that it changed, and
// the thing itself is read again. `safe` is the position up to which nothing is left to read: the
// one to resume from. A copy on the disk lets the app start where there is no hub in reach.

import { ask, transaction } from './disk.js'
import { request } from './request.js'
import { newId } from './settings.js'

const tables = [
  'products', 'locations', 'reservations', 'transfers', 'orders', 'customers', 'counts', 'branches',
  'notifications',
]
const chunkSize = 500

export const store = {
  position: null,
  shore: 0,
  isComplete: false,
  stock: new Map(),
  pending: new Map(),
  changed: new Map(),
  lines: new Map(),
  ...Object.fromEntries(tables.map((name) => [name, new Map()])),
}

const listeners = new Set()
export function onChange(listener) {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
export const tell = () => listeners.forEach((listener) => listener())

// Found by a scanner's code or by words.

// Made when first asked for, which for a large store is after it has been drawn.

const fold = (text) => (/^[\x20-\x7e]*$/.test(text) ? text : text.normalize('NFD').replace(/[\u0300-\u036f]/g, '')).toLowerCase()

let codes = null
let entries = null
let order = null

/** The words of a product as they are searched. */
function words(entry) {
  if (entry.words === undefined) {
    const { name, sku, category, barcodes, attributes } = entry.product
    const extras = Object.values(attributes ?? {}).filter((value) => typeof value !== 'object')
    entry.words = fold([name, sku, category, ...barcodes, ...extras].join(' '))
  }
  return entry.words
}

function reindex() {
  entries = null
  order = null
  codes = null
  last = null
  isReordered = true
}

export function byCode(code) {
  if (!codes) {
    codes = new Map()
    for (const product of store.products.values()) {
      for (const each of [...product.barcodes, product.sku]) codes.set(each.toLowerCase(), product.id)
    }
  }
  const product = store.products.get(codes.get(code.trim().toLowerCase()))
  return product && !product.archived ? product : undefined
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })

/** The catalogue by name. */
function inOrder() {
  order ??= [...store.products.values()].filter((product) => !product.archived)
    .sort((a, b) => collator.compare(a.name, b.name)).map((product) => product.id)
  entries ??= order.map((id) => ({ product: store.products.get(id) })).filter((entry) => entry.product)
  return entries
}

let last = null

/** Products that contain every word of `text` and pass `also`, by name. */
export function search(text, also) {
  const wanted = fold(text).split(/\s+/).filter(Boolean)
  // One letter more can only leave out some of what was found before.
  const among = last && text.startsWith(last.text) ? last.found : inOrder()
  const found = wanted.length
    ? among.filter((entry) => wanted.every((word) => words(entry).includes(word))) : among
  last = { text, found }
  const products = found.map((entry) => entry.product)
  return also ? products.filter(also) : products
}

/** Reads every product's words once, a few at a time while nothing else is to be done. */
function warmUp() {
  const later = globalThis.requestIdleCallback ?? ((work) => setTimeout(() => work({ timeRemaining: () => 8 }), 50))
  const rest = inOrder().values()
  const work = (idle) => {
    while (idle.timeRemaining() > 2) {
      const { value, done } = rest.next()
      if (done) return
      words(value)
    }
    later(work)
  }
  later(work)
}

// Levels.

const placeKey = (product, location, lot) => `${product}/${location}/${lot ?? ''}`

function setLevel(row) {
  let places = store.stock.get(row.productId)
  if (!places) store.stock.set(row.productId, places = new Map())
  const key = placeKey(row.productId, row.locationId, row.lot)
  const before = places.get(key)
  places.set(key, before ? { ...before, ...row } : row)
}

/** Whether the hub keeps the product's levels from this person, since it is being counted blind. */
export const isBlind = (product) => product?.onHand === null

/** Where a product lies, with what is still on its way to the hub. */
export function places(product) {
  if (isBlind(store.products.get(product))) return []
  const rows = new Map([...(store.stock.get(product) ?? [])].map(([key, row]) => [key, { ...row, pending: 0 }]))
  for (const change of store.pending.get(product) ?? []) {
    const key = placeKey(product, change.location, change.lot)
    const row = rows.get(key)
      ?? { productId: product, locationId: change.location, lot: change.lot, quantity: 0, reserved: 0, pending: 0 }
    rows.set(key, { ...row, quantity: row.quantity + change.quantity, pending: row.pending + change.quantity })
  }
  return [...rows.values()].filter((row) => row.quantity !== 0 || row.pending !== 0 || row.reserved)
}

/** The level of a product, at one location and below it or in all; `null` where it is not told. */
export function level(product, within) {
  if (isBlind(product)) return null
  let sum = 0
  const changes = store.pending.get(product.id)
  if (!within) {
    sum = product.onHand ?? 0
    changes?.forEach((change) => { sum += change.quantity })
    return sum
  }
  store.stock.get(product.id)?.forEach((row) => { if (within.has(row.locationId)) sum += row.quantity })
  changes?.forEach((change) => { if (within.has(change.location)) sum += change.quantity })
  return sum
}

let low = null
/** How many products are running low, counted again at most once a second. */
export function lowCount() {
  if (!low || (low.isStale && Date.now() - low.time > 1000)) {
    low = { count: 0, time: Date.now(), isStale: false }
    for (const product of store.products.values()) if (!product.archived && isLow(product)) low.count += 1
  }
  return low.count
}

export function isLow(product) {
  if (isBlind(product)) return null
  const available = level(product) - (product.reserved ?? 0)
  return available <= 0 ? 'out' : product.minimum > 0 && available <= product.minimum ? 'low' : null
}

/** A location and all that lie in it. */
export function inside(location) {
  const found = new Set([location])
  for (let grown = true; grown;) {
    grown = false
    for (const place of store.locations.values()) {
      if (found.has(place.parentId) && !found.has(place.id)) { found.add(place.id); grown = true }
    }
  }
  return found
}

/** Open locations in the order of the tree, each with its depth. */
export function locationTree() {
  const children = Map.groupBy
    ? Map.groupBy(openLocations(), (place) => place.parentId ?? 0) : grouped(openLocations())
  const result = []
  const visit = (parent, depth) => (children.get(parent) ?? [])
    .sort((a, b) => collator.compare(a.name, b.name))
    .forEach((place) => { result.push({ place, depth }); visit(place.id, depth + 1) })
  visit(0, 0)
  return result
}
// A parent of another branch is not in this copy: its children then stand at the top.
const openLocations = () => [...store.locations.values()].filter((place) => !place.archived)
  .map((place) => store.locations.has(place.parentId) ? place : { ...place, parentId: null })
function grouped(list) {
  const groups = new Map()
  for (const place of list) {
    const key = place.parentId ?? 0
    groups.set(key, [...(groups.get(key) ?? []), place])
  }
  return groups
}

export const locationName = (id) => store.locations.get(id)?.name ?? `#${id}`
export const productName = (id) => store.products.get(id)?.name ?? `#${id}`

// Following the hub.

let safe = null
let stale = new Set()
let refreshing = null
let waiting = null
let isCaughtUp = false

export const resumePosition = () => safe

/** From here until `caughtUp` events may arrive out of order; `resumePosition` stays. */
export function reconnecting() {
  isCaughtUp = false
}

export function caughtUp(seq) {
  isCaughtUp = true
  advance(seq)
}

function advance(seq) {
  if (store.position) store.position.seq = Math.max(store.position.seq, seq)
  settle()
}

/** Holds events back until the snapshot that is on its way is there. */
export function holdEvents() {
  waiting ??= []
}

export async function takeSnapshot() {
  const snapshot = await request('/api/v1/snapshot')
  const before = safe?.epoch ?? null
  for (const name of tables) {
    store[name] = new Map((snapshot[name] ?? []).map((row) => [row.id, row]))
  }
  store.stock = new Map()
  if (before !== snapshot.epoch) store.lines = new Map()
  for (const { productId, locationId, lot, quantity, reserved } of snapshot.stock ?? []) {
    setLevel({ productId, locationId, lot, quantity, reserved })
  }
  reindex()
  store.position = { epoch: snapshot.epoch, seq: snapshot.seq }
  store.isComplete = true
  stale = new Set()
  const held = waiting ?? []
  waiting = null
  low = null
  warmUp()
  everythingChanged()
  for (const event of held) {
    if (event.seq > snapshot.seq) applyEvent(event, false)
    // A snapshot has no scans.
    else if (event.type.startsWith('count:scan')) setLine(event)
  }
  tell()
  return { epochBefore: before }
}

/** What an event says that cannot be read from it: the listing and the row to read again. */
function whatChanged(event) {
  const { data } = event
  const [family] = event.type.split(':')
  switch (family) {
    case 'product': return [['products', data.productId]]
    case 'location': return [['locations', data.locationId]]
    case 'order': return [['orders', data.orderId]]
    case 'transfer': return [['transfers', data.transferId]]
    case 'customer': return [['customers', data.customerId]]
    case 'branch': return [['branches', data.branchId]]
    case 'payment': return data.orderId ? [['orders', data.orderId]] : []
    case 'count': return event.type.startsWith('count:scan') ? [] : [['counts', data.countId]]
    case 'inventory':
      return data.reservationId
        ? [['reservations', data.reservationId], ['products', data.productId], ['stock', data.productId]] : []
    case 'system': return data.notificationId ? [['notifications', data.notificationId]] : []
    default: return []
  }
}

const observers = new Set()
/** Hears each event once it has been applied. */
export function observe(observer) {
  observers.add(observer)
  return () => observers.delete(observer)
}

const setLine = ({ seq, timestamp, data }) => store.lines.get(data.countId)?.set(data.lineId, {
  id: data.lineId, countId: data.countId, seq, productId: data.productId, code: data.code,
  locationId: data.locationId, lot: data.lot ?? '', quantity: data.quantity, cancels: data.cancels,
  userId: data.userId, userName: data.userName, time: timestamp,
})

export function applyEvent(event, isLive = true) {
  if (waiting) {
    waiting.push(event)
    return
  }
  const { type, data } = event
  if (type === 'inventory:updated') {
    setLevel({
      productId: data.productId, locationId: data.locationId, lot: data.lot ?? '',
      quantity: data.locationStock,
    })
    const product = store.products.get(data.productId)
    if (product) product.onHand = data.newStock
    touched('product', data.productId, isLive)
    changedChunk('stock', data.productId)
    changedChunk('products', data.productId)
  } else if (type.startsWith('count:scan')) {
    setLine(event)
    touched('line', data.lineId, isLive)
  }
  for (const [listing, id] of whatChanged(event)) {
    stale.add(`${listing}/${id}`)
    touched(listing.slice(0, -1), id, isLive)
  }
  if (low) low.isStale = true
  advance(event.seq)
  observers.forEach((observer) => observer(event))
  if (stale.size) refresh()
  tell()
}

function touched(kind, id, isLive) {
  if (!isLive || !isCaughtUp) return
  const key = `${kind}/${id}`
  store.changed.set(key, Date.now())
  setTimeout(() => {
    if (Date.now() - (store.changed.get(key) ?? 0) >= 3900) store.changed.delete(key)
    tell()
  }, 4000)
}
export const isFresh = (kind, id) => store.changed.has(`${kind}/${id}`)

/** Reads what is stale again, a few at a time; what cannot be read now stays stale. */
export function refresh() {
  refreshing ??= (async () => {
    // Events come in bursts: one order is four of them.
    await new Promise((resolve) => setTimeout(resolve, 60))
    try {
      while (stale.size) {
        const batch = [...stale].slice(0, 6)
        await Promise.all(batch.map(async (key) => {
          await read(...key.split('/'))
          stale.delete(key)
        }))
      }
    } catch {
      // No hub: the position that is resumed from lies before these events.
    } finally {
      refreshing = null
    }
    settle()
    tell()
  })()
  return refreshing
}

async function read(listing, id) {
  if (listing === 'stock') {
    const page = await request(`/api/v1/stock?productId=${id}&limit=1000`)
    store.stock.delete(Number(id))
    page.items.forEach(({ productId, locationId, lot, quantity, reserved }) =>
      setLevel({ productId, locationId, lot, quantity, reserved }))
    changedChunk('stock', Number(id))
    return
  }
  try {
    const row = await request(`/api/v1/${listing}/${id}`)
    store[listing].set(row.id, row)
    if (listing === 'products') reindex()
  } catch (error) {
    if (error.status !== 404 && error.status !== 403) throw error
    store[listing].delete(Number(id))
    if (listing === 'products') reindex()
  }
  changedChunk(listing, Number(id))
}

// The copy on the disk.

const tab = newId()
const dirty = new Map()
let saving = null
let owner = null
let everything = false
let isReordered = false

function changedChunk(listing, id) {
  if (!dirty.has(listing)) dirty.set(listing, new Set())
  dirty.get(listing).add(Math.floor(id / chunkSize))
}

function everythingChanged() {
  everything = true
}

function settle() {
  if (!isCaughtUp || stale.size || !store.position || waiting) return
  safe = { ...store.position }
  saving ??= setTimeout(() => { saving = null; save().catch(() => {}) }, 1500)
}

const contents = (listing) => listing === 'stock'
  ? [...store.stock.values()].flatMap((rows) => [...rows.values()]) : [...store[listing].values()]

/** The rows of a listing as they are kept: in chunks of text, which is read back faster than rows. */
function chunks(listing, wanted) {
  const groups = new Map([...(wanted ?? [])].map((chunk) => [chunk, []]))
  for (const row of contents(listing)) {
    const chunk = Math.floor((listing === 'stock' ? row.productId : row.id) / chunkSize)
    if (wanted && !wanted.has(chunk)) continue
    if (!groups.has(chunk)) groups.set(chunk, [])
    groups.get(chunk).push(row)
  }
  return [...groups].map(([chunk, rows]) => [`${listing}:${chunk}`, JSON.stringify(rows)])
}

async function save() {
  if (!owner || !safe) return
  const position = { ...safe }
  const user = owner
  await transaction(['copy'], 'readwrite', async (copy) => {
    const state = await ask(copy.get('state'))
    // Another tab has written since: its chunks may be older than this position.
    const isWhole = everything || state?.tab !== tab || state?.owner !== user
    if (isWhole) copy.clear()
    for (const listing of [...tables, 'stock']) {
      const wanted = isWhole ? null : dirty.get(listing)
      if (isWhole || wanted) for (const [key, text] of chunks(listing, wanted)) copy.put(text, key)
    }
    if (isWhole || isReordered) {
      inOrder()
      copy.put(order, 'order')
    }
    copy.put({ tab, owner: user, position, shore: store.shore }, 'state')
    everything = false
    isReordered = false
    dirty.clear()
  })
}

// Levels by place are needed a moment later than the list, which is drawn in between.
const levels = IDBKeyRange.bound('stock:', 'stock:~')
const beforeLevels = IDBKeyRange.upperBound('stock:', true)
const afterLevels = IDBKeyRange.lowerBound('stock:~', true)

const readCopy = (...ranges) => transaction(['copy'], 'readonly', async (copy) => {
  const found = await Promise.all(ranges.flatMap((range) => [ask(copy.getAllKeys(range)), ask(copy.getAll(range))]))
  return new Map(ranges.flatMap((_, index) => found[2 * index].map((key, row) => [key, found[2 * index + 1][row]])))
}).catch(() => new Map())

let ahead = null
/** Begins to read the copy before it is known whose it is. */
export function readAhead() {
  ahead = readCopy(beforeLevels, afterLevels)
}

/** Starts from the copy that `user` left on this device, where there is one. */
export async function loadCopy(user) {
  owner = String(user)
  const found = await (ahead ?? readCopy(beforeLevels, afterLevels))
  ahead = null
  const state = found.get('state')
  if (state?.owner !== owner) return false
  reindex()
  for (const listing of tables) store[listing] = new Map(kept(found, listing).map((row) => [row.id, row]))
  order = found.get('order') ?? null
  store.position = { ...state.position }
  safe = { ...state.position }
  store.shore = state.shore ?? 0
  isHalf = true
  store.isComplete = true
  tell()
  return true
}

const kept = (found, listing) =>
  [...found].filter(([key]) => key.startsWith(`${listing}:`)).flatMap(([, text]) => JSON.parse(text))

let isHalf = false
/** The rest of the copy, a piece at a time. Nothing may follow the hub before it is there. */
export async function loadRest() {
  if (!isHalf) return
  const user = owner
  for (const text of (await readCopy(levels)).values()) {
    if (owner !== user) return
    JSON.parse(text).forEach(setLevel)
    await new Promise((resolve) => setTimeout(resolve))
  }
  isHalf = false
  warmUp()
  tell()
}

/** Forgets all that the hub told: whoever signs in next starts anew. */
export async function forgetCopy() {
  owner = null
  safe = null
  isHalf = false
  ahead = null
  low = null
  store.position = null
  store.isComplete = false
  for (const name of [...tables, 'stock', 'lines', 'pending', 'changed']) store[name] = new Map()
  reindex()
  await transaction(['copy'], 'readwrite', (copy) => { copy.clear() }).catch(() => {})
}

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

let codes = new Map()
let haystacks = new Map()

const fold = (text) => text.normalize('NFD').replace(/[\u0300-\u036f]/g, '').toLowerCase()

function index(product) {
  for (const code of [...product.barcodes, product.sku]) codes.set(code.toLowerCase(), product.id)
  const extras = Object.values(product.attributes ?? {}).filter((value) => typeof value !== 'object')
  haystacks.set(product.id, fold(
    [product.name, product.sku, product.category, ...product.barcodes, ...extras].join(' ')))
}

export function byCode(code) {
  const product = store.products.get(codes.get(code.trim().toLowerCase()))
  return product && !product.archived ? product : undefined
}

let sorted = null
const inOrder = () => sorted ??= [...store.products.values()]
  .filter((product) => !product.archived)
  .sort((a, b) => collator.compare(a.name, b.name)).map((product) => product.id)
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })

/** Products that contain every word of `text` and pass `also`, by name. */
export function search(text, also = () => true) {
  const words = fold(text).split(/\s+/).filter(Boolean)
  const found = []
  for (const id of inOrder()) {
    const haystack = haystacks.get(id)
    if (!words.every((word) => haystack.includes(word))) continue
    const product = store.products.get(id)
    if (also(product)) found.push(product)
  }
  return found
}

// Levels.

const placeKey = (product, location, lot) => `${product}/${location}/${lot ?? ''}`

function setLevel(row) {
  let places = store.stock.get(row.productId)
  if (!places) store.stock.set(row.productId, places = new Map())
  const key = placeKey(row.productId, row.locationId, row.lot)
  places.set(key, { ...places.get(key), ...row, lot: row.lot ?? '' })
}

/** Where a product lies, with what is still on its way to the hub. */
export function places(product) {
  const rows = new Map([...(store.stock.get(product) ?? [])].map(([key, row]) => [key, { ...row, pending: 0 }]))
  for (const change of store.pending.get(product) ?? []) {
    const key = placeKey(product, change.location, change.lot)
    const row = rows.get(key)
      ?? { productId: product, locationId: change.location, lot: change.lot, quantity: 0, reserved: 0, pending: 0 }
    rows.set(key, { ...row, quantity: row.quantity + change.quantity, pending: row.pending + change.quantity })
  }
  return [...rows.values()].filter((row) => row.quantity !== 0 || row.pending !== 0 || row.reserved)
}

/** The level of a product, at one location and below it or in all. */
export function level(product, within) {
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

export function isLow(product) {
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

export function advance(seq) {
  if (store.position) store.position.seq = Math.max(store.position.seq, seq)
  settle()
}

/** Holds events back until the snapshot that is on its way is there. */
export function holdEvents() {
  waiting ??= []
}

export async function takeSnapshot() {
  const snapshot = await request('/api/v1/snapshot')
  const before = store.position?.epoch ?? null
  for (const name of tables) {
    store[name] = new Map((snapshot[name] ?? []).map((row) => [row.id, row]))
  }
  store.stock = new Map()
  for (const { productId, locationId, lot, quantity, reserved } of snapshot.stock ?? []) {
    setLevel({ productId, locationId, lot, quantity, reserved })
  }
  reindex()
  store.position = { epoch: snapshot.epoch, seq: snapshot.seq }
  store.isComplete = true
  stale = new Set()
  const held = waiting ?? []
  waiting = null
  everythingChanged()
  for (const event of held) if (event.seq > snapshot.seq) applyEvent(event, false)
  tell()
  return { epochBefore: before }
}

function reindex() {
  codes = new Map()
  haystacks = new Map()
  sorted = null
  for (const product of store.products.values()) index(product)
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
    store.lines.get(data.countId)?.set(data.lineId, {
      id: data.lineId, countId: data.countId, seq: event.seq, productId: data.productId,
      code: data.code, locationId: data.locationId, lot: data.lot ?? '', quantity: data.quantity,
      cancels: data.cancels, userId: data.userId, userName: data.userName, time: event.timestamp,
    })
    touched('line', data.lineId, isLive)
  }
  for (const [listing, id] of whatChanged(event)) {
    stale.add(`${listing}/${id}`)
    touched(listing.slice(0, -1), id, isLive)
  }
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
    if (listing === 'products') {
      index(row)
      sorted = null
    }
  } catch (error) {
    if (error.status !== 404 && error.status !== 403) throw error
    store[listing].delete(Number(id))
    if (listing === 'products') sorted = null
  }
  changedChunk(listing, Number(id))
}

// The copy on the disk.

const tab = newId()
const dirty = new Set()
let saving = null
let owner = null

const changedChunk = (listing, id) => dirty.add(`${owner}:${listing}:${Math.floor(id / chunkSize)}`)
let everything = false
function everythingChanged() {
  everything = true
}

function settle() {
  if (!isCaughtUp || stale.size || !store.position || waiting) return
  safe = { ...store.position }
  saving ??= setTimeout(() => { saving = null; save().catch(() => {}) }, 1500)
}

const chunkOf = (rows, chunk) => rows.filter((row) => Math.floor((row.productId ?? row.id) / chunkSize) === chunk)

function contents(listing) {
  return listing === 'stock'
    ? [...store.stock.values()].flatMap((rows) => [...rows.values()]) : [...store[listing].values()]
}

async function save() {
  if (!owner || !safe) return
  const position = { ...safe }
  await transaction(['copy'], 'readwrite', async (copy) => {
    const state = await ask(copy.get('state'))
    // Another tab has written since: its chunks may be older than this position.
    if (everything || state?.tab !== tab || state?.owner !== owner) {
      copy.clear()
      for (const listing of [...tables, 'stock']) {
        const groups = new Map()
        for (const row of contents(listing)) {
          const chunk = Math.floor((listing === 'stock' ? row.productId : row.id) / chunkSize)
          if (!groups.has(chunk)) groups.set(chunk, [])
          groups.get(chunk).push(row)
        }
        for (const [chunk, rows] of groups) copy.put(rows, `${owner}:${listing}:${chunk}`)
      }
    } else {
      for (const key of dirty) {
        const [, listing, chunk] = key.split(':')
        copy.put(
          listing === 'stock'
            ? contents(listing).filter((row) => Math.floor(row.productId / chunkSize) === Number(chunk))
            : chunkOf(contents(listing).map((row) => row), Number(chunk)), key)
      }
    }
    copy.put({ tab, owner, position, shore: store.shore }, 'state')
    everything = false
    dirty.clear()
  })
}

/** Starts from the copy that `user` left on this device, where there is one. */
export async function loadCopy(user) {
  owner = String(user)
  const found = await transaction(['copy'], 'readonly', async (copy) => {
    const [keys, values] = await Promise.all([ask(copy.getAllKeys()), ask(copy.getAll())])
    return new Map(keys.map((key, index) => [key, values[index]]))
  }).catch(() => new Map())
  const state = found.get('state')
  if (state?.owner !== owner) return false
  for (const [key, rows] of found) {
    const [of, listing] = key.split(':')
    if (of !== owner || key === 'state') continue
    if (listing === 'stock') rows.forEach(setLevel)
    else rows.forEach((row) => store[listing].set(row.id, row))
  }
  reindex()
  store.position = { ...state.position }
  safe = { ...state.position }
  store.shore = state.shore ?? 0
  store.isComplete = true
  tell()
  return true
}

/** Forgets all that the hub told: whoever signs in next starts anew. */
export async function forgetCopy() {
  owner = null
  safe = null
  store.position = null
  store.isComplete = false
  for (const name of [...tables, 'stock', 'lines', 'pending', 'changed']) store[name] = new Map()
  reindex()
  await transaction(['copy'], 'readwrite', (copy) => { copy.clear() }).catch(() => {})
}

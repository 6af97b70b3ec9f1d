// What people do here, kept on the disk before anything else happens to it, and sent in order.
//
// A command stays in the queue until the hub has confirmed it or has said no. A confirmed one goes
// to the journal; one that was refused stays, with the reason, until somebody decides. Each carries
// an id that was chosen once: sent twice, it is booked once. One tab sends; where the browser has no
// locks (plain HTTP) several may, which the ids make harmless.

import { ask, transaction } from './disk.js'
import { link, perform } from './link.js'
import { request } from './request.js'
import { newId, settings } from './settings.js'
import { store, tell } from './store.js'

export const queue = { items: [], journal: [], others: 0, restored: null, failure: null }

const journalSize = 300
const unanswered = new Map()
const attempts = new Set()
const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('quartermaster') : null
let isSender = !navigator.locks
const sent = new Set()
let pumping = false
let pause = null

const temporary = new Set([
  'rate_limited', 'storage_full', 'unavailable', 'internal_error', 'unauthenticated', 'session_ended',
])

export async function openQueue() {
  await reload()
  navigator.locks?.request('quartermaster-sender', () => {
    isSender = true
    pump()
    return new Promise(() => {})
  })
  channel?.addEventListener('message', async ({ data }) => {
    await reload()
    if (data.settled) settled(data.settled)
    pump()
  })
}

async function reload() {
  const [items, journal] = await transaction(['queue', 'journal'], 'readonly', (queue, journal) =>
    Promise.all([ask(queue.getAll()), ask(journal.getAll())]))
  const user = settings.me?.userId
  queue.items = items.filter((item) => item.user === user)
  queue.others = items.length - queue.items.length
  queue.journal = journal.filter((item) => item.user === user).sort((a, b) => b.time - a.time)
  project()
  tell()
}

export const waiting = () => queue.items.filter((item) => item.state === 'waiting')
export const refused = () => queue.items.filter((item) => item.state === 'refused' && !attempts.has(item.id))

/** Keeps commands on the disk, all or none; resolves when they are there. */
export async function add(...commands) {
  const items = commands.map(([command, data]) => ({
    id: newId(), user: settings.me.userId, command, data, deviceTime: Date.now(), state: 'waiting',
  }))
  await transaction(['queue'], 'readwrite', async (queue) => {
    for (const item of items) item.n = await ask(queue.add(item))
  })
  queue.items.push(...items)
  project()
  tell()
  channel?.postMessage({})
  pump()
  return items
}

/** Keeps a command and resolves to what became of it: `{ data }` or `{ refusal }`. */
export async function settle(command, data) {
  const [item] = await add([command, data])
  return answerTo(item)
}

/** The same where whoever asked still has it before them: a refused one leaves nothing to decide. */
export async function attempt(command, data) {
  const [item] = await add([command, data])
  attempts.add(item.id)
  try {
    const answer = await answerTo(item)
    if (answer.refusal) await discard(item)
    return answer
  } finally {
    attempts.delete(item.id)
  }
}

const answerTo = (item) => new Promise((resolve) => unanswered.set(item.id, resolve))

function settled({ id, data, refusal }) {
  unanswered.get(id)?.({ data, refusal })
  unanswered.delete(id)
}

/** Sends what waits, in order and without waiting for each answer. */
export function pump() {
  if (!isSender || pumping || pause || !link.isReady) return
  pumping = true
  for (const item of waiting()) {
    if (sent.has(item.id)) continue
    if (sent.size >= 50) break
    sent.add(item.id)
    perform(item).then((answer) => answered(item, answer), () => {}).finally(() => {
      sent.delete(item.id)
      pump()
    })
  }
  pumping = false
}

async function answered(item, answer) {
  if (answer.type === 'refused' && temporary.has(answer.code)) {
    // The same later, from the first that waits on: order matters more than speed.
    queue.failure = { code: answer.code, message: answer.message }
    pause ??= setTimeout(() => { pause = null; pump() }, 5000)
    return tell()
  }
  queue.failure = null
  if (answer.type === 'refused') {
    const refusal = { code: answer.code, message: answer.message, field: answer.field }
    await change(item, { state: 'refused', refusal })
    settled({ id: item.id, refusal })
    channel?.postMessage({ settled: { id: item.id, refusal } })
  } else {
    const done = {
      id: item.id, user: item.user, command: item.command, data: item.data,
      deviceTime: item.deviceTime, time: Date.now(), epoch: answer.epoch, seq: answer.seq,
    }
    await transaction(['queue', 'journal'], 'readwrite', async (queue, journal) => {
      queue.delete(item.n)
      journal.put(done)
      const surplus = await ask(journal.count()) - journalSize
      if (surplus > 0) {
        const oldest = await ask(journal.index('time').getAllKeys(null, surplus))
        oldest.forEach((key) => journal.delete(key))
      }
    })
    queue.items = queue.items.filter((other) => other.id !== item.id)
    queue.journal = [done, ...queue.journal].slice(0, journalSize)
    // Until the event itself arrives the change is still ours to show.
    if (answer.epoch === store.position?.epoch && answer.seq > store.position.seq) hold(done)
    settled({ id: item.id, data: answer.data })
    channel?.postMessage({ settled: { id: item.id, data: answer.data } })
  }
  project()
  tell()
}

async function change(item, changes) {
  Object.assign(item, changes)
  // Another tab may have let it go.
  await transaction(['queue'], 'readwrite', async (queue) => { if (await ask(queue.get(item.n))) queue.put(item) })
}

/** The hub remembers its answer to an id, so what it refused is asked anew under another. */
export async function tryAgain(item) {
  await change(item, { id: newId(), state: 'waiting', refusal: null })
  project()
  tell()
  pump()
}

export async function discard(item) {
  await transaction(['queue'], 'readwrite', (queue) => { queue.delete(item.n) })
  queue.items = queue.items.filter((other) => other.n !== item.n)
  project()
  tell()
  channel?.postMessage({})
}

/** After a restore: what the old log confirmed to us may be missing from the new one. */
export async function restoredFrom(epoch) {
  const standing = await lastOf(epoch).catch(() => 0)
  const lost = queue.journal.filter((item) => item.epoch === epoch && item.seq > standing)
  queue.restored = lost.length ? { ids: new Set(lost.map((item) => item.id)), count: lost.length } : null
  tell()
}

/** How far the log of the old epoch still stands, as far as this person may see it. */
async function lastOf(epoch) {
  let low = 0
  for (let high = store.position.seq; low < high;) {
    const middle = Math.floor((low + high) / 2)
    let page = { items: [], next: middle }
    while (!page.items.length && page.next !== null) page = await request(`/api/v1/events?after=${page.next}&limit=1`)
    const [event] = page.items
    if (event?.epoch === epoch) low = event.seq
    else high = middle
  }
  return low
}

/** Sends them again under their own ids: what the backup held is not booked twice. */
export async function sendAgain() {
  const lost = queue.journal.filter((item) => queue.restored.ids.has(item.id))
    .sort((a, b) => a.time - b.time)
  await transaction(['queue', 'journal'], 'readwrite', (queue, journal) => {
    for (const { id, user, command, data, deviceTime } of lost) {
      queue.add({ id, user, command, data, deviceTime, state: 'waiting' })
      journal.delete(id)
    }
  })
  queue.restored = null
  await reload()
  pump()
}

export function leaveLost() {
  queue.restored = null
  tell()
}

// What the stock will be once the queue is empty.

let held = []
function hold(done) {
  held.push(done)
  setTimeout(() => {
    held = held.filter((other) => other !== done)
    project()
    tell()
  }, 5000)
}

/** Called when the log has moved on. */
export function seen(seq) {
  const before = held.length
  held = held.filter((done) => done.seq > seq)
  if (held.length !== before) project()
}

function effects({ command, data }) {
  const at = (location, quantity) =>
    ({ product: data.productId, location, lot: data.lot ?? '', quantity })
  switch (command) {
    case 'stock.adjust': case 'stock.add': return [at(data.locationId, data.quantity)]
    case 'stock.remove': return [at(data.locationId, -data.quantity)]
    case 'stock.move':
      return [at(data.fromLocationId, -data.quantity), at(data.toLocationId, data.quantity)]
    case 'sale.create':
      return data.lines.map((line) => ({
        product: line.productId, location: data.locationId, lot: line.lot ?? '', quantity: -line.quantity,
      }))
    default: return []
  }
}

function project() {
  const pending = new Map()
  for (const item of [...waiting(), ...held]) {
    for (const effect of effects(item)) {
      if (!pending.has(effect.product)) pending.set(effect.product, [])
      pending.get(effect.product).push(effect)
    }
  }
  store.pending = pending
}

export { reload as reloadQueue }

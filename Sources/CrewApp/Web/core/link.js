// The line to the hub: one socket at /api/ws, opened again whenever it ends, and an honest word on
// how good it is: good, weak or none. The switch that keeps the device offline stays where it is put.

import { keep, settings } from './settings.js'
import {
  applyEvent, caughtUp, holdEvents, onChange, reconnecting, refresh, resumePosition, store, takeSnapshot, tell,
} from './store.js'

export const link = {
  quality: 'none', isReady: false, roundTrip: null, since: null, isPaused: settings.offline, aboard: null,
}

const namespaces = {
  admin: ['inventory', 'products', 'orders', 'customers', 'payments', 'system'],
  manager: ['inventory', 'products', 'orders', 'customers', 'payments'],
  staff: ['inventory', 'products', 'orders', 'customers'],
  customer: ['products', 'orders'], guest: ['products'],
}
const crew = ['admin', 'manager', 'staff']

let socket = null
let role = null
let attempts = 0
let retry = null
let heartbeat = null
let asked = null
let heard = 0
let outstanding = new Set()
let answers = new Map()
let lastSubscribed = 0
const handlers = { ready() {}, signedOut() {}, shutOut() {}, rightsChanged() {}, restored() {} }

export const whenLink = (more) => Object.assign(handlers, more)

/** Runs `load` now and whenever the line is back. Returns what ends that. */
export function whileOpen(load) {
  let wasReady = link.isReady
  load()
  return onChange(() => {
    const isBack = link.isReady && !wasReady
    wasReady = link.isReady
    if (isBack) load()
  })
}

export function start(identity) {
  role = identity.role
  stop()
  if (!settings.offline) connect()
}

export function stop() {
  clearTimeout(retry)
  const old = socket
  socket = null
  old?.close(1000)
  lost()
}

export function setOffline(isOffline) {
  keep({ offline: isOffline })
  link.isPaused = isOffline
  if (isOffline) stop()
  else if (role) connect()
  tell()
}

function connect() {
  clearTimeout(retry)
  const own = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/ws`)
  socket = own
  heard = Date.now()
  const tooLate = setTimeout(() => own.close(), 8000)
  own.onmessage = ({ data }) => {
    if (own !== socket) return
    heard = Date.now()
    receive(JSON.parse(data))
  }
  own.onopen = () => clearTimeout(tooLate)
  own.onclose = ({ code }) => {
    clearTimeout(tooLate)
    ended(own, code)
  }
}

function ended(own, code) {
  if (own !== socket) return
  socket = null
  const wasReady = link.isReady
  lost()
  if (code === 4401) return handlers.signedOut()
  if (code === 4403) handlers.rightsChanged()
  // The handshake's status is hidden from pages: ask why it was refused.
  else if (!wasReady) handlers.shutOut()
  again()
}

function again() {
  if (settings.offline) return
  attempts += 1
  // A whole crew comes back at once when the hub restarts: they should not knock at once.
  const delay = Math.min(10000, 400 * 2 ** Math.min(attempts, 6)) * (0.5 + Math.random() / 2)
  clearTimeout(retry)
  retry = setTimeout(() => { if (!socket) connect() }, delay)
}

/** Something says that the hub may be back: try now, not when the timer says so. */
export function nudge() {
  if (settings.offline || !role) return
  if (socket) return beat()
  attempts = 0
  connect()
}

function lost() {
  clearInterval(heartbeat)
  asked = null
  const unanswered = [...answers.values()]
  answers = new Map()
  link.isReady = false
  link.roundTrip = null
  setQuality('none')
  unanswered.forEach(({ reject }) => reject(new Error('the link was lost')))
}

function setQuality(quality) {
  if (link.quality === quality) return
  link.quality = quality
  link.since = Date.now()
  tell()
}

function send(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message))
}

function beat() {
  const now = Date.now()
  // A link that is gone without a word: nothing was heard although we asked.
  if (asked && now - asked > 8000 && now - heard > 8000) {
    const dead = socket
    ended(dead, 1006)
    dead?.close()
    return
  }
  if (asked) {
    if (now - asked > 1200) setQuality('weak')
    return
  }
  if (socket?.readyState !== WebSocket.OPEN) return
  asked = now
  send({ type: 'ping' })
}

function receive(message) {
  switch (message.type) {
    case 'welcome': return welcome(message)
    case 'subscribed': return subscribed(message.data)
    case 'ack': case 'refused': {
      const answer = answers.get(message.id)
      answers.delete(message.id)
      return answer?.resolve(message)
    }
    case 'pong':
      link.roundTrip = Date.now() - asked
      asked = null
      return setQuality(link.roundTrip > 400 ? 'weak' : 'good')
    case 'shore':
      if (message.data.epoch === store.position?.epoch) store.shore = message.data.through
      return tell()
    case 'presence': link.aboard = message.data.connections; return tell()
    case 'presence:joined': case 'presence:left': return send({ type: 'presence' })
    default:
      if (!message.seq) return
      // Levels that were told before are not for counters now, or are for them again.
      if (message.data.blind && role === 'staff') return startAnew(message)
      applyEvent(message)
  }
}

let needsSnapshot = false
let mustStartAnew = false

/** Takes everything from the hub once more, from `event` on. */
async function startAnew(event) {
  const own = socket
  mustStartAnew = true
  holdEvents()
  applyEvent(event)
  try {
    await takeSnapshot()
    mustStartAnew = false
    if (link.isReady) caughtUp(store.position.seq)
  } catch {
    if (own === socket) own?.close()
  }
}

function welcome({ data }) {
  if (!data.authenticated) return handlers.signedOut()
  attempts = 0
  const after = resumePosition()
  needsSnapshot = mustStartAnew || !after || after.epoch !== data.epoch
  if (needsSnapshot) holdEvents()
  reconnecting()
  const topics = [...namespaces[role].map((namespace) => ({ namespace })), { topic: 'notifications' }]
  outstanding = new Set(topics.map((topic) => topic.namespace ?? topic.topic))
  for (const topic of topics) {
    send({ type: 'subscribe', data: needsSnapshot ? topic : { ...topic, after } })
  }
  if (crew.includes(role)) {
    send({ type: 'subscribe', data: { topic: 'presence' } })
    send({ type: 'presence' })
  }
  heartbeat = setInterval(beat, document.hidden ? 30000 : 4000)
  beat()
}

async function subscribed(data) {
  outstanding.delete(data.namespace ?? data.topic)
  lastSubscribed = data.seq
  if (data.outcome === 'snapshot_required') {
    needsSnapshot = true
    holdEvents()
  }
  if (outstanding.size || link.isReady) return
  const own = socket
  if (needsSnapshot) {
    try {
      const { epochBefore } = await takeSnapshot()
      if (own !== socket) return
      mustStartAnew = false
      if (epochBefore && epochBefore !== store.position.epoch) handlers.restored(epochBefore)
    } catch (error) {
      // Once more from the start: events without a snapshot under them are worth nothing.
      if (own === socket) own.close()
      return
    }
  }
  caughtUp(lastSubscribed)
  refresh()
  link.isReady = true
  setQuality(asked ? 'weak' : 'good')
  handlers.ready()
  tell()
}

/** Sends a command on the open line. Resolves to the hub's `ack` or `refused`. */
export function perform({ id, command, data, deviceTime }) {
  return new Promise((resolve, reject) => {
    if (!link.isReady) return reject(new Error('there is no link'))
    answers.set(id, { resolve, reject })
    send({ type: 'command', id, command, data, deviceTime })
  })
}

addEventListener('online', nudge)
document.addEventListener('visibilitychange', () => {
  if (document.hidden) return
  clearInterval(heartbeat)
  heartbeat = setInterval(beat, 4000)
  nudge()
})

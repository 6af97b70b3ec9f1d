// What this device remembers for itself: who it is, who uses it, how they like it.
//
// It stands in the device's database, since a browser writes localStorage to the disk seconds later:
// after a flat battery the device would have another id, and the hub would take what is sent again
// for something new. localStorage is the copy that can be read at once, and the newer one where the
// page was left before the database had written.

import { ask, transaction } from './disk.js'

const defaults = {
  language: '', theme: 'auto', offline: false, device: '', deviceName: '', me: null,
  isPaired: false, crew: [], location: 0, delivery: [], cart: null, kept: 0,
}

function read() {
  try {
    return { ...defaults, ...JSON.parse(localStorage.getItem('quartermaster') ?? '{}') }
  } catch {
    return { ...defaults }
  }
}

export const settings = read()

/** Resolves when the disk has it; whoever needs no more than the change itself need not wait. */
export function keep(changes) {
  Object.assign(settings, changes, { kept: Math.max(settings.kept + 1, Date.now()) })
  try {
    localStorage.setItem('quartermaster', JSON.stringify(settings))
  } catch {
    // A browser that keeps nothing: the choice holds until the page is closed.
  }
  return transaction(['self'], 'readwrite', (self) => { self.put({ ...settings }, 'settings') }).catch(() => {})
}

/** What the database holds is the truth, unless the page was left before it held the latest. */
export async function loadSettings() {
  const kept = await transaction(['self'], 'readonly', (self) => ask(self.get('settings'))).catch(() => null)
  if (kept && !(settings.kept > (kept.kept ?? 0))) Object.assign(settings, kept)
  // The hub knows a device's commands by this id, so it is chosen once and stays.
  if (!settings.device) {
    const kind = /iPad|Tablet/.test(navigator.userAgent)
      ? 'Tablet' : /iPhone|Android/.test(navigator.userAgent) ? 'Phone' : 'Computer'
    const device = newId()
    await keep({ device, deviceName: `${kind} ${device.slice(0, 3)}` })
  }
}

/** An id that nobody else has; `crypto.randomUUID` is not there on a page without HTTPS. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(15))
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_')
}

export function useTheme() {
  document.documentElement.dataset.theme = settings.theme
}

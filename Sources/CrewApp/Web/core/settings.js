// What this device remembers for itself. Small and read at once, before anything is drawn.

const defaults = {
  language: '', theme: 'auto', offline: false, device: '', deviceName: '', me: null,
  location: 0, scanSound: true,
}

function read() {
  try {
    return { ...defaults, ...JSON.parse(localStorage.getItem('quartermaster') ?? '{}') }
  } catch {
    return { ...defaults }
  }
}

export const settings = read()

export function keep(changes) {
  Object.assign(settings, changes)
  try {
    localStorage.setItem('quartermaster', JSON.stringify(settings))
  } catch {
    // A browser that keeps nothing: the choice holds until the page is closed.
  }
}

/** An id that nobody else has; `crypto.randomUUID` is not there on a page without HTTPS. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(15))
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_')
}

// The hub knows a device's commands by this id, so it is chosen once and stays.
if (!settings.device) keep({ device: newId() })
if (!settings.deviceName) {
  const kind = /iPad|Tablet/.test(navigator.userAgent)
    ? 'Tablet' : /iPhone|Android/.test(navigator.userAgent) ? 'Phone' : 'Computer'
  keep({ deviceName: `${kind} ${settings.device.slice(0, 3)}` })
}

export function useTheme() {
  document.documentElement.dataset.theme = settings.theme
}

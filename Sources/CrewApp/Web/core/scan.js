// Codes that arrive by a scanner that types, or by the camera where the browser can read it.

let receiver = null

/** The screen that is open says what becomes of a code. */
export function onScan(handler) {
  receiver = handler
}

export function scanned(code) {
  navigator.vibrate?.(40)
  receiver?.(code.trim())
}

// A scanner types without a pause and ends with Enter. What it types into a field belongs there. Slow ones over
// Bluetooth leave 100 ms between two keys and more when the radio is busy: a code that lost its head is worse than
// a stray one.
const pause = 500
let typed = ''
let last = 0

addEventListener('keydown', (event) => {
  if (event.target.closest?.('input, textarea, select, [contenteditable]')) return
  if (event.ctrlKey || event.metaKey || event.altKey) return
  // When the key was struck, however late a busy page hears of it.
  if (event.timeStamp - last > pause) typed = ''
  last = event.timeStamp
  if (event.key === 'Enter') {
    if (typed.length >= 4) {
      // Not the button that happens to have the focus.
      event.preventDefault()
      scanned(typed)
    }
    typed = ''
  } else if (event.key.length === 1) {
    typed += event.key
  }
})

export const hasCamera = () =>
  isSecureContext && 'BarcodeDetector' in globalThis && Boolean(navigator.mediaDevices?.getUserMedia)

/** Shows the camera in `video` and reports each new code until the returned function is called. */
export async function watch(video, report) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })
  const detector = new BarcodeDetector()
  let isOn = true
  let before = ''
  video.srcObject = stream
  await video.play()
  const look = async () => {
    if (!isOn) return
    const [found] = await detector.detect(video).catch(() => [])
    if (found && found.rawValue !== before) {
      before = found.rawValue
      setTimeout(() => { before = '' }, 1500)
      report(found.rawValue)
    }
    setTimeout(look, 150)
  }
  look()
  return () => {
    isOn = false
    stream.getTracks().forEach((track) => track.stop())
  }
}

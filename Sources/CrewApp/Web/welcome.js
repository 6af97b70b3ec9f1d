// How a device comes to trust the hub: three steps, once, in pictures. Served without TLS as well,
// since whoever reads it has none yet.

import { h, patch } from './core/dom.js'
import { language, languages, t, useLanguage } from './core/i18n.js'
import { request } from './core/request.js'
import { keep, settings, useTheme } from './core/settings.js'
import { qrCode } from './core/qr.js'
import { chips, icon, select } from './core/ui.js'

const kinds = () => [['apple', t('iPhone, iPad')], ['android', t('Android')], ['computer', t('Computer')]]
const state = {
  kind: /iPhone|iPad/.test(navigator.userAgent) || (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1)
    ? 'apple' : /Android/.test(navigator.userAgent) ? 'android' : 'computer',
  hub: null, isAway: false,
}

const files = { apple: 'quartermaster.mobileconfig', android: 'quartermaster.crt', computer: 'quartermaster.pem' }

// A small screen with what is to be touched on it.
const screen = (...marks) => h('svg', { class: 'picture', viewBox: '0 0 96 120', 'aria-hidden': 'true' },
  h('rect', { x: 14, y: 4, width: 68, height: 112, rx: 9, class: 'edge' }), marks)
const line = (y, width = 48) => h('path', { d: `M24 ${y}h${width}`, class: 'text' })
const arrow = h('path', { d: 'M48 34v38m0 0l-15-15m15 15l15-15M28 88h40', class: 'touch' })
const shield = h('path', { d: 'M48 32l22 8v16c0 15-9 24-22 30-13-6-22-15-22-30V40l22-8zm-10 26l8 8 13-15', class: 'touch' })
const toggle = [h('rect', { x: 44, y: 58, width: 30, height: 16, rx: 8, class: 'touch' }), h('circle', { cx: 66, cy: 66, r: 5, class: 'spot' })]
const lock = h('path', { d: 'M34 58h28v24H34V58zm5 0v-9a9 9 0 0118 0v9', class: 'touch' })

const pictures = {
  load: screen(line(20), arrow), install: screen(line(20), line(100), shield),
  switchOn: screen(line(24), line(40), line(66, 14), toggle, line(92)), open: screen(line(20), lock, line(100)),
}

function steps() {
  const open = { picture: pictures.open, text: t('Open the hub’s safe address, and keep it on the home screen.') }
  return {
    apple: [
      { picture: pictures.load, text: t('Load the profile, and allow it.'), file: t('Load the profile') },
      { picture: pictures.install, text: t('In Settings, tap “Profile Downloaded”, then Install.') },
      { picture: pictures.switchOn, text: t('In Settings › General › About › Certificate Trust Settings, switch Quartermaster on.') },
      open,
    ],
    android: [
      { picture: pictures.load, text: t('Load the certificate.'), file: t('Load the certificate') },
      { picture: pictures.install, text: t('In Settings, search for “CA certificate”, choose Install anyway, and pick the file.') },
      open,
    ],
    computer: [
      { picture: pictures.load, text: t('Load the certificate.'), file: t('Load the certificate') },
      { picture: pictures.install, text: t('Windows: open it and install it under Trusted Root Certification Authorities. Mac: open it in Keychain Access and choose Always Trust. Firefox, and Chrome on Linux: import it in the browser’s settings under Certificates, Authorities.') },
      open,
    ],
  }[state.kind]
}

const address = () => `${'https:'}//${location.hostname.includes(':') ? `[${location.hostname}]` : location.hostname}:${state.hub.securePort}/`

function compare() {
  return h('section', { class: 'panel' }, h('h2', null, t('Compare before you trust')),
    h('p', null, t('Whoever stands by the box types “quartermaster trust”. Among the details of the certificate the device shows the same figures, as SHA-256. If one differs, take it off again: somebody stands in between.')),
    h('p', { class: 'figures-of-trust' }, state.hub.fingerprint.split(' ').map((group, index) => h('span', { key: index }, group))))
}

function trusting() {
  return [
    state.hub.fingerprint && h('section', { class: 'panel wide' }, h('h2', null, t('Trust this hub, once')),
      chips(t('Kind of device'), state.kind, kinds(), (kind) => { state.kind = kind; draw() }),
      h('ol', { class: 'steps', key: state.kind }, steps().map(({ picture, text, file }, index) => h('li', { key: index },
        picture, h('div', null, h('p', null, text),
          file && h('a', { class: 'button primary', href: `/welcome/${files[state.kind]}`, download: state.kind === 'apple' ? null : files[state.kind] }, file)))))),
    h('section', { class: 'panel' }, h('h2', null, t('The hub’s safe address')),
      qrCode(address(), t('QR code of {address}', { address: address() })),
      h('p', null, h('a', { class: 'button', href: address() }, address()))),
    state.hub.fingerprint && compare(),
    !state.hub.fingerprint && h('section', { class: 'panel' }, h('p', null, t('Its certificate comes from an authority of its owner’s. Ask whoever looks after the box whether your device needs anything.'))),
  ]
}

const works = (yes, label) => h('li', { key: label }, h('div', { class: 'row thin' }, icon(yes ? 'check' : 'close'), h('span', { class: 'grow' }, h('b', { class: 'hidden' }, yes ? t('Works:') : t('Does not work:'), ' '), label)))

function draw() {
  document.title = `${t('Welcome aboard')} · Quartermaster`
  patch(document.getElementById('app'), [h('main', { class: 'welcome', key: 'welcome' },
    h('div', { class: 'mark' }, icon('stock'), h('h1', null, t('Welcome aboard'))),
    h('p', null, t('The hub’s page is safe and complete once this device trusts the hub. It takes a minute and is done once.')),
    h('div', { class: 'columns' },
      state.hub?.securePort ? trusting()
        : h('section', { class: 'panel' }, h('p', { role: 'status' }, state.isAway ? t('The hub does not answer. Check that this device is on the ship’s network.') : state.hub ? t('HTTPS is switched off on this hub.') : t('One moment…'))),
      h('section', { class: 'panel' }, h('h2', null, t('Without trust')),
        h('ul', { class: 'list plain' },
          works(true, t('A scanner that types')), works(true, t('Live stock')), works(true, t('A queue for when there is no line')),
          works(false, t('Opening the app without a line')), works(false, t('Scanning with the camera')), works(false, t('Storage that the browser does not clear by itself'))),
        h('p', null, t('And whoever shares the network can read what this device sends, passwords too.')),
        h('p', null, h('a', { class: 'button', href: '/' }, t('Go on without'))))),
    h('div', { class: 'field' }, h('label', { for: 'language' }, t('Language')), select(language, Object.entries(languages), async (code) => {
      keep({ language: code })
      await useLanguage()
      draw()
    }, { id: 'language' })))])
}

useTheme()
await useLanguage()
draw()
while (!state.hub) {
  try {
    state.hub = await request('/api/v1/trust', { timeout: 10000 })
  } catch {
    state.isAway = true
  }
  draw()
  if (!state.hub) await new Promise((resolve) => setTimeout(resolve, 3000))
}

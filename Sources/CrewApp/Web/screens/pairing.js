// A code that lets a named person's device in: shown as a picture to the camera, and as letters.

import { h } from '../core/dom.js'
import { t, tn } from '../core/i18n.js'
import { request } from '../core/request.js'
import { tell } from '../core/store.js'
import { qrCode } from '../core/qr.js'
import { field, input } from '../core/ui.js'

/** The safe address of this hub as another device would type it. */
async function address() {
  if (location.protocol === 'https:') return location.origin
  const hub = await request('/api/v1/trust')
  if (!hub.securePort) return location.origin
  const isHere = /^(localhost|127\.|\[)/.test(location.hostname)
  return `${'https:'}//${isHere && hub.addresses[0] || location.hostname}:${hub.securePort}`
}

export default function pairing(name = '') {
  const state = { name, device: '', made: null, problem: '' }
  const make = async (event) => {
    event.preventDefault()
    state.problem = ''
    state.made = null
    try {
      const [made, origin] = await Promise.all([
        request('/api/v1/pairing', { method: 'POST', body: { name: state.name.trim(), ...(state.device.trim() ? { deviceName: state.device.trim() } : {}) } }),
        address(),
      ])
      state.made = { ...made, origin, link: `${origin}/#/pair/${made.code}` }
    } catch (error) {
      state.problem = error.status ? error.message : t('The hub does not answer. Try again when there is a line.')
    }
    tell()
  }
  return { view: () => h('div', { class: 'columns', key: 'pairing' },
    h('form', { class: 'panel', onsubmit: make },
      field(t('Name'), input({ id: 'pair-name', required: true, maxlength: 64, autocapitalize: 'none', value: state.name, oninput: (event) => { state.name = event.target.value; state.made = null; tell() } }), { note: t('Whoever signs in with this name uses the device.') }),
      field(t('What people call the device'), input({ id: 'pair-device', maxlength: 100, value: state.device, oninput: (event) => { state.device = event.target.value; tell() } })),
      state.problem && h('p', { class: 'message bad', role: 'alert' }, state.problem),
      h('button', { class: 'button primary' }, h('span', null, t('Make a code')))),
    state.made && h('section', { class: 'panel', key: state.made.code },
      h('h2', null, t('For {name}', { name: state.made.name })),
      qrCode(state.made.link, t('QR code that signs {name} in', { name: state.made.name })),
      h('p', { class: 'price', role: 'status' }, state.made.code),
      h('p', null, tn(state.made.minutes, 'It counts once, within {n} minute.', 'It counts once, within {n} minutes.')),
      h('p', { class: 'hint' }, t('A device that does not know the hub yet opens {address} first.', { address: `${location.host}/welcome` })))) }
}

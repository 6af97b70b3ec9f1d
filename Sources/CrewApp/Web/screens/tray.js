// What was refused and waits for a decision: this device's own changes, and what shore would not take.

import { h } from '../core/dom.js'
import { t, when } from '../core/i18n.js'
import { discard, refused, tryAgain } from '../core/queue.js'
import { request } from '../core/request.js'
import { isManager } from '../core/roles.js'
import { tell } from '../core/store.js'
import { button, confirmed, empty } from '../core/ui.js'
import { advice, describe, eventWords } from '../core/words.js'

export default function tray() {
  const state = { shore: [] }
  if (isManager()) request('/api/v1/needs-a-person?order=newest').then((page) => { state.shore = page.items; tell() }, () => {})
  return { view() {
    const own = refused()
    return h('div', { class: 'narrow', key: 'tray' },
      own.length + state.shore.length === 0 && empty(t('Nothing needs a person.')),
      h('ul', { class: 'list cards' }, own.map((item) => h('li', { key: item.id }, h('div', { class: 'card' },
        h('h2', null, describe(item)),
        h('p', { class: 'message bad' }, item.refusal.message),
        h('p', null, advice(item.refusal.code)),
        h('p', { class: 'muted' }, t('Entered {time}', { time: when(item.deviceTime) })),
        h('div', { class: 'actions' },
          button(t('Let it go'), async () => {
            if (await confirmed(t('Let this change go? It will not be booked.'), t('Let it go'))) discard(item)
          }, { kind: 'danger plain' }),
          button(t('Send again'), () => tryAgain(item), { kind: 'primary' }))))),
      state.shore.map((item) => h('li', { key: `shore-${item.id}` }, h('div', { class: 'card' },
        h('h2', null, eventWords(item)),
        h('p', { class: 'message bad' }, t('Shore would not take it: {why}', { why: item.message })),
        h('p', { class: 'muted' }, when(item.time)))))))
  } }
}

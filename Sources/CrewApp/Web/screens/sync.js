// The two receipts: what waits here, what is safe on the hub, what is safe on shore.

import { h } from '../core/dom.js'
import { number, t, tn, when } from '../core/i18n.js'
import { link, nudge, setOffline } from '../core/link.js'
import { pump, queue, refused, waiting } from '../core/queue.js'
import { request } from '../core/request.js'
import { isCrew } from '../core/roles.js'
import { newId } from '../core/settings.js'
import { store, tell } from '../core/store.js'
import { badge, button, icon, say } from '../core/ui.js'
import { describe } from '../core/words.js'

export default function sync() {
  const state = { health: null }
  const load = () => isCrew() && request('/health/detailed', { timeout: 4000 }).then(
    (health) => { state.health = health; tell() }, () => { state.health = null; tell() })
  load()
  const timer = setInterval(load, 5000)
  return {
    close: () => clearInterval(timer),
    view() {
      const items = waiting()
      const shore = (item) => item.epoch === store.position?.epoch && item.seq <= store.shore
      return h('div', { class: 'columns', key: 'sync' },
        h('section', { class: 'panel' }, h('h2', null, t('Line to the hub')),
          h('p', { class: `quality ${link.isPaused ? 'paused' : link.quality}` }, icon(link.isPaused ? 'paused' : link.quality),
            h('b', null, link.isPaused ? t('Offline by choice') : { good: t('Good line'), weak: t('Weak line'), none: t('No line') }[link.quality]),
            link.roundTrip !== null && h('span', { class: 'muted' }, ` ${number(link.roundTrip)} ms`)),
          h('p', { class: 'muted' }, link.isPaused ? t('This device stays offline until you switch it back.')
            : { good: t('Changes reach the hub at once.'), weak: t('Changes are kept here and reach the hub a little later.'), none: t('Changes are kept here and sent by themselves when the hub is in reach.') }[link.quality]),
          h('label', { class: 'switch' }, h('input', { type: 'checkbox', role: 'switch', checked: link.isPaused, onchange: (event) => setOffline(event.target.checked) }), h('span', null, t('Stay offline'))),
          !link.isPaused && button(t('Try now'), () => { nudge(); pump(); load() }, { kind: 'primary' })),
        h('section', { class: 'panel' }, h('h2', null, t('On this device')),
          h('div', { class: 'figures' },
            figure(items.length, t('waiting')), figure(refused().length, t('refused'), '#/tray'),
            figure(queue.journal.filter((item) => !shore(item)).length, t('on the hub')), figure(queue.journal.filter(shore).length, t('on shore'))),
          items.length > 0 && h('ul', { class: 'list plain', 'aria-label': t('Waiting on this device') }, items.slice(0, 30).map((item) => h('li', { key: item.id }, h('div', { class: 'row thin' },
            icon('clock'), h('span', { class: 'grow' }, describe(item), h('small', null, when(item.deviceTime))))))),
          queue.others > 0 && h('p', { class: 'muted' }, tn(queue.others, '{n} change by somebody else waits until that person signs in here.', '{n} changes by somebody else wait until that person signs in here.'))),
        isCrew() && shoreLink(state.health),
        h('section', { class: 'panel' }, h('h2', null, t('Confirmed')),
          queue.journal.length === 0 && h('p', { class: 'muted' }, t('Nothing yet.')),
          h('ul', { class: 'list plain' }, queue.journal.slice(0, 40).map((item) => h('li', { key: item.id }, h('div', { class: 'row thin' },
            h('span', { class: 'grow' }, describe(item), h('small', null, when(item.time))),
            badge(shore(item) ? t('On shore') : t('On the hub'), shore(item) ? 'good' : 'quiet')))))))
    },
  }
}

const figure = (count, label, href) => h(href ? 'a' : 'div', { class: 'figure', href }, h('b', null, number(count)), h('span', null, label))

/** How far the hub itself is with telling the shore. */
function shoreLink(health) {
  const uplink = health?.uplink
  const lanes = { first: t('Alerts, orders, payments'), normal: t('Movements and counts'), bulk: t('Activity') }
  return h('section', { class: 'panel' }, h('h2', null, t('From the hub to shore')),
    !health && h('p', { class: 'muted' }, t('Shows when there is a line to the hub.')),
    health && !uplink && h('p', { class: 'muted' }, t('This hub has no shore. All is kept on the hub itself.')),
    uplink && [
      h('p', null, uplink.words),
      h('ul', { class: 'list plain' }, Object.entries(uplink.pending ?? {}).map(([lane, count]) => h('li', { key: lane }, h('div', { class: 'row thin' },
        h('span', { class: 'grow' }, lanes[lane] ?? lane), h('span', { class: 'amount' }, number(count)))))),
      button(t('Sync now'), () => request('/api/v1/sync/now', { method: 'POST', body: {}, key: newId() }).then(
        () => say(t('The hub tries to reach shore now.')),
        (error) => say(error.status ? error.message : t('The hub does not answer. Try again when there is a line.'), 'bad'))),
      uplink.lastContact && h('p', { class: 'muted' }, t('Last heard of shore: {time}', { time: when(uplink.lastContact) })),
    ])
}

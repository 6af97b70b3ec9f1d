// Who is connected now, and on which device.

import { h } from '../core/dom.js'
import { t, tn, when } from '../core/i18n.js'
import { link } from '../core/link.js'
import { settings } from '../core/settings.js'
import { badge, empty } from '../core/ui.js'
import { role } from '../core/words.js'

export default function aboard() {
  return { view() {
    if (!link.isReady || !link.aboard) return empty(t('Who is aboard shows when there is a line.'))
    const people = new Map()
    for (const each of link.aboard) {
      if (!people.has(each.userId)) people.set(each.userId, [])
      people.get(each.userId).push(each)
    }
    return [
      h('p', { class: 'tally', role: 'status', key: 'tally' }, tn(people.size, '{n} person', '{n} people')),
      h('ul', { class: 'list', key: 'people' }, [...people.values()].map((connections) => h('li', { key: connections[0].userId },
        h('div', { class: 'row' },
          h('span', { class: 'disc', 'aria-hidden': 'true' }, connections[0].userName.slice(0, 1).toUpperCase()),
          h('span', { class: 'grow' }, connections[0].userName, h('small', null, `${tn(connections.length, '{n} device', '{n} devices')} · ${t('since {time}', { time: when(Math.min(...connections.map((each) => each.since))) })}`)),
          connections[0].userId === settings.me.userId && badge(t('You'), 'good'),
          badge(role(connections[0].role), 'quiet'))))),
    ]
  } }
}

// What is running low or has run out, and messages to the crew.

import { h } from '../core/dom.js'
import { number, t, when } from '../core/i18n.js'
import { add } from '../core/queue.js'
import { isManager } from '../core/roles.js'
import { isFresh, isLow, level, search, store, tell } from '../core/store.js'
import { badge, button, empty, field, input, longList, say, select } from '../core/ui.js'

const state = {}

export default function alerts() {
  const form = { title: '', message: '', severity: 'info' }
  return { view() {
    const low = search('', isLow).sort((a, b) => (isLow(a) === 'out' ? 0 : 1) - (isLow(b) === 'out' ? 0 : 1))
    const messages = [...store.notifications.values()].sort((a, b) => b.id - a.id).slice(0, 50)
    return h('div', { class: 'columns', key: 'alerts' },
      h('section', { class: 'panel' }, h('h2', null, t('Running low')),
        low.length === 0 && empty(t('Everything is above its minimum.')),
        ...longList(state, low, (product) => h('li', { key: product.id, class: isFresh('product', product.id) ? 'fresh' : null },
          h('a', { class: 'row', href: `#/product/${product.id}` },
            h('span', { class: 'grow' }, product.name, h('small', null, t('Minimum {n}', { n: number(product.minimum) }))),
            badge(isLow(product) === 'out' ? t('Out') : t('Low'), isLow(product) === 'out' ? 'bad' : 'warn'),
            h('span', { class: 'amount' }, number(level(product)), h('small', null, product.unit)))))),
      h('section', { class: 'panel' }, h('h2', null, t('Messages')),
        messages.length === 0 && h('p', { class: 'muted' }, t('No messages.')),
        h('ul', { class: 'list' }, messages.map((each) => h('li', { key: each.id, class: isFresh('notification', each.id) ? 'fresh' : null },
          h('div', { class: 'row' }, h('span', { class: 'grow' }, each.title, each.message && h('small', null, each.message), h('small', null, when(each.time))),
            each.severity !== 'info' && badge({ warning: t('Warning'), error: t('Alarm'), success: t('Good news') }[each.severity] ?? each.severity, { warning: 'warn', error: 'bad', success: 'good' }[each.severity]))))),
        isManager() && h('form', { class: 'inset', onsubmit: async (event) => {
          event.preventDefault()
          await add(['notification.send', { title: form.title.trim(), message: form.message.trim(), severity: form.severity, kind: form.severity === 'error' ? 'alert' : 'notification', targetRoles: ['admin', 'manager', 'staff'] }])
          Object.assign(form, { title: '', message: '', severity: 'info' })
          say(t('Sent to the crew.'))
        } },
        h('h3', null, t('Tell the crew')),
        field(t('Headline'), input({ id: 'headline', required: true, maxlength: 200, autocapitalize: 'sentences', value: form.title, oninput: (event) => { form.title = event.target.value; tell() } })),
        field(t('Text'), h('textarea', { id: 'text', rows: 3, maxlength: 2000, value: form.message, oninput: (event) => { form.message = event.target.value; tell() } })),
        field(t('How grave'), select(form.severity, [['info', t('For information')], ['warning', t('Warning')], ['error', t('Alarm')]], (severity) => { form.severity = severity }, { id: 'severity' })),
        h('div', { class: 'actions' }, h('button', { class: 'button primary' }, h('span', null, t('Send')))))))
  } }
}

// Codes of the hub in words that a person reads.

import { money, number, signed, t } from './i18n.js'
import { locationName, productName, store } from './store.js'

export const reason = (code) => ({
  use: t('Used'), sale: t('Sold'), restock: t('Delivered'), adjustment: t('Corrected'),
  return: t('Returned'), waste: t('Wasted'), count: t('Counted'), move: t('Moved'),
  transfer: t('Transferred'), correction: t('Corrected'),
})[code] ?? code

export const orderStatus = (code) => ({
  pending: t('Pending'), processing: t('In progress'), shipped: t('Shipped'),
  delivered: t('Delivered|order'), cancelled: t('Cancelled'),
})[code] ?? code

export const transferStatus = (code) => ({
  created: t('Planned'), shipped: t('On the way'), received: t('Received'), cancelled: t('Cancelled'),
})[code] ?? code

export const countStatus = (code) => ({
  open: t('Open|count'), completed: t('Booked'), cancelled: t('Cancelled'),
})[code] ?? code

export const role = (code) => ({
  admin: t('Admin'), manager: t('Manager'), staff: t('Crew'), customer: t('Customer'), guest: t('Guest'),
})[code] ?? code

export const method = (code) => ({
  cash: t('Cash'), card: t('Card'), transfer: t('Bank transfer'), account: t('On account'), other: t('Other'),
})[code] ?? code

const goods = (data) => `${number(data.quantity)} × ${productName(data.productId)}${data.lot ? ` (${data.lot})` : ''}`

/** A command as the person who gave it would say it. */
export function describe({ command, data }) {
  const place = locationName(data.locationId)
  switch (command) {
    case 'stock.adjust':
      return t('{change} {product} in {place}', { change: signed(data.quantity), product: productName(data.productId), place })
    case 'stock.add': return t('{goods} delivered to {place}', { goods: goods(data), place })
    case 'stock.remove': return t('{goods} taken from {place}', { goods: goods(data), place })
    case 'stock.move':
      return t('{goods} from {from} to {to}', { goods: goods(data), from: locationName(data.fromLocationId), to: locationName(data.toLocationId) })
    case 'stock.count':
      return t('{product} in {place} counted: {n}', { product: productName(data.productId), place, n: number(data.counted) })
    case 'sale.create': return t('Sale of {goods}', { goods: data.lines.map(goods).join(', ') })
    case 'order.create': return t('Order of {goods}', { goods: data.lines.map(goods).join(', ') })
    case 'order.status': return t('Order {id}: {status}', { id: data.orderId, status: orderStatus(data.status) })
    case 'order.fulfil': return t('Order {id} filled from {place}', { id: data.orderId, place })
    case 'payment.record': return t('Payment for order {id}', { id: data.orderId ?? '' })
    case 'transfer.create':
      return t('Transfer of {goods} to {to}', { goods: data.lines.map(goods).join(', '), to: locationName(data.toLocationId) })
    case 'transfer.ship': return t('Transfer {id} sent off', { id: data.transferId })
    case 'transfer.receive': return t('Transfer {id} received', { id: data.transferId })
    case 'transfer.cancel': return t('Transfer {id} cancelled', { id: data.transferId })
    case 'count.open': return t('Count session {room} opened', { room: data.room })
    case 'count.scan':
      return t('{goods} counted', { goods: data.productId ? goods({ quantity: 1, ...data }) : `${number(data.quantity ?? 1)} × ${data.code}` })
    case 'count.unscan': return t('A scan taken back')
    case 'count.complete': return t('Count session {room} booked', { room: store.counts.get(data.countId)?.room ?? data.countId })
    case 'count.cancel': return t('Count session {room} cancelled', { room: store.counts.get(data.countId)?.room ?? data.countId })
    case 'product.create': return t('New product {name}', { name: data.name })
    case 'product.update': return t('{product} changed', { product: productName(data.productId) })
    case 'product.remove': return t('{product} removed', { product: productName(data.productId) })
    case 'reservation.create': return t('{goods} reserved in {place}', { goods: goods(data), place })
    case 'reservation.release': return t('Reservation {id} released', { id: data.reservationId })
    case 'reservation.fulfil': return t('Reservation {id} taken', { id: data.reservationId })
    case 'notification.send': return t('Message: {title}', { title: data.title })
    case 'notification.read': return t('A message marked as read')
    case 'location.create': return t('New place {name}', { name: data.name })
    case 'customer.create': return t('New customer {name}', { name: data.name })
    case 'customer.update': case 'customer.remove':
      return t('Customer {name} changed', { name: data.name ?? data.customerId })
    case 'location.update': case 'location.remove':
      return t('Place {name} changed', { name: data.name ?? locationName(data.locationId) })
    case 'branch.create': return t('New branch {name}', { name: data.name })
    case 'branch.update': return t('Branch {name} changed', { name: data.name ?? data.branchId })
    case 'order.update': case 'order.remove': return t('Order {id} changed', { id: data.orderId })
    case 'sale.void': return t('Sale {code} undone', { code: `#${data.saleId}` })
    case 'payment.settle': return t('Payment {id}', { id: data.paymentId })
    case 'payment.refund': return t('Payment given back')
    case 'conflict.settle': return t('A decision between two edits')
    case 'change.retry': return t('A change from shore carried out')
    case 'change.dismiss': return t('A change from shore let go')
    case 'tray.retry': return t('Sent to shore again')
    case 'tray.edit': return t('Corrected for shore')
    case 'tray.drop': return t('Not sent to shore any more')
    default: return command
  }
}

/** What to do about a refusal; the hub's own sentence stands beside it. */
export const advice = (code) => ({
  insufficient_stock: t('Somebody was quicker, or the stock was never there. Look at the shelf, correct the level, then send it again or let it go.'),
  forbidden: t('Your role may not do this. Ask a manager.'),
  not_found: t('What it is about no longer exists. Let it go, or enter it anew.'),
  duplicate: t('It exists already. Let it go, or enter it under another name.'),
  wrong_state: t('Somebody else moved it on meanwhile. Look at how it stands now.'),
  in_use: t('It is still in use elsewhere. Finish that first.'),
  invalid_field: t('Something in it is not as the hub wants it. Enter it anew.'),
})[code] ?? t('Send it again, or ask a manager.')

/** An event of the log in words. */
export function eventWords({ type, data = {} }) {
  const product = data.productName ?? (data.productId && productName(data.productId))
  switch (type) {
    case 'inventory:updated':
      return t('{change} {product} in {place}', { change: signed(data.difference), product, place: locationName(data.locationId) })
        + ` · ${reason(data.reason)}`
    case 'inventory:low_stock': return t('{product} is running low: {n} left', { product, n: number(data.currentStock) })
    case 'inventory:out_of_stock': return t('{product} has run out', { product })
    case 'inventory:restocked': return t('{product} is in stock again: {n}', { product, n: number(data.currentStock) })
    case 'inventory:reserved': return t('{n} of {product} reserved', { n: number(data.quantity), product })
    case 'inventory:reservation_released': case 'inventory:reservation_expired': case 'inventory:reservation_fulfilled':
      return t('Reservation {id} ended', { id: data.reservationId })
    case 'count:opened': return t('Count session {room} opened', { room: data.room })
    case 'count:completed': return t('Count session {room} booked', { room: data.room })
    case 'count:cancelled': return t('Count session {room} cancelled', { room: data.room })
    case 'count:scan_added': return t('{goods} counted', { goods: `${number(data.quantity)} × ${product ?? data.code}` })
    case 'count:scan_removed': return t('A scan taken back')
    case 'order:created': return t('Order {id} taken', { id: data.orderId }) + ` · ${money(data.total, data.currency)}`
    case 'order:status_changed': return t('Order {id}: {status}', { id: data.orderId, status: orderStatus(data.newStatus) })
    case 'order:fulfilled': return t('Order {id} filled from {place}', { id: data.orderId, place: locationName(data.locationId) })
    case 'order:updated': case 'order:deleted': return t('Order {id} changed', { id: data.orderId })
    case 'sale:created': return t('Sale {code}', { code: data.transactionCode }) + ` · ${money(data.finalAmount, data.currency)}`
    case 'sale:voided': return t('Sale {code} undone', { code: data.transactionCode })
    case 'payment:received': return t('Payment received') + ` · ${money(data.amount, data.currency)}`
    case 'payment:refunded': return t('Payment given back') + ` · ${money(data.amount, data.currency)}`
    case 'payment:failed': case 'payment:pending': return t('Payment {id}', { id: data.paymentId })
    case 'product:created': return t('New product {name}', { name: product })
    case 'product:updated': case 'product:price_changed': return t('{product} changed', { product })
    case 'product:deleted': return t('{product} removed', { product: data.sku })
    case 'transfer:created': return t('Transfer {id} planned', { id: data.transferId })
    case 'transfer:shipped': return t('Transfer {id} sent off', { id: data.transferId })
    case 'transfer:received': return t('Transfer {id} received', { id: data.transferId })
    case 'transfer:cancelled': return t('Transfer {id} cancelled', { id: data.transferId })
    case 'location:created': return t('New place {name}', { name: data.locationName })
    case 'location:updated': case 'location:removed': return t('Place {name} changed', { name: data.locationName ?? '' })
    case 'customer:created': return t('New customer {name}', { name: data.customerName })
    case 'customer:updated': case 'customer:removed':
      return t('Customer {name} changed', { name: data.customerName ?? data.changes?.customerName ?? data.customerId })
    case 'branch:created': return t('New branch {name}', { name: data.branchName })
    case 'branch:updated': return t('Branch {name} changed', { name: data.branchName ?? data.branchId })
    case 'procurement:proposed': return t('{goods} ought to be bought', { goods: `${number(data.quantity)} × ${product}` })
    case 'procurement:decided': return t('Whether to buy {product} was decided', { product })
    case 'inventory:bulk_updated': return t('Many levels changed at once')
    case 'conflict:found': return t('Edited aboard and ashore: {name}', { name: data.name })
    case 'conflict:settled': return t('A decision between two edits')
    case 'change:refused':
      return t('{by} asked for it ashore, and this hub refused: {why}', { by: data.by, why: data.message })
    case 'change:dismissed':
      return data.carriedOut ? t('A change from shore carried out') : t('A change from shore let go')
    case 'tray:retried': return t('Sent to shore again')
    case 'tray:corrected': return t('Corrected for shore')
    case 'tray:dropped': return t('Not sent to shore any more')
    case 'sync:requested': return t('Somebody asked to reach shore now')
    case 'sync:resumed': return t('Events get ashore again')
    case 'security:alert': return data.message
    case 'device:invited': return t('{name} may add a device', { name: data.userName })
    case 'device:updated': return t('A device was changed')
    case 'user:updated': return t('The sign-in of {name} was changed', { name: data.displayName ?? data.userId })
    case 'hub:epoch_started': return t('A new log was begun')
    case 'session:started': return t('{name} signed in', { name: data.userName })
    case 'session:ended': return t('A session ended')
    case 'user:created': return t('{name} may sign in', { name: data.userName })
    case 'system:notification': case 'system:alert': case 'system:maintenance': case 'sync:stalled':
      return t('Message: {title}', { title: data.title })
    default: return type
  }
}

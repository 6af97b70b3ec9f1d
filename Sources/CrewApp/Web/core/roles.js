// What each role is offered. The hub decides again on every request; this only keeps doors that
// would not open from being shown.

import { settings } from './settings.js'

const crew = ['admin', 'manager', 'staff']
const managers = ['admin', 'manager']

export const is = (...roles) => roles.includes(settings.me?.role)
export const isCrew = () => is(...crew)
export const isManager = () => is(...managers)
export const isAdmin = () => is('admin')

/** What the shell does for the screens. */
export const session = { signOut: async () => {} }

// Words, numbers and dates in the reader's language. The English sentence is the key; a catalogue
// in lang/ maps it to another language. What follows a `|` in a key tells two meanings apart.

import { settings } from './settings.js'

export const languages = { en: 'English', es: 'Español', fr: 'Français', de: 'Deutsch' }

let words = {}
export let language = 'en'
let locale = 'en'
let plural = new Intl.PluralRules('en')

export async function useLanguage() {
  const wished = [settings.language, ...navigator.languages].filter(Boolean)
  const found = wished.find((tag) => tag.slice(0, 2) in languages) ?? 'en'
  language = found.slice(0, 2)
  locale = navigator.languages.find((tag) => tag.startsWith(language)) ?? language
  plural = new Intl.PluralRules(language)
  words = language === 'en' ? {} : (await import(`../lang/${language}.js`)).default
  document.documentElement.lang = language
  formats.clear()
}

export function t(key, values) {
  return fill(words[key] ?? key.split('|')[0], values)
}

/** `one` and `many` are English; a catalogue has a pair under `many`. */
export function tn(count, one, many) {
  const [single, several] = words[many] ?? [one, many]
  return fill(plural.select(count) === 'one' ? single : several, { n: number(count) })
}

const fill = (text, values) =>
  values ? text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole) : text

const formats = new Map()
function format(kind, name, options) {
  const key = kind.name + name
  if (!formats.has(key)) formats.set(key, new kind(locale, options))
  return formats.get(key)
}

export const number = (value) => format(Intl.NumberFormat, '').format(value ?? 0)
export const signed = (value) =>
  format(Intl.NumberFormat, 'signed', { signDisplay: 'exceptZero' }).format(value)

const currencyFormat = (currency) =>
  format(Intl.NumberFormat, currency, { style: 'currency', currency })

const minorDigits = (currency) =>
  currencyFormat(currency).resolvedOptions().maximumFractionDigits

export const money = (minor, currency) =>
  currencyFormat(currency).format(minor / 10 ** minorDigits(currency))

/** What a person types for money, as minor units; `null` where it is none. */
export function parseMoney(text, currency) {
  const digits = minorDigits(currency)
  const match = /^\s*(\d{1,10})(?:[.,](\d+))?\s*$/.exec(text)
  if (!match || (match[2] ?? '').length > digits) return null
  return Number(match[1]) * 10 ** digits + Number((match[2] ?? '').padEnd(digits, '0') || 0)
}

/** Minor units as one types them into a field. */
export function plainMoney(minor, currency) {
  const digits = minorDigits(currency)
  return format(Intl.NumberFormat, `plain ${digits}`, { useGrouping: false, minimumFractionDigits: digits })
    .format(minor / 10 ** digits)
}

export const when = (time) =>
  format(Intl.DateTimeFormat, 'when', { dateStyle: 'medium', timeStyle: 'short' }).format(time)
export const clock = (time) =>
  format(Intl.DateTimeFormat, 'clock', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
    .format(time)
export const day = (time) =>
  format(Intl.DateTimeFormat, 'day', { day: 'numeric', month: 'short' }).format(time)

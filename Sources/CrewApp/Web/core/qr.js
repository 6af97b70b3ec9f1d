// QR codes (ISO/IEC 18004): bytes, error correction M, versions 1 to 10. That is 213 bytes, more than
// any address of a hub.

import { h } from './dom.js'

// For each version: codewords of correction a block, then how many blocks of how many codewords.
const plans = [
  [10, [1, 16]], [16, [1, 28]], [26, [1, 44]], [18, [2, 32]], [24, [2, 43]], [16, [4, 27]], [18, [4, 31]],
  [22, [2, 38], [2, 39]], [22, [3, 36], [2, 37]], [26, [4, 43], [1, 44]],
]
const centres = [[], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46], [6, 28, 50]]

// The field of 256 elements over x^8 + x^4 + x^3 + x^2 + 1.
const powers = [], logs = []
for (let power = 0, value = 1; power < 255; power += 1) {
  powers[power] = value
  logs[value] = power
  value = value & 128 ? (value << 1) ^ 0x11d : value << 1
}
const times = (a, b) => a && b ? powers[(logs[a] + logs[b]) % 255] : 0

/** The codewords of correction for a block of data (Reed-Solomon). */
export function correction(data, count) {
  let divisor = [1]
  for (let root = 0; root < count; root += 1) {
    const next = [...divisor, 0]
    divisor.forEach((value, index) => { next[index + 1] ^= times(value, powers[root]) })
    divisor = next
  }
  const rest = [...data, ...Array(count).fill(0)]
  for (let index = 0; index < data.length; index += 1) {
    const factor = rest[index]
    divisor.forEach((value, place) => { rest[index + place] ^= times(value, factor) })
  }
  return rest.slice(data.length)
}

function codewords(bytes) {
  const version = 1 + plans.findIndex(([, ...blocks], index) =>
    bytes.length + (index < 9 ? 2 : 3) <= blocks.reduce((sum, [count, size]) => sum + count * size, 0))
  if (!version) throw new RangeError('too long for a QR code')
  const [share, ...blocks] = plans[version - 1]
  const room = blocks.reduce((sum, [count, size]) => sum + count * size, 0)
  let bits = '0100' + bytes.length.toString(2).padStart(version < 10 ? 8 : 16, '0')
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0')
  bits += '0'.repeat(Math.min(4, room * 8 - bits.length))
  bits += '0'.repeat(-bits.length & 7)
  const data = bits.match(/.{8}/g).map((byte) => parseInt(byte, 2))
  for (let pad = 0xec; data.length < room; pad ^= 0xec ^ 0x11) data.push(pad)
  const parts = []
  for (const [count, size] of blocks) {
    for (let block = 0; block < count; block += 1) parts.push(data.splice(0, size))
  }
  const checks = parts.map((part) => correction(part, share))
  const woven = (lists) => lists.at(-1).flatMap((_, index) => lists.map((list) => list[index])).filter((value) => value !== undefined)
  return { version, words: [...woven(parts), ...woven(checks)] }
}

const remainder = (value, generator, bits) => {
  let rest = value << bits
  for (let place = 31; place >= bits; place -= 1) if (rest >>> place & 1) rest ^= generator << (place - bits)
  return value << bits | rest
}

const masks = [
  (x, y) => (x + y) % 2 === 0, (x, y) => y % 2 === 0, (x) => x % 3 === 0, (x, y) => (x + y) % 3 === 0,
  (x, y) => ((x / 3 | 0) + (y / 2 | 0)) % 2 === 0, (x, y) => x * y % 2 + x * y % 3 === 0,
  (x, y) => (x * y % 2 + x * y % 3) % 2 === 0, (x, y) => ((x + y) % 2 + x * y % 3) % 2 === 0,
]

/** What stands on every symbol of a version; `null` where data go. */
function frame(version) {
  const size = 17 + 4 * version
  const cells = Array.from({ length: size }, () => Array(size).fill(null))
  const square = (x, y, reach, dark) => {
    for (let dy = -reach; dy <= reach; dy += 1) {
      for (let dx = -reach; dx <= reach; dx += 1) {
        if (cells[y + dy]?.[x + dx] !== undefined) cells[y + dy][x + dx] = dark(Math.max(Math.abs(dx), Math.abs(dy)))
      }
    }
  }
  for (const [x, y] of [[3, 3], [size - 4, 3], [3, size - 4]]) square(x, y, 4, (ring) => ring !== 2 && ring !== 4)
  const places = centres[version - 1]
  for (const y of places) {
    for (const x of places) if (cells[y][x] === null) square(x, y, 2, (ring) => ring !== 1)
  }
  for (let place = 8; place < size - 8; place += 1) {
    cells[6][place] = place % 2 === 0
    cells[place][6] = place % 2 === 0
  }
  return cells
}

/** Format and version, which tell a reader how to read the rest. */
function label(cells, version, mask) {
  const size = cells.length
  const format = remainder(mask, 0x537, 10) ^ 0x5412
  for (let bit = 0; bit < 15; bit += 1) {
    const dark = Boolean(format >> bit & 1)
    const near = bit < 6 ? bit : bit < 8 ? bit + 1 : size - 15 + bit
    cells[near][8] = dark
    cells[8][bit < 8 ? size - 1 - bit : bit < 9 ? 7 : 14 - bit] = dark
  }
  cells[size - 8][8] = true
  if (version < 7) return
  const words = remainder(version, 0x1f25, 12)
  for (let bit = 0; bit < 18; bit += 1) {
    const dark = Boolean(words >> bit & 1)
    cells[bit / 3 | 0][size - 11 + bit % 3] = dark
    cells[size - 11 + bit % 3][bit / 3 | 0] = dark
  }
}

function drawn(version, words, mask) {
  const cells = frame(version)
  label(cells, version, mask)
  const size = cells.length
  let bit = 0, upwards = true
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right = 5
    for (let step = 0; step < size; step += 1) {
      const y = upwards ? size - 1 - step : step
      for (const x of [right, right - 1]) {
        if (cells[y][x] !== null) continue
        cells[y][x] = Boolean(words[bit >> 3] >> (7 - (bit & 7)) & 1) !== masks[mask](x, y)
        bit += 1
      }
    }
    upwards = !upwards
  }
  return cells
}

/** How hard a symbol is to read: the standard's four rules. */
function penalty(cells) {
  const size = cells.length
  const columns = cells.map((_, x) => cells.map((row) => row[x]))
  let points = 0
  for (const line of [...cells, ...columns]) {
    const text = line.map((dark) => dark ? '1' : '0').join('')
    for (const run of text.match(/1{5,}|0{5,}/g) ?? []) points += run.length - 2
    points += 40 * (text.match(/(?=10111010000|00001011101)/g) ?? []).length
  }
  for (let y = 1; y < size; y += 1) {
    for (let x = 1; x < size; x += 1) {
      const dark = cells[y][x]
      if (dark === cells[y - 1][x] && dark === cells[y][x - 1] && dark === cells[y - 1][x - 1]) points += 3
    }
  }
  const share = cells.flat().filter(Boolean).length / size ** 2
  return points + 10 * Math.floor(Math.abs(share * 100 - 50) / 5)
}

/** Rows of cells, `true` for dark. */
export function qr(text) {
  const { version, words } = codewords(new TextEncoder().encode(text))
  return masks.map((_, mask) => drawn(version, words, mask))
    .reduce((best, cells) => penalty(cells) < penalty(best) ? cells : best)
}

/** The dark cells as one path, with the quiet margin of four that readers want around it. */
export function qrPath(text) {
  const cells = qr(text)
  const path = cells.flatMap((row, y) => row.map((dark, x) => dark ? `M${x + 4} ${y + 4}h1v1h-1z` : '')).join('')
  return { path, size: cells.length + 8 }
}

/** Dark on light in both themes: many readers take no other. */
export function qrCode(text, label) {
  const { path, size } = qrPath(text)
  return h('svg', { class: 'qr', viewBox: `0 0 ${size} ${size}`, role: 'img', 'aria-label': label, key: text },
    h('path', { class: 'paper', d: `M0 0h${size}v${size}H0z` }), h('path', { class: 'ink', d: path }))
}

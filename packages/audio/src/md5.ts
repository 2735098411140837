import { AedError } from '@aed/core'

/** Left rotations of the 64 steps, four a round (RFC 1321). */
const SHIFTS = Uint8Array.of(7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21)
/** ⌊2³² · |sin(i + 1)|⌋ of RFC 1321, written out so that no runtime's sine is in it. */
const SINES = Uint32Array.of(
  0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
  0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
  0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
  0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
)

/** A running MD5 digest. */
export interface Md5 {
  update(bytes: Uint8Array): void
  /** The digest as 32 hexadecimal digits; nothing can be added after. */
  digest(): string
}

/** MD5 (RFC 1321): what FLAC files carry of their samples. Not for anything that must resist an attacker. */
export function createMd5(): Md5 {
  const state = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476)
  const block = new Uint8Array(64)
  const words = new Uint32Array(16)
  let length = 0
  let done = false

  function compress(bytes: Uint8Array, at: number): void {
    for (let i = 0; i < 16; i++, at += 4) words[i] = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    let a = state[0]! | 0
    let b = state[1]! | 0
    let c = state[2]! | 0
    let d = state[3]! | 0
    for (let i = 0; i < 64; i++) {
      const round = i >> 4
      let f: number
      let word: number
      if (round === 0) {
        f = (b & c) | (~b & d)
        word = i
      } else if (round === 1) {
        f = (d & b) | (~d & c)
        word = (5 * i + 1) & 15
      } else if (round === 2) {
        f = b ^ c ^ d
        word = (3 * i + 5) & 15
      } else {
        f = c ^ (b | ~d)
        word = (7 * i) & 15
      }
      const sum = (a + f + SINES[i]! + words[word]!) | 0
      const shift = SHIFTS[(round << 2) | (i & 3)]!
      a = d
      d = c
      c = b
      b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0
    }
    state[0]! += a
    state[1]! += b
    state[2]! += c
    state[3]! += d
  }

  function update(bytes: Uint8Array): void {
    if (done) throw new AedError('INVALID_STATE', 'md5: the digest has been taken')
    let at = 0
    const filled = length % 64
    length += bytes.length
    if (filled > 0) {
      at = Math.min(64 - filled, bytes.length)
      block.set(bytes.subarray(0, at), filled)
      if (filled + at < 64) return
      compress(block, 0)
    }
    for (; at + 64 <= bytes.length; at += 64) compress(bytes, at)
    block.set(bytes.subarray(at))
  }

  return {
    update,
    digest() {
      const bits = 8 * length
      const padding = new Uint8Array(((119 - (length % 64)) % 64) + 1 + 8)
      padding[0] = 0x80
      const view = new DataView(padding.buffer)
      view.setUint32(padding.length - 8, bits >>> 0, true)
      view.setUint32(padding.length - 4, Math.floor(bits / 2 ** 32), true)
      update(padding)
      done = true
      const bytes = new DataView(new ArrayBuffer(16))
      state.forEach((word, i) => bytes.setUint32(4 * i, word, true))
      return Array.from({ length: 16 }, (_, i) => bytes.getUint8(i).toString(16).padStart(2, '0')).join('')
    },
  }
}

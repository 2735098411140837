import { AedError, cosPi, sinPi } from '@aed/core'
import { createCircle, type Circle } from './circle.ts'

/** Complex FFT of one length, in place on digit-reversed input. */
export interface ComplexFft {
  readonly size: number
  /** Slot `i` must hold the value of input index `order[i]` before {@link ComplexFft.transform}. */
  readonly order: Int32Array
  /** Forward transform, unscaled: slots in, spectrum in natural order out. */
  readonly transform: (re: Float64Array, im: Float64Array) => void
}

/** One pass over the data: sub-transforms of `span` points are joined, `radix` at a time. */
interface Pass {
  readonly radix: number
  readonly span: number
  /** For each j < span the factors w^j … w^((radix − 1)j), real and imaginary, w = e^(−2πi / (radix · span)). */
  readonly twiddles: Float64Array
}

/**
 * The radices of a length, first pass first: one pass of 2 or 8 where the power of two is odd, 4s, then 3s and 5s.
 * Few passes over small data beat the fewest operations here.
 * @returns undefined when the length has another prime factor
 */
export function factorize(size: number): number[] | undefined {
  const tail: number[] = []
  let rest = size
  for (const radix of [5, 3])
    while (rest % radix === 0) {
      tail.push(radix)
      rest /= radix
    }
  const head: number[] = []
  while (rest % 4 === 0) {
    head.push(4)
    rest /= 4
  }
  if (rest === 2) {
    if (head.length) head[0] = 8
    else head.unshift(2)
    rest = 1
  }
  return rest === 1 ? [...head, ...tail] : undefined
}

/** Digit reversal: which input index each slot takes so that every pass works on contiguous blocks. */
function digitReversal(radices: readonly number[]): Int32Array {
  // The last pass joins `radix` interleaved sub-sequences; each of them is ordered by the passes before it.
  let order = Int32Array.of(0)
  for (const radix of radices) {
    const joined = new Int32Array(order.length * radix)
    for (let q = 0; q < radix; q++) for (let i = 0; i < order.length; i++) joined[q * order.length + i] = order[i]! * radix + q
    order = joined
  }
  return order
}

function makeTwiddles(radix: number, span: number, { size, cos, sin }: Circle): Float64Array {
  const step = size / (radix * span)
  const twiddles = new Float64Array(2 * (radix - 1) * span)
  for (let j = 0, t = 0; j < span; j++)
    for (let q = 1; q < radix; q++) {
      twiddles[t++] = cos[q * j * step]!
      twiddles[t++] = -sin[q * j * step]!
    }
  return twiddles
}

/**
 * Plan of a mixed-radix complex FFT, decimation in time.
 * @param size any product of 2, 3 and 5
 * @param circle of `size` points or a multiple, for callers that have one
 * @throws AedError `INVALID_OPTION` for another size
 * @see Cooley and Tukey, An algorithm for the machine calculation of complex Fourier series, 1965
 */
export function createComplexFft(size: number, circle?: Circle): ComplexFft {
  const radices = factorize(size)
  if (!radices) throw new AedError('INVALID_OPTION', `FFT: the size takes a product of 2, 3 and 5, got ${size}`)
  const points = circle ?? createCircle(size)
  let span = 1
  const passes: Pass[] = radices.map((radix) => {
    const pass = { radix, span, twiddles: makeTwiddles(radix, span, points) }
    span *= radix
    return pass
  })
  return {
    size,
    order: digitReversal(radices),
    transform: (re, im) => {
      for (const pass of passes) runPass(re, im, size, pass)
    },
  }
}

function runPass(re: Float64Array, im: Float64Array, size: number, { radix, span, twiddles }: Pass): void {
  if (radix === 4 && span > 1) pass4(re, im, size, span, twiddles)
  else if (radix === 4) firstPass4(re, im, size)
  else if (radix === 8) firstPass8(re, im, size)
  else if (radix === 2) firstPass2(re, im, size)
  else if (radix === 3) pass3(re, im, size, span, twiddles)
  else pass5(re, im, size, span, twiddles)
}

/** Radix 2 on neighbours: always the first pass, so without twiddles. */
function firstPass2(re: Float64Array, im: Float64Array, size: number): void {
  for (let a = 0; a < size; a += 2) {
    const ar = re[a]!
    const ai = im[a]!
    const br = re[a + 1]!
    const bi = im[a + 1]!
    re[a] = ar + br
    im[a] = ai + bi
    re[a + 1] = ar - br
    im[a + 1] = ai - bi
  }
}

/** Radix 4 on neighbours, without twiddles. */
function firstPass4(re: Float64Array, im: Float64Array, size: number): void {
  for (let a = 0; a < size; a += 4) {
    const sr = re[a]! + re[a + 2]!
    const si = im[a]! + im[a + 2]!
    const dr = re[a]! - re[a + 2]!
    const di = im[a]! - im[a + 2]!
    const tr = re[a + 1]! + re[a + 3]!
    const ti = im[a + 1]! + im[a + 3]!
    const ur = re[a + 1]! - re[a + 3]!
    const ui = im[a + 1]! - im[a + 3]!
    re[a] = sr + tr
    im[a] = si + ti
    re[a + 1] = dr + ui
    im[a + 1] = di - ur
    re[a + 2] = sr - tr
    im[a + 2] = si - ti
    re[a + 3] = dr - ui
    im[a + 3] = di + ur
  }
}

/** Radix 8 on neighbours, without twiddles: two radix-4 transforms (even and odd inputs), joined. */
function firstPass8(re: Float64Array, im: Float64Array, size: number): void {
  const h = Math.SQRT1_2
  for (let a = 0; a < size; a += 8) {
    const esr = re[a]! + re[a + 4]!
    const esi = im[a]! + im[a + 4]!
    const edr = re[a]! - re[a + 4]!
    const edi = im[a]! - im[a + 4]!
    const etr = re[a + 2]! + re[a + 6]!
    const eti = im[a + 2]! + im[a + 6]!
    const eur = re[a + 2]! - re[a + 6]!
    const eui = im[a + 2]! - im[a + 6]!
    const osr = re[a + 1]! + re[a + 5]!
    const osi = im[a + 1]! + im[a + 5]!
    const odr = re[a + 1]! - re[a + 5]!
    const odi = im[a + 1]! - im[a + 5]!
    const otr = re[a + 3]! + re[a + 7]!
    const oti = im[a + 3]! + im[a + 7]!
    const our = re[a + 3]! - re[a + 7]!
    const oui = im[a + 3]! - im[a + 7]!

    const e0r = esr + etr
    const e0i = esi + eti
    const o0r = osr + otr
    const o0i = osi + oti
    re[a] = e0r + o0r
    im[a] = e0i + o0i
    re[a + 4] = e0r - o0r
    im[a + 4] = e0i - o0i

    const e2r = esr - etr
    const e2i = esi - eti
    const o2r = osi - oti // times −i
    const o2i = otr - osr
    re[a + 2] = e2r + o2r
    im[a + 2] = e2i + o2i
    re[a + 6] = e2r - o2r
    im[a + 6] = e2i - o2i

    const p1r = odr + oui
    const p1i = odi - our
    const e1r = edr + eui
    const e1i = edi - eur
    const o1r = h * (p1r + p1i) // times e^(−iπ/4)
    const o1i = h * (p1i - p1r)
    re[a + 1] = e1r + o1r
    im[a + 1] = e1i + o1i
    re[a + 5] = e1r - o1r
    im[a + 5] = e1i - o1i

    const p3r = odr - oui
    const p3i = odi + our
    const e3r = edr - eui
    const e3i = edi + eur
    const o3r = h * (p3i - p3r) // times e^(−3iπ/4)
    const o3i = -h * (p3r + p3i)
    re[a + 3] = e3r + o3r
    im[a + 3] = e3i + o3i
    re[a + 7] = e3r - o3r
    im[a + 7] = e3i - o3i
  }
}

function pass4(re: Float64Array, im: Float64Array, size: number, span: number, w: Float64Array): void {
  const step = 4 * span
  for (let j = 0, t = 0; j < span; j++, t += 6) {
    const w1r = w[t]!
    const w1i = w[t + 1]!
    const w2r = w[t + 2]!
    const w2i = w[t + 3]!
    const w3r = w[t + 4]!
    const w3i = w[t + 5]!
    for (let a = j; a < size; a += step) {
      const b = a + span
      const c = b + span
      const d = c + span
      const ar = re[a]!
      const ai = im[a]!
      const br = re[b]! * w1r - im[b]! * w1i
      const bi = re[b]! * w1i + im[b]! * w1r
      const cr = re[c]! * w2r - im[c]! * w2i
      const ci = re[c]! * w2i + im[c]! * w2r
      const dr = re[d]! * w3r - im[d]! * w3i
      const di = re[d]! * w3i + im[d]! * w3r
      const sr = ar + cr
      const si = ai + ci
      const mr = ar - cr
      const mi = ai - ci
      const tr = br + dr
      const ti = bi + di
      const ur = br - dr
      const ui = bi - di
      re[a] = sr + tr
      im[a] = si + ti
      re[b] = mr + ui
      im[b] = mi - ur
      re[c] = sr - tr
      im[c] = si - ti
      re[d] = mr - ui
      im[d] = mi + ur
    }
  }
}

/** sin(π/3). */
const SIN_60 = sinPi(1 / 3)

function pass3(re: Float64Array, im: Float64Array, size: number, span: number, w: Float64Array): void {
  const step = 3 * span
  for (let j = 0, t = 0; j < span; j++, t += 4) {
    const w1r = w[t]!
    const w1i = w[t + 1]!
    const w2r = w[t + 2]!
    const w2i = w[t + 3]!
    for (let a = j; a < size; a += step) {
      const b = a + span
      const c = b + span
      const br = re[b]! * w1r - im[b]! * w1i
      const bi = re[b]! * w1i + im[b]! * w1r
      const cr = re[c]! * w2r - im[c]! * w2i
      const ci = re[c]! * w2i + im[c]! * w2r
      const sr = br + cr
      const si = bi + ci
      const mr = re[a]! - 0.5 * sr
      const mi = im[a]! - 0.5 * si
      const ur = SIN_60 * (br - cr)
      const ui = SIN_60 * (bi - ci)
      re[a] = re[a]! + sr
      im[a] = im[a]! + si
      re[b] = mr + ui
      im[b] = mi - ur
      re[c] = mr - ui
      im[c] = mi + ur
    }
  }
}

const COS_72 = cosPi(2 / 5)
const SIN_72 = sinPi(2 / 5)
const COS_144 = cosPi(4 / 5)
const SIN_144 = sinPi(4 / 5)

function pass5(re: Float64Array, im: Float64Array, size: number, span: number, w: Float64Array): void {
  const step = 5 * span
  for (let j = 0, t = 0; j < span; j++, t += 8) {
    const w1r = w[t]!
    const w1i = w[t + 1]!
    const w2r = w[t + 2]!
    const w2i = w[t + 3]!
    const w3r = w[t + 4]!
    const w3i = w[t + 5]!
    const w4r = w[t + 6]!
    const w4i = w[t + 7]!
    for (let a = j; a < size; a += step) {
      const b = a + span
      const c = b + span
      const d = c + span
      const e = d + span
      const br = re[b]! * w1r - im[b]! * w1i
      const bi = re[b]! * w1i + im[b]! * w1r
      const cr = re[c]! * w2r - im[c]! * w2i
      const ci = re[c]! * w2i + im[c]! * w2r
      const dr = re[d]! * w3r - im[d]! * w3i
      const di = re[d]! * w3i + im[d]! * w3r
      const er = re[e]! * w4r - im[e]! * w4i
      const ei = re[e]! * w4i + im[e]! * w4r
      // Inputs 1 and 4, 2 and 3 share their cosines and have opposite sines.
      const sr = br + er
      const si = bi + ei
      const tr = cr + dr
      const ti = ci + di
      const ur = br - er
      const ui = bi - ei
      const vr = cr - dr
      const vi = ci - di
      const ar = re[a]!
      const ai = im[a]!
      const mr = ar + COS_72 * sr + COS_144 * tr
      const mi = ai + COS_72 * si + COS_144 * ti
      const nr = ar + COS_144 * sr + COS_72 * tr
      const ni = ai + COS_144 * si + COS_72 * ti
      const pr = SIN_72 * ur + SIN_144 * vr
      const pi = SIN_72 * ui + SIN_144 * vi
      const qr = SIN_144 * ur - SIN_72 * vr
      const qi = SIN_144 * ui - SIN_72 * vi
      re[a] = ar + sr + tr
      im[a] = ai + si + ti
      re[b] = mr + pi
      im[b] = mi - pr
      re[c] = nr + qi
      im[c] = ni - qr
      re[d] = nr - qi
      im[d] = ni + qr
      re[e] = mr - pi
      im[e] = mi + pr
    }
  }
}

import { cosPi, sinPi } from '@aed/core'

// The passes of a mixed-radix FFT, decimation in time, on interleaved complex values: `z[2i]` real, `z[2i + 1]`
// imaginary. A pass of radix r joins r neighbouring sub-transforms of `span` points into one of r · span points, in
// place; before that, point j of sub-transform q is turned by `w`, which holds w^j … w^((r − 1)j) for each j < span,
// real and imaginary, w = e^(−2πi / (r · span)). A first pass has span 1: nothing to turn.
// One array for both parts: two of 4 KiB, laid one after the other, share their low address bits and stall each other.

/** Radix 2 on neighbours: always the first pass, so without twiddles. */
export function firstPass2(z: Float64Array): void {
  for (let a = 0; a < z.length; a += 4) {
    const ar = z[a]!
    const ai = z[a + 1]!
    const br = z[a + 2]!
    const bi = z[a + 3]!
    z[a] = ar + br
    z[a + 1] = ai + bi
    z[a + 2] = ar - br
    z[a + 3] = ai - bi
  }
}

/** Windowed pairs of samples as complex values, slot by slot: `first[i]` is the sample where slot `i` begins. */
export function load(signal: Float32Array, start: number, first: Int32Array, factors: Float64Array, z: Float64Array): void {
  for (let a = 0, i = 0; a < z.length; a += 2, i++) {
    const index = start + first[i]!
    z[a] = signal[index]! * factors[a]!
    z[a + 1] = signal[index + 1]! * factors[a + 1]!
  }
}

/** {@link load} and a first pass of radix 4 in one. */
export function loadPass4(signal: Float32Array, start: number, first: Int32Array, factors: Float64Array, z: Float64Array): void {
  const stride = z.length >> 2
  for (let a = 0, i = 0; a < z.length; a += 8, i += 4) {
    const i0 = start + first[i]! // the others of a block lie at equal steps from its first
    const i1 = i0 + stride
    const i2 = i1 + stride
    const i3 = i2 + stride
    const x0r = signal[i0]! * factors[a]!
    const x0i = signal[i0 + 1]! * factors[a + 1]!
    const x1r = signal[i1]! * factors[a + 2]!
    const x1i = signal[i1 + 1]! * factors[a + 3]!
    const x2r = signal[i2]! * factors[a + 4]!
    const x2i = signal[i2 + 1]! * factors[a + 5]!
    const x3r = signal[i3]! * factors[a + 6]!
    const x3i = signal[i3 + 1]! * factors[a + 7]!
    const sr = x0r + x2r
    const si = x0i + x2i
    const dr = x0r - x2r
    const di = x0i - x2i
    const tr = x1r + x3r
    const ti = x1i + x3i
    const ur = x1r - x3r
    const ui = x1i - x3i
    z[a] = sr + tr
    z[a + 1] = si + ti
    z[a + 2] = dr + ui
    z[a + 3] = di - ur
    z[a + 4] = sr - tr
    z[a + 5] = si - ti
    z[a + 6] = dr - ui
    z[a + 7] = di + ur
  }
}

/** {@link load} and a first pass of radix 8 in one: two radix-4 transforms (even and odd inputs), joined. */
export function loadPass8(signal: Float32Array, start: number, first: Int32Array, factors: Float64Array, z: Float64Array): void {
  const h = Math.SQRT1_2
  const stride = z.length >> 3
  for (let a = 0, i = 0; a < z.length; a += 16, i += 8) {
    const i0 = start + first[i]! // the others of a block lie at equal steps from its first
    const i1 = i0 + stride
    const i2 = i1 + stride
    const i3 = i2 + stride
    const i4 = i3 + stride
    const i5 = i4 + stride
    const i6 = i5 + stride
    const i7 = i6 + stride
    const x0r = signal[i0]! * factors[a]!
    const x0i = signal[i0 + 1]! * factors[a + 1]!
    const x1r = signal[i1]! * factors[a + 2]!
    const x1i = signal[i1 + 1]! * factors[a + 3]!
    const x2r = signal[i2]! * factors[a + 4]!
    const x2i = signal[i2 + 1]! * factors[a + 5]!
    const x3r = signal[i3]! * factors[a + 6]!
    const x3i = signal[i3 + 1]! * factors[a + 7]!
    const x4r = signal[i4]! * factors[a + 8]!
    const x4i = signal[i4 + 1]! * factors[a + 9]!
    const x5r = signal[i5]! * factors[a + 10]!
    const x5i = signal[i5 + 1]! * factors[a + 11]!
    const x6r = signal[i6]! * factors[a + 12]!
    const x6i = signal[i6 + 1]! * factors[a + 13]!
    const x7r = signal[i7]! * factors[a + 14]!
    const x7i = signal[i7 + 1]! * factors[a + 15]!
    const esr = x0r + x4r
    const esi = x0i + x4i
    const edr = x0r - x4r
    const edi = x0i - x4i
    const etr = x2r + x6r
    const eti = x2i + x6i
    const eur = x2r - x6r
    const eui = x2i - x6i
    const osr = x1r + x5r
    const osi = x1i + x5i
    const odr = x1r - x5r
    const odi = x1i - x5i
    const otr = x3r + x7r
    const oti = x3i + x7i
    const our = x3r - x7r
    const oui = x3i - x7i

    const e0r = esr + etr
    const e0i = esi + eti
    const o0r = osr + otr
    const o0i = osi + oti
    z[a] = e0r + o0r
    z[a + 1] = e0i + o0i
    z[a + 8] = e0r - o0r
    z[a + 9] = e0i - o0i

    const e2r = esr - etr
    const e2i = esi - eti
    const o2r = osi - oti // times −i
    const o2i = otr - osr
    z[a + 4] = e2r + o2r
    z[a + 5] = e2i + o2i
    z[a + 12] = e2r - o2r
    z[a + 13] = e2i - o2i

    const p1r = odr + oui
    const p1i = odi - our
    const e1r = edr + eui
    const e1i = edi - eur
    const o1r = h * (p1r + p1i) // times e^(−iπ/4)
    const o1i = h * (p1i - p1r)
    z[a + 2] = e1r + o1r
    z[a + 3] = e1i + o1i
    z[a + 10] = e1r - o1r
    z[a + 11] = e1i - o1i

    const p3r = odr - oui
    const p3i = odi + our
    const e3r = edr - eui
    const e3i = edi + eur
    const o3r = h * (p3i - p3r) // times e^(−3iπ/4)
    const o3i = -h * (p3r + p3i)
    z[a + 6] = e3r + o3r
    z[a + 7] = e3i + o3i
    z[a + 14] = e3r - o3r
    z[a + 15] = e3i - o3i
  }
}

export function pass4(z: Float64Array, span: number, w: Float64Array): void {
  const size = z.length
  const reach = 2 * span
  const step = 4 * reach
  for (let j = 0, t = 0; j < reach; j += 2, t += 6) {
    const w1r = w[t]!
    const w1i = w[t + 1]!
    const w2r = w[t + 2]!
    const w2i = w[t + 3]!
    const w3r = w[t + 4]!
    const w3i = w[t + 5]!
    for (let a = j; a < size; a += step) {
      const b = a + reach
      const c = b + reach
      const d = c + reach
      const ar = z[a]!
      const ai = z[a + 1]!
      const br = z[b]! * w1r - z[b + 1]! * w1i
      const bi = z[b]! * w1i + z[b + 1]! * w1r
      const cr = z[c]! * w2r - z[c + 1]! * w2i
      const ci = z[c]! * w2i + z[c + 1]! * w2r
      const dr = z[d]! * w3r - z[d + 1]! * w3i
      const di = z[d]! * w3i + z[d + 1]! * w3r
      const sr = ar + cr
      const si = ai + ci
      const mr = ar - cr
      const mi = ai - ci
      const tr = br + dr
      const ti = bi + di
      const ur = br - dr
      const ui = bi - di
      z[a] = sr + tr
      z[a + 1] = si + ti
      z[b] = mr + ui
      z[b + 1] = mi - ur
      z[c] = sr - tr
      z[c + 1] = si - ti
      z[d] = mr - ui
      z[d + 1] = mi + ur
    }
  }
}

/** sin(π/3). */
const SIN_60 = sinPi(1 / 3)

export function pass3(z: Float64Array, span: number, w: Float64Array): void {
  const size = z.length
  const reach = 2 * span
  const step = 3 * reach
  for (let j = 0, t = 0; j < reach; j += 2, t += 4) {
    const w1r = w[t]!
    const w1i = w[t + 1]!
    const w2r = w[t + 2]!
    const w2i = w[t + 3]!
    for (let a = j; a < size; a += step) {
      const b = a + reach
      const c = b + reach
      const br = z[b]! * w1r - z[b + 1]! * w1i
      const bi = z[b]! * w1i + z[b + 1]! * w1r
      const cr = z[c]! * w2r - z[c + 1]! * w2i
      const ci = z[c]! * w2i + z[c + 1]! * w2r
      const sr = br + cr
      const si = bi + ci
      const mr = z[a]! - 0.5 * sr
      const mi = z[a + 1]! - 0.5 * si
      const ur = SIN_60 * (br - cr)
      const ui = SIN_60 * (bi - ci)
      z[a] = z[a]! + sr
      z[a + 1] = z[a + 1]! + si
      z[b] = mr + ui
      z[b + 1] = mi - ur
      z[c] = mr - ui
      z[c + 1] = mi + ur
    }
  }
}

const COS_72 = cosPi(2 / 5)
const SIN_72 = sinPi(2 / 5)
const COS_144 = cosPi(4 / 5)
const SIN_144 = sinPi(4 / 5)

export function pass5(z: Float64Array, span: number, w: Float64Array): void {
  const size = z.length
  const reach = 2 * span
  const step = 5 * reach
  for (let j = 0, t = 0; j < reach; j += 2, t += 8) {
    const w1r = w[t]!
    const w1i = w[t + 1]!
    const w2r = w[t + 2]!
    const w2i = w[t + 3]!
    const w3r = w[t + 4]!
    const w3i = w[t + 5]!
    const w4r = w[t + 6]!
    const w4i = w[t + 7]!
    for (let a = j; a < size; a += step) {
      const b = a + reach
      const c = b + reach
      const d = c + reach
      const e = d + reach
      const br = z[b]! * w1r - z[b + 1]! * w1i
      const bi = z[b]! * w1i + z[b + 1]! * w1r
      const cr = z[c]! * w2r - z[c + 1]! * w2i
      const ci = z[c]! * w2i + z[c + 1]! * w2r
      const dr = z[d]! * w3r - z[d + 1]! * w3i
      const di = z[d]! * w3i + z[d + 1]! * w3r
      const er = z[e]! * w4r - z[e + 1]! * w4i
      const ei = z[e]! * w4i + z[e + 1]! * w4r
      // Inputs 1 and 4, 2 and 3 share their cosines and have opposite sines.
      const sr = br + er
      const si = bi + ei
      const tr = cr + dr
      const ti = ci + di
      const ur = br - er
      const ui = bi - ei
      const vr = cr - dr
      const vi = ci - di
      const ar = z[a]!
      const ai = z[a + 1]!
      const mr = ar + COS_72 * sr + COS_144 * tr
      const mi = ai + COS_72 * si + COS_144 * ti
      const nr = ar + COS_144 * sr + COS_72 * tr
      const ni = ai + COS_144 * si + COS_72 * ti
      const pr = SIN_72 * ur + SIN_144 * vr
      const pi = SIN_72 * ui + SIN_144 * vi
      const qr = SIN_144 * ur - SIN_72 * vr
      const qi = SIN_144 * ui - SIN_72 * vi
      z[a] = ar + sr + tr
      z[a + 1] = ai + si + ti
      z[b] = mr + pi
      z[b + 1] = mi - pr
      z[c] = nr + qi
      z[c + 1] = ni - qr
      z[d] = nr - qi
      z[d + 1] = ni + qr
      z[e] = mr - pi
      z[e + 1] = mi + pr
    }
  }
}

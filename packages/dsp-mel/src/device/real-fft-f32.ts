import { radicesOf } from './tables.ts'

const f32 = Math.fround

/**
 * Power spectrum of a real frame in float32, each operation rounded on its own: what a processor with a single-precision
 * unit computes when products and sums are not fused.
 *
 * 1. Slot i of a complex FFT of n / 2 points is (x[2p], x[2p + 1]), p = order[i].
 * 2. Passes of radix 2 (first, where needed) and 4, see {@link pass4}. Twiddles are read from one sine table of n values.
 * 3. The split of {@link splitPower}.
 */
export function createPowerSpectrumF32(sine: Float32Array, order: Uint16Array): (frame: Float32Array, power: Float32Array) => void {
  const n = sine.length
  const z = new Float32Array(n)
  const radices = radicesOf(n / 2)
  return (frame, power) => {
    for (let i = 0; i < order.length; i++) {
      z[2 * i] = frame[2 * order[i]!]!
      z[2 * i + 1] = frame[2 * order[i]! + 1]!
    }
    let span = 1
    for (const radix of radices) {
      if (radix === 2) pass2(z)
      else pass4(z, span, sine)
      span *= radix
    }
    splitPower(z, sine, power)
  }
}

/** a, b ← a + b, a − b. */
function pass2(z: Float32Array): void {
  for (let a = 0; a < z.length; a += 4)
    for (let part = a; part < a + 2; part++) {
      const sum = f32(z[part]! + z[part + 2]!)
      z[part + 2] = z[part]! - z[part + 2]!
      z[part] = sum
    }
}

/**
 * Joins four neighbouring sub-transforms of `span` points. Point j of b, c, d is first turned by w^j, w^2j, w^3j,
 * w = e^(−2πi / (4 span)): (re · wr − im · wi, re · wi + im · wr), four products, then two sums; for j = 0 too, whose
 * twiddle from a 16-bit table is not just 1. Then
 * s = a + c, m = a − c, t = b + d, u = b − d and a = s + t, b = m − i u, c = s − t, d = m + i u.
 */
function pass4(z: Float32Array, span: number, sine: Float32Array): void {
  const n = sine.length
  const mask = n - 1
  const quarter = n / 4
  const step = n / (4 * span)
  for (let j = 0; j < span; j++) {
    const k = j * step
    const w1r = sine[(k + quarter) & mask]!
    const w1i = -sine[k & mask]!
    const w2r = sine[(2 * k + quarter) & mask]!
    const w2i = -sine[(2 * k) & mask]!
    const w3r = sine[(3 * k + quarter) & mask]!
    const w3i = -sine[(3 * k) & mask]!
    for (let a = 2 * j; a < n; a += 8 * span) {
      const b = a + 2 * span
      const c = b + 2 * span
      const d = c + 2 * span
      const ar = z[a]!
      const ai = z[a + 1]!
      const br = f32(f32(z[b]! * w1r) - f32(z[b + 1]! * w1i))
      const bi = f32(f32(z[b]! * w1i) + f32(z[b + 1]! * w1r))
      const cr = f32(f32(z[c]! * w2r) - f32(z[c + 1]! * w2i))
      const ci = f32(f32(z[c]! * w2i) + f32(z[c + 1]! * w2r))
      const dr = f32(f32(z[d]! * w3r) - f32(z[d + 1]! * w3i))
      const di = f32(f32(z[d]! * w3i) + f32(z[d + 1]! * w3r))
      const sr = f32(ar + cr)
      const si = f32(ai + ci)
      const mr = f32(ar - cr)
      const mi = f32(ai - ci)
      const tr = f32(br + dr)
      const ti = f32(bi + di)
      const ur = f32(br - dr)
      const ui = f32(bi - di)
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

/**
 * Power of a real signal's bins from the transform of its halved sample pairs. For k = 1 … n/4 and m = n/2 − k, A = z[k],
 * B = z[m]: e = A + conj B, o = (A − conj B) / i, t = (cos − i sin)(2πk / n) · o; bin k is e + t, bin m conj(e − t). At k = m
 * both are the same bin, and m, which is written last, counts.
 */
function splitPower(z: Float32Array, sine: Float32Array, power: Float32Array): void {
  const half = z.length / 2
  const quarter = half / 2
  const dc = f32(2 * f32(z[0]! + z[1]!))
  const nyquist = f32(2 * f32(z[0]! - z[1]!))
  power[0] = dc * dc
  power[half] = nyquist * nyquist
  for (let k = 1; k <= quarter; k++) {
    const m = half - k
    const c = sine[k + quarter]!
    const s = sine[k]!
    const er = f32(z[2 * k]! + z[2 * m]!)
    const ei = f32(z[2 * k + 1]! - z[2 * m + 1]!)
    const or = f32(z[2 * k + 1]! + z[2 * m + 1]!)
    const oi = f32(z[2 * m]! - z[2 * k]!)
    const tr = f32(f32(c * or) + f32(s * oi))
    const ti = f32(f32(c * oi) - f32(s * or))
    const xr = f32(er + tr)
    const xi = f32(ei + ti)
    const yr = f32(er - tr)
    const yi = f32(ei - ti)
    power[k] = f32(xr * xr) + f32(xi * xi)
    power[m] = f32(yr * yr) + f32(yi * yi)
  }
}

import { cosPi, sinPi } from '@aed/core'

/** Tables of a halving filter; the WebAssembly path reads them as they lie. */
export interface HalvingTables {
  /** Length of the circle, a power of two, 8 or more. */
  readonly size: number
  /** Cosine and negative sine of 2πi / (size / 2) in turn, `[size / 2, 2]`. */
  readonly circle: Float64Array
  /** For each frequency k up to size / 4: cosine and sine of 2πk / size, the filter's gain at k and at size / 2 − k, `[size / 4 + 1, 4]`. */
  readonly fold: Float64Array
}

/**
 * @param size a power of two, 8 or more
 * @param taps symmetric filter: coefficients at distance 0, 1, …; at most `size / 2` of them
 */
export function createHalvingTables(size: number, taps: Float64Array): HalvingTables {
  const half = size / 2
  // With the factors of the transforms: 1/2 of unpacking, 1/2 of folding, 1/2 of packing, 4/size of the inverse.
  const gain = (k: number) => {
    let sum = taps[0]!
    for (let n = 1; n < taps.length; n++) sum += 2 * taps[n]! * cosPi((2 * ((k * n) % size)) / size)
    return sum / (2 * size)
  }
  const circle = Float64Array.from({ length: size }, (_, i) => (i % 2 === 0 ? cosPi((2 * (i >> 1)) / half) : -sinPi((2 * (i >> 1)) / half)))
  const fold = new Float64Array(size + 4)
  for (let k = 0; k <= half / 2; k++) fold.set([cosPi((2 * k) / size), sinPi((2 * k) / size), gain(k), gain(half - k)], 4 * k)
  return { size, circle, fold }
}

/**
 * One pass of a forward FFT in Stockham's order (no bit reversal), radix 4: of `stride` interleaved transforms of length n.
 * @param circle as {@link HalvingTables}, of `turn` · n · stride points
 */
function radix4(xr: Float64Array, xi: Float64Array, yr: Float64Array, yi: Float64Array, n: number, stride: number, circle: Float64Array, turn: number): void {
  const quarter = n >> 2
  const step = stride * quarter
  for (let p = 0; p < quarter; p++) {
    const w = 2 * p * stride * turn
    const c1 = circle[w]!
    const s1 = circle[w + 1]!
    const c2 = circle[2 * w]!
    const s2 = circle[2 * w + 1]!
    const c3 = circle[3 * w]!
    const s3 = circle[3 * w + 1]!
    let from = p * stride
    let to = 4 * p * stride
    for (let q = 0; q < stride; q++, from++, to++) {
      const ar = xr[from]!
      const ai = xi[from]!
      const br = xr[from + step]!
      const bi = xi[from + step]!
      const cr = xr[from + 2 * step]!
      const ci = xi[from + 2 * step]!
      const dr = xr[from + 3 * step]!
      const di = xi[from + 3 * step]!
      const pr = ar + cr
      const pi = ai + ci
      const mr = ar - cr
      const mi = ai - ci
      const sr = br + dr
      const si = bi + di
      const jr = di - bi // i · (b − d)
      const ji = br - dr
      yr[to] = pr + sr
      yi[to] = pi + si
      const ur = mr - jr
      const ui = mi - ji
      const vr = pr - sr
      const vi = pi - si
      const wr = mr + jr
      const wi = mi + ji
      if (p === 0) {
        yr[to + stride] = ur
        yi[to + stride] = ui
        yr[to + 2 * stride] = vr
        yi[to + 2 * stride] = vi
        yr[to + 3 * stride] = wr
        yi[to + 3 * stride] = wi
      } else {
        yr[to + stride] = ur * c1 - ui * s1
        yi[to + stride] = ur * s1 + ui * c1
        yr[to + 2 * stride] = vr * c2 - vi * s2
        yi[to + 2 * stride] = vr * s2 + vi * c2
        yr[to + 3 * stride] = wr * c3 - wi * s3
        yi[to + 3 * stride] = wr * s3 + wi * c3
      }
    }
  }
}

function radix2(xr: Float64Array, xi: Float64Array, stride: number): void {
  for (let q = 0; q < stride; q++) {
    const ar = xr[q]!
    const ai = xi[q]!
    const br = xr[q + stride]!
    const bi = xi[q + stride]!
    xr[q] = ar + br
    xi[q] = ai + bi
    xr[q + stride] = ar - br
    xi[q + stride] = ai - bi
  }
}

/** Complex numbers apart; swapped parts make the forward transform the inverse, unscaled. */
type Complex = readonly [re: Float64Array, im: Float64Array]

/** Transforms x, a power of two long; y is scratch. Returns the one that holds the result. */
function transform(x: Complex, y: Complex, size: number, circle: Float64Array, turn: number): Complex {
  let [from, to] = [x, y]
  let n = size
  let stride = 1
  for (; n >= 4; n >>= 2, stride *= 4) {
    radix4(from[0], from[1], to[0], to[1], n, stride, circle, turn)
    ;[from, to] = [to, from]
  }
  if (n === 2) radix2(from[0], from[1], stride)
  return from
}

/** A circular filter that keeps every second sample. */
export interface HalvingFilter {
  /** `output[m]` = Σ taps[|k|] · input[2m − k], indices modulo `size`; `size / 2` outputs. */
  run(input: Float64Array, output: Float64Array): void
}

/**
 * Filters circularly with symmetric taps and keeps every second sample, in the frequency domain: the spectrum is multiplied, folded at half the rate and
 * transformed back at half the length. Two real transforms by complex ones of half their lengths. What stands here defines the bits;
 * assembly/index.ts does the same for two blocks at a time.
 */
export function createHalvingFilter({ size, circle, fold }: HalvingTables): HalvingFilter {
  const half = size / 2
  const quarter = size / 4
  const complex = (): Complex => [new Float64Array(half), new Float64Array(half)]
  const x = complex()
  const y = complex()
  /** The folded spectrum of a real signal. */
  const fr = new Float64Array(quarter + 1)
  const fi = new Float64Array(quarter + 1)

  /** Spectrum of the real signal from that of its pairs, times the gain, and both halves added. */
  function unpackAndFold([zr, zi]: Complex): void {
    for (let k = 0; k <= quarter; k++) {
      const m = k === 0 ? 0 : half - k
      const c = fold[4 * k]!
      const s = fold[4 * k + 1]!
      const near = fold[4 * k + 2]!
      const far = fold[4 * k + 3]!
      const er = zr[k]! + zr[m]!
      const ei = zi[k]! - zi[m]!
      const or = zi[k]! + zi[m]!
      const oi = zr[m]! - zr[k]!
      const tr = or * c + oi * s
      const ti = oi * c - or * s
      fr[k] = near * (er + tr) + far * (er - tr)
      fi[k] = near * (ei + ti) + far * (ei - ti)
    }
  }

  /** The pairs' spectrum from that of a real signal: the inverse of unpacking, at half the length. Writes one value more than the transform reads. */
  function pack([zr, zi]: Complex): void {
    for (let k = 0; k <= quarter / 2; k++) {
      const m = quarter - k
      const c = circle[2 * k]!
      const s = -circle[2 * k + 1]!
      const sr = fr[k]! + fr[m]!
      const si = fi[k]! - fi[m]!
      const dr = fr[k]! - fr[m]!
      const di = fi[k]! + fi[m]!
      const u = dr * s + di * c
      const v = dr * c - di * s
      zr[m] = sr + u
      zi[m] = v - si
      zr[k] = sr - u
      zi[k] = si + v
    }
  }

  return {
    run(input, output) {
      for (let k = 0; k < half; k++) {
        x[0][k] = input[2 * k]!
        x[1][k] = input[2 * k + 1]!
      }
      unpackAndFold(transform(x, y, half, circle, 1))
      pack(x)
      const [im, re] = transform([x[1], x[0]], [y[1], y[0]], quarter, circle, 2)
      for (let k = 0; k < quarter; k++) {
        output[2 * k] = re[k]!
        output[2 * k + 1] = im[k]!
      }
    },
  }
}

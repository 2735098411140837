import { cosPi, sinPi } from '@aed/core'

/** A complex transform in place of `re` and `im`; see {@link createComplexFft}. */
type ComplexFft = (re: Float64Array<ArrayBuffer>, im: Float64Array<ArrayBuffer>) => void

/** Forward FFT of a power of two, Stockham's order (no bit reversal), radix 4. Swap `re` and `im` for the inverse, unscaled. */
function createComplexFft(size: number): ComplexFft {
  const cosine = Float64Array.from({ length: size }, (_, i) => cosPi((2 * i) / size))
  const sine = Float64Array.from({ length: size }, (_, i) => -sinPi((2 * i) / size))
  const otherRe = new Float64Array(size)
  const otherIm = new Float64Array(size)

  function radix4(xr: Float64Array, xi: Float64Array, yr: Float64Array, yi: Float64Array, n: number, stride: number): void {
    const quarter = n >> 2
    const step = stride * quarter
    for (let p = 0; p < quarter; p++) {
      const [c1, s1] = [cosine[p * stride]!, sine[p * stride]!]
      const [c2, s2] = [cosine[2 * p * stride]!, sine[2 * p * stride]!]
      const [c3, s3] = [cosine[3 * p * stride]!, sine[3 * p * stride]!]
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
        yr[to + stride] = ur * c1 - ui * s1
        yi[to + stride] = ur * s1 + ui * c1
        const vr = pr - sr
        const vi = pi - si
        yr[to + 2 * stride] = vr * c2 - vi * s2
        yi[to + 2 * stride] = vr * s2 + vi * c2
        const wr = mr + jr
        const wi = mi + ji
        yr[to + 3 * stride] = wr * c3 - wi * s3
        yi[to + 3 * stride] = wr * s3 + wi * c3
      }
    }
  }

  return (re, im) => {
    let [xr, xi, yr, yi] = [re, im, otherRe, otherIm]
    let n = size
    let stride = 1
    for (; n >= 4; n >>= 2, stride *= 4) {
      radix4(xr, xi, yr, yi, n, stride)
      ;[xr, xi, yr, yi] = [yr, yi, xr, xi]
    }
    if (n === 2)
      for (let q = 0; q < stride; q++) {
        const [ar, ai, br, bi] = [xr[q]!, xi[q]!, xr[q + stride]!, xi[q + stride]!]
        xr[q] = ar + br
        xi[q] = ai + bi
        xr[q + stride] = ar - br
        xi[q + stride] = ai - bi
      }
    if (xr !== re) {
      re.set(xr)
      im.set(xi)
    }
  }
}

/** A circular filter that keeps every second sample. */
export interface HalvingFilter {
  readonly size: number
  /** `output[m]` = Σ taps[|k|] · input[2m − k], indices modulo `size`; `size / 2` outputs. */
  run(input: Float64Array, output: Float64Array): void
}

/**
 * Filters circularly with symmetric taps and keeps every second sample, in the frequency domain: the spectrum is multiplied, folded at half the rate and
 * transformed back at half the length. Two real transforms by complex ones of half their lengths.
 * @param size a power of two, 8 or more
 * @param taps coefficients at distance 0, 1, …; at most `size / 2` of them
 */
export function createHalvingFilter(size: number, taps: Float64Array): HalvingFilter {
  const half = size / 2
  const quarter = size / 4
  const forward = createComplexFft(half)
  const backward = createComplexFft(quarter)
  const cosine = Float64Array.from({ length: half + 1 }, (_, k) => cosPi((2 * k) / size))
  const sine = Float64Array.from({ length: half + 1 }, (_, k) => sinPi((2 * k) / size))
  // Gain of the filter at each frequency, with the factors of the transforms: 1/2 of unpacking, 1/2 of folding, 1/2 of packing, 1/quarter of the inverse.
  const gain = Float64Array.from({ length: half + 1 }, (_, k) => {
    let sum = taps[0]!
    for (let n = 1; n < taps.length; n++) sum += 2 * taps[n]! * cosPi((2 * ((k * n) % size)) / size)
    return sum / (8 * quarter)
  })
  const re = new Float64Array(half)
  const im = new Float64Array(half)
  const zr = new Float64Array(half + 1)
  const zi = new Float64Array(half + 1)
  const yr = new Float64Array(quarter)
  const yi = new Float64Array(quarter)

  return {
    size,
    run(input, output) {
      for (let k = 0; k < half; k++) {
        re[k] = input[2 * k]!
        im[k] = input[2 * k + 1]!
      }
      forward(re, im)
      for (let k = 0; k <= half; k++) {
        const a = k === half ? 0 : k
        const b = k === 0 ? 0 : half - k
        const er = re[a]! + re[b]!
        const ei = im[a]! - im[b]!
        const or = im[a]! + im[b]!
        const oi = re[b]! - re[a]!
        const [c, s, g] = [cosine[k]!, sine[k]!, gain[k]!]
        zr[k] = g * (er + (or * c + oi * s))
        zi[k] = g * (ei + (oi * c - or * s))
      }
      for (let k = 0; k < quarter; k++) {
        // Folded spectrum at k and at its mirror image.
        const ar = zr[k]! + zr[half - k]!
        const ai = zi[k]! - zi[half - k]!
        const br = zr[quarter - k]! + zr[quarter + k]!
        const bi = zi[quarter - k]! - zi[quarter + k]!
        const sr = ar + br
        const si = ai - bi
        const dr = ar - br
        const di = ai + bi
        const [c, s] = [cosine[2 * k]!, sine[2 * k]!]
        yr[k] = sr - (dr * s + di * c)
        yi[k] = si + (dr * c - di * s)
      }
      backward(yi, yr) // swapped: the inverse
      for (let k = 0; k < quarter; k++) {
        output[2 * k] = yr[k]!
        output[2 * k + 1] = yi[k]!
      }
    },
  }
}

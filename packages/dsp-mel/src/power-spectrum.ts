import { createCircle } from './circle.ts'
import { createComplexFft } from './complex-fft.ts'

/** Windowed power spectrum of real frames of one length. */
export interface PowerSpectrum {
  /**
   * Writes |X[k]|² of the windowed frame `signal[start, start + nFft)` to `out[0 … ⌊nFft / 2⌋]`.
   * A frame's result depends on its samples alone, to the bit: batch and streaming may call it in any order.
   */
  readonly run: (signal: Float32Array, start: number, out: Float64Array) => void
}

/**
 * Plan of {@link PowerSpectrum}: tables and scratch.
 * @param window nFft factors, for a short window with zeros around it
 * @throws AedError `INVALID_OPTION` when the window's length is not a product of 2, 3 and 5
 */
export function createPowerSpectrum(window: Float64Array): PowerSpectrum {
  return window.length % 2 === 0 ? evenPowerSpectrum(window) : oddPowerSpectrum(window)
}

/**
 * Even lengths: even samples as real parts, odd ones as imaginary parts of a transform of half the length, then split.
 * @see Press et al., Numerical Recipes, "FFT of Single Real Function"
 */
function evenPowerSpectrum(window: Float64Array): PowerSpectrum {
  const nFft = window.length
  const half = nFft / 2
  const { cos, sin, size } = createCircle(nFft)
  const { order, transform } = createComplexFft(half, { size, cos, sin })
  const first = order.map((index) => 2 * index)
  // The split's factor ½ goes into the window, where it is exact and free.
  const evenWindow = new Float64Array(half)
  const oddWindow = new Float64Array(half)
  for (let i = 0; i < half; i++) {
    evenWindow[i] = 0.5 * window[first[i]!]!
    oddWindow[i] = 0.5 * window[first[i]! + 1]!
  }
  const re = new Float64Array(half)
  const im = new Float64Array(half)
  return {
    run: (signal, start, out) => {
      loadPairs(signal, start, first, evenWindow, oddWindow, re, im)
      transform(re, im)
      splitPower(re, im, cos, sin, out)
    },
  }
}

// The loops are functions of their own with all arrays as parameters: as parts of a closure they take 1.6 times as long
// once there is more than one plan.

function loadPairs(signal: Float32Array, start: number, first: Int32Array, evenWindow: Float64Array, oddWindow: Float64Array, re: Float64Array, im: Float64Array): void {
  for (let i = 0; i < first.length; i++) {
    const index = start + first[i]!
    re[i] = signal[index]! * evenWindow[i]!
    im[i] = signal[index + 1]! * oddWindow[i]!
  }
}

/** Power of a real signal's spectrum from the transform of its sample pairs (halved before). */
function splitPower(re: Float64Array, im: Float64Array, cos: Float64Array, sin: Float64Array, out: Float64Array): void {
  const half = re.length
  const dc = 2 * (re[0]! + im[0]!)
  const nyquist = 2 * (re[0]! - im[0]!)
  out[0] = dc * dc
  out[half] = nyquist * nyquist
  for (let k = 1, m = half - 1; k <= m; k++, m--) {
    const ar = re[k]!
    const ai = im[k]!
    const br = re[m]!
    const bi = im[m]!
    const c = cos[k]!
    const s = sin[k]!
    // Spectra of the even samples, E = A + conj B, and of the odd ones, O = (A − conj B) / i; X[k] = E + w^k O.
    const er = ar + br
    const ei = ai - bi
    const or = ai + bi
    const oi = br - ar
    const tr = c * or + s * oi
    const ti = c * oi - s * or
    const xr = er + tr
    const xi = ei + ti
    const yr = er - tr
    const yi = ei - ti
    out[k] = xr * xr + xi * xi
    out[m] = yr * yr + yi * yi
  }
}

/** Odd lengths are rare: a complex transform of the full length whose imaginary parts are zero. */
function oddPowerSpectrum(window: Float64Array): PowerSpectrum {
  const nFft = window.length
  const { order, transform } = createComplexFft(nFft)
  const re = new Float64Array(nFft)
  const im = new Float64Array(nFft)
  return {
    run: (signal, start, out) => {
      for (let i = 0; i < nFft; i++) re[i] = signal[start + order[i]!]! * window[order[i]!]!
      im.fill(0)
      transform(re, im)
      for (let k = 0; k <= nFft >> 1; k++) out[k] = re[k]! * re[k]! + im[k]! * im[k]!
    },
  }
}

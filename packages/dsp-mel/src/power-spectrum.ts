import { cosPi, sinPi } from '@aed/core'
import { createComplexFft } from './complex-fft.ts'

/** Windowed power spectrum of real frames of one length. */
export interface PowerSpectrum {
  readonly nFft: number
  /**
   * Writes |X[k]|² of the windowed frame `signal[start, start + nFft)` to `out[0 … ⌊nFft / 2⌋]`.
   * A frame's result depends on its samples alone, to the bit: batch and streaming may call it in any order.
   */
  run(signal: Float32Array, start: number, out: Float64Array): void
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
  const { order, transform } = createComplexFft(half)
  const first = order.map((index) => 2 * index)
  // The split's factor ½ goes into the window, where it is exact and free.
  const evenWindow = Float64Array.from(first, (index) => 0.5 * window[index]!)
  const oddWindow = Float64Array.from(first, (index) => 0.5 * window[index + 1]!)
  const pairs = Math.floor(half / 2)
  const cosines = Float64Array.from({ length: pairs + 1 }, (_, k) => cosPi((2 * k) / nFft))
  const sines = Float64Array.from({ length: pairs + 1 }, (_, k) => sinPi((2 * k) / nFft))
  const re = new Float64Array(half)
  const im = new Float64Array(half)
  return {
    nFft,
    run(signal, start, out) {
      for (let i = 0; i < half; i++) {
        const index = start + first[i]!
        re[i] = signal[index]! * evenWindow[i]!
        im[i] = signal[index + 1]! * oddWindow[i]!
      }
      transform(re, im)
      const dc = 2 * (re[0]! + im[0]!)
      const nyquist = 2 * (re[0]! - im[0]!)
      out[0] = dc * dc
      out[half] = nyquist * nyquist
      for (let k = 1; k <= pairs; k++) {
        const m = half - k
        const ar = re[k]!
        const ai = im[k]!
        const br = re[m]!
        const bi = im[m]!
        const c = cosines[k]!
        const s = sines[k]!
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
    },
  }
}

/** Odd lengths are rare: a complex transform of the full length whose imaginary parts are zero. */
function oddPowerSpectrum(window: Float64Array): PowerSpectrum {
  const nFft = window.length
  const { order, transform } = createComplexFft(nFft)
  const ordered = Float64Array.from(order, (index) => window[index]!)
  const re = new Float64Array(nFft)
  const im = new Float64Array(nFft)
  return {
    nFft,
    run(signal, start, out) {
      for (let i = 0; i < nFft; i++) re[i] = signal[start + order[i]!]! * ordered[i]!
      im.fill(0)
      transform(re, im)
      for (let k = 0; k <= nFft >> 1; k++) out[k] = re[k]! * re[k]! + im[k]! * im[k]!
    },
  }
}

import { createCircle, type Circle } from './circle.ts'
import { createPairFft, pairFactors } from './pair-fft.ts'
import { checkLength } from './power-spectrum.ts'

/** Windowed spectrum of real frames of one length. */
export interface Spectrum {
  /** Real parts of the bins 0 … ⌊nFft / 2⌋ of the last frame. */
  readonly re: Float64Array
  /** Imaginary parts. */
  readonly im: Float64Array
  /** Transforms the windowed frame `signal[start, start + nFft)`. */
  readonly run: (signal: Float32Array, start: number) => void
}

/**
 * Plan of {@link Spectrum}: tables and scratch.
 * @param window nFft factors, for a short window with zeros around it
 * @throws AedError `INVALID_OPTION` when the window's length is not a product of 2, 3 and 5
 */
export function createSpectrum(window: Float64Array): Spectrum {
  checkLength(window.length)
  return window.length % 2 === 0 ? evenSpectrum(window) : oddSpectrum(window)
}

/** As in power-spectrum.ts: even samples as real, odd ones as imaginary parts, then split. */
function evenSpectrum(window: Float64Array): Spectrum {
  const half = window.length / 2
  const circle = createCircle(window.length)
  const { order, transform } = createPairFft(half, circle)
  const factors = pairFactors(window, order)
  const z = new Float64Array(window.length)
  const re = new Float64Array(half + 1)
  const im = new Float64Array(half + 1)
  return {
    re,
    im,
    run: (signal, start) => {
      transform(signal, start, factors, z)
      split(z, circle, re, im)
    },
  }
}

function split(z: Float64Array, { cos, sin }: Circle, re: Float64Array, im: Float64Array): void {
  const half = z.length / 2
  re[0] = 2 * (z[0]! + z[1]!)
  re[half] = 2 * (z[0]! - z[1]!)
  im[0] = im[half] = 0
  for (let k = 1, m = half - 1; k <= m; k++, m--) {
    const er = z[2 * k]! + z[2 * m]!
    const ei = z[2 * k + 1]! - z[2 * m + 1]!
    const or = z[2 * k + 1]! + z[2 * m + 1]!
    const oi = z[2 * m]! - z[2 * k]!
    const tr = cos[k]! * or + sin[k]! * oi
    const ti = cos[k]! * oi - sin[k]! * or
    re[m] = er - tr
    im[m] = ti - ei
    re[k] = er + tr
    im[k] = ei + ti
  }
}

function oddSpectrum(window: Float64Array): Spectrum {
  const nFft = window.length
  const bins = 1 + (nFft >> 1)
  const { order, transform } = createPairFft(nFft)
  const factors = new Float64Array(2 * nFft)
  for (const [slot, sample] of order.entries()) factors[2 * slot] = window[sample]!
  const pairs = new Float32Array(2 * nFft)
  const z = new Float64Array(2 * nFft)
  const re = new Float64Array(bins)
  const im = new Float64Array(bins)
  return {
    re,
    im,
    run: (signal, start) => {
      for (let i = 0; i < nFft; i++) pairs[2 * i] = signal[start + i]!
      transform(pairs, 0, factors, z)
      for (let k = 0; k < bins; k++) {
        re[k] = z[2 * k]!
        im[k] = z[2 * k + 1]!
      }
    },
  }
}

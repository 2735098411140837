import { AedError } from '@aed/core'
import { createCircle, type Circle } from './circle.ts'
import { createPairFft, factorize, pairFactors } from './pair-fft.ts'
import { createWasmPowerSpectrum } from './wasm/power-spectrum.ts'

/** Windowed power spectrum of real frames of one length. */
export interface PowerSpectrum {
  /**
   * Writes |X[k]|² of the windowed frame `signal[start, start + nFft)` to `out[at … at + ⌊nFft / 2⌋]`.
   * A frame's result depends on its samples alone, to the bit: batch and streaming may call it in any order.
   */
  readonly run: (signal: Float32Array, start: number, out: Float64Array, at: number) => void
}

/**
 * Plan of {@link PowerSpectrum}: tables and scratch.
 * @param window nFft factors, for a short window with zeros around it
 * @throws AedError `INVALID_OPTION` when the window's length is not a product of 2, 3 and 5
 */
export function createPowerSpectrum(window: Float64Array): PowerSpectrum {
  checkLength(window.length)
  return createWasmPowerSpectrum(window) ?? createPlainPowerSpectrum(window)
}

/** The same in TypeScript alone, for any length that {@link createPowerSpectrum} takes, and to compare with. */
export function createPlainPowerSpectrum(window: Float64Array): PowerSpectrum {
  return { run: window.length % 2 === 0 ? evenPowerSpectrum(window) : oddPowerSpectrum(window) }
}

/** @throws AedError `INVALID_OPTION` when nFft is not a product of 2, 3 and 5 */
export function checkLength(nFft: number): void {
  if (factorize(nFft)) return
  let next = nFft + 1
  while (!factorize(next)) next++
  throw new AedError('INVALID_OPTION', `mel: nFft takes a product of 2, 3 and 5, got ${nFft}`, { hint: `the next larger one is ${next}` })
}

/**
 * Even lengths: even samples as real parts, odd ones as imaginary parts of a transform of half the length, then split.
 * @see Press et al., Numerical Recipes, "FFT of Single Real Function"
 */
function evenPowerSpectrum(window: Float64Array): PowerSpectrum['run'] {
  const circle = createCircle(window.length)
  const { order, transform } = createPairFft(window.length / 2, circle)
  const factors = pairFactors(window, order)
  const z = new Float64Array(window.length)
  return (signal, start, out, at) => {
    transform(signal, start, factors, z)
    splitPower(z, circle, out, at)
  }
}

/** Power of a real signal's spectrum from the transform of its sample pairs (halved before). */
function splitPower(z: Float64Array, { cos, sin }: Circle, out: Float64Array, at: number): void {
  const half = z.length / 2
  const dc = 2 * (z[0]! + z[1]!)
  const nyquist = 2 * (z[0]! - z[1]!)
  out[at] = dc * dc
  out[at + half] = nyquist * nyquist
  for (let k = 1, m = half - 1; k <= m; k++, m--) {
    const ar = z[2 * k]!
    const ai = z[2 * k + 1]!
    const br = z[2 * m]!
    const bi = z[2 * m + 1]!
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
    out[at + k] = xr * xr + xi * xi
    out[at + m] = yr * yr + yi * yi
  }
}

/** Odd lengths are rare: a complex transform of the full length whose imaginary parts are zero. */
function oddPowerSpectrum(window: Float64Array): PowerSpectrum['run'] {
  const nFft = window.length
  const { order, transform } = createPairFft(nFft)
  const factors = new Float64Array(2 * nFft)
  for (const [slot, sample] of order.entries()) factors[2 * slot] = window[sample]!
  const pairs = new Float32Array(2 * nFft)
  const z = new Float64Array(2 * nFft)
  return (signal, start, out, at) => {
    for (let i = 0; i < nFft; i++) pairs[2 * i] = signal[start + i]!
    transform(pairs, 0, factors, z)
    for (let k = 0; k <= nFft >> 1; k++) out[at + k] = z[2 * k]! * z[2 * k]! + z[2 * k + 1]! * z[2 * k + 1]!
  }
}

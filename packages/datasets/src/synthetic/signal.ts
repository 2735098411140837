import { cosPi, exp, sinPi, type Random } from '@aed/core'

/*
 * Building blocks of the synthetic sounds. All work in place or on new arrays of float64, and use + − × ÷, sqrt and core's own functions alone, so
 * that the sounds are equal to the bit in every runtime.
 */

/** Uniform white noise within ±1. */
export function whiteNoise(random: Random, length: number): Float64Array {
  const noise = new Float64Array(length)
  for (let i = 0; i < length; i++) noise[i] = random.uint32() / 2147483648 - 1
  return noise
}

/** Shape of a second-order filter. */
export type FilterKind = 'low' | 'high' | 'band'

/**
 * Filters in place by a biquad (R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients"); `band` has gain 1 at its centre.
 * @param frequency corner or centre as part of the sampling rate, below 0.5
 */
export function filter(signal: Float64Array, kind: FilterKind, frequency: number, q = 0.7071067811865476): Float64Array {
  const w = 2 * Math.min(frequency, 0.49)
  const c = cosPi(w)
  const alpha = sinPi(w) / (2 * q)
  const scale = 1 / (1 + alpha)
  const [b0, b1, b2] = kind === 'band' ? [alpha, 0, -alpha] : kind === 'low' ? [(1 - c) / 2, 1 - c, (1 - c) / 2] : [(1 + c) / 2, -1 - c, (1 + c) / 2]
  const a1 = -2 * c * scale
  const a2 = (1 - alpha) * scale
  let z1 = 0
  let z2 = 0
  for (let i = 0; i < signal.length; i++) {
    const x = signal[i]! * scale
    const y = b0 * x + z1
    z1 = b1 * x - a1 * y + z2
    z2 = b2 * x - a2 * y
    signal[i] = y
  }
  return signal
}

/** Points `[sample, value]` joined by straight lines; the first and last value hold beyond them. */
export type Contour = readonly (readonly [at: number, value: number])[]

/** A contour's values at samples 0 to `length` − 1. */
export function contour(points: Contour, length: number): Float64Array {
  const values = new Float64Array(length).fill(points[0]![1])
  for (let k = 0; k < points.length; k++) {
    const [x0, y0] = points[k]!
    const [x1, y1] = points[k + 1] ?? [Infinity, y0]
    const slope = y1 === y0 ? 0 : (y1 - y0) / (x1 - x0)
    for (let i = Math.max(0, Math.ceil(x0)); i < length && i < x1; i++) values[i] = y0 + slope * (i - x0)
  }
  return values
}

const TABLE_LENGTH = 2048

const SINE = Float64Array.from({ length: TABLE_LENGTH }, (_, i) => sinPi((2 * i) / TABLE_LENGTH))

/** One cycle of a tone with harmonics of the given amplitudes. */
export function harmonicCycle(amplitudes: readonly number[]): Float64Array {
  const cycle = new Float64Array(TABLE_LENGTH + 1)
  amplitudes.forEach((amplitude, h) => {
    for (let i = 0; i <= TABLE_LENGTH; i++) cycle[i]! += amplitude * SINE[((h + 1) * i) % TABLE_LENGTH]!
  })
  return cycle
}

/** A tone that repeats a cycle at a changing frequency, given as part of the sampling rate. */
export function tone(cycle: Float64Array, frequency: Float64Array): Float64Array {
  const samples = new Float64Array(frequency.length)
  let phase = 0
  for (let i = 0; i < samples.length; i++) {
    const at = phase * TABLE_LENGTH
    const index = at | 0
    samples[i] = cycle[index]! + (at - index) * (cycle[index + 1]! - cycle[index]!)
    phase += frequency[i]!
    if (phase >= 1) phase -= 1
  }
  return samples
}

/** Multiplies in place. */
export function shape(signal: Float64Array, envelope: Float64Array): Float64Array {
  for (let i = 0; i < signal.length; i++) signal[i]! *= envelope[i]!
  return signal
}

/** Fades away in place, to 1 / e in `samples` samples. */
export function decay(signal: Float64Array, samples: number): Float64Array {
  const factor = exp(-1 / samples)
  for (let i = 0, gain = 1; i < signal.length; i++, gain *= factor) signal[i]! *= gain
  return signal
}

/** Adds `part · gain` from sample `at` on; what lies outside is left out. */
export function mix(target: Float64Array, part: Float64Array, at = 0, gain = 1): Float64Array {
  const start = Math.round(at)
  const end = Math.min(target.length, start + part.length)
  for (let i = Math.max(0, start); i < end; i++) target[i]! += gain * part[i - start]!
  return target
}

/** Root of the mean square. */
export function rms(signal: Float64Array): number {
  let sum = 0
  for (const sample of signal) sum += sample * sample
  return Math.sqrt(sum / signal.length)
}

import type { KaiserSinc } from './kaiser-sinc.ts'

/** Up to so many phases a table holds each one; beyond, so many are kept and the values between them interpolated. */
const MAX_PHASES = 4096

/** Greatest common divisor of two whole numbers above 0. */
export function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}

/** Changes the rate by any ratio of whole numbers with one low-pass filter. */
export interface FractionalStage {
  /** First input that output m depends on; may be below 0. */
  firstTap(m: number): number
  /** Last input that output m depends on. */
  lastTap(m: number): number
  /**
   * Output samples `first` to `last`, both included; output m is at the time of input sample m · inRate / outRate.
   * @param inputs those from `firstTap(first)` to `lastTap(last)`
   */
  run(inputs: Float64Array, first: number, last: number): Float64Array
}

/**
 * Polyphase interpolator for `inRate` → `outRate`.
 *
 * Output m lies `phase / phases` of a sample behind input sample ⌊m · inRate / outRate⌋; `phases` is the output rate over the greatest
 * common divisor. With few phases each has its row of coefficients. With many (44,101 → 32,000 Hz has 32,000) the rows of 4,096 equally spaced
 * phases are kept and neighbours blended linearly: for a filter that is band-limited to half the sampling rate the error is below
 * (π / 4096)² / 8 ≈ 7e-8 of full scale, −143 dB.
 */
export function createFractionalStage(inRate: number, outRate: number, filter: KaiserSinc): FractionalStage {
  const divisor = gcd(inRate, outRate)
  const step = inRate / divisor
  const phases = outRate / divisor
  const half = 2 * Math.ceil(filter.halfWidth / 2)
  const taps = 2 * half // a multiple of 4
  const rows = Math.min(phases, MAX_PHASES)
  const exact = phases <= MAX_PHASES
  // One row more than phases: the end of the last interval, for blending.
  const table = new Float64Array((rows + 1) * taps)
  for (let row = 0; row <= rows; row++)
    for (let tap = 0; tap < taps; tap++) table[row * taps + tap] = filter.at(row / rows - (tap - half + 1))

  return {
    firstTap: (m) => Math.floor((m * step) / phases) - half + 1,
    lastTap: (m) => Math.floor((m * step) / phases) + half,
    run(inputs, first, last) {
      const output = new Float64Array(last - first + 1)
      // `| 0` tells the compiler that these are integers: the loop is half as fast with indices that it takes for doubles.
      const firstWhole = Math.floor((first * step) / phases)
      let start = 0 | 0
      let phase = (first * step - firstWhole * phases) | 0
      const wholeStep = Math.floor(step / phases) | 0
      const phaseStep = (step - wholeStep * phases) | 0
      for (let m = 0; m < output.length; m++) {
        let sum = 0
        if (exact) {
          // Four sums, so that an addition need not wait for the one before it.
          let sum1 = 0
          let sum2 = 0
          let sum3 = 0
          let at = (phase * taps) | 0
          for (let i = start, end = start + taps; i < end; i += 4, at += 4) {
            sum += inputs[i]! * table[at]!
            sum1 += inputs[i + 1]! * table[at + 1]!
            sum2 += inputs[i + 2]! * table[at + 2]!
            sum3 += inputs[i + 3]! * table[at + 3]!
          }
          sum += sum1 + (sum2 + sum3)
        } else {
          const position = (phase / phases) * rows
          const row = position | 0
          const blend = position - row
          let at = (row * taps) | 0
          for (let i = start, end = start + taps; i < end; i++, at++) {
            const lower = table[at]!
            sum += inputs[i]! * (lower + blend * (table[at + taps]! - lower))
          }
        }
        output[m] = sum
        start = (start + wholeStep) | 0
        phase += phaseStep
        if (phase >= phases) {
          phase -= phases
          start = (start + 1) | 0
        }
      }
      return output
    },
  }
}

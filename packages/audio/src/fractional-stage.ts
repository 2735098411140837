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
   * Output samples from `first` on; output m is at the time of input sample m · inRate / outRate.
   * @param inputs those from `firstTap(first)` to `lastTap(last)`
   * @param output filled with them
   */
  run(inputs: Float64Array, first: number, output: Float64Array): void
}

/*
 * Both loops start at the first input and step by whole and part samples. `| 0` tells the compiler that these are integers: the loops are half as fast with
 * indices that it takes for doubles. They are functions of their own, whose values it keeps in registers.
 */

/**
 * One row of the table for each phase. Outputs a period (`phases`) apart have the same coefficients, at inputs `step` apart: four of them at a time load each
 * coefficient once, and no addition waits for the one before it. The order of additions is that of the taps for all, so that it does not
 * matter for the bits which outputs are made together.
 */
function interpolate(inputs: Float64Array, table: Float64Array, taps: number, step: number, phases: number, firstPhase: number, output: Float64Array): void {
  const wholeStep = Math.floor(step / phases) | 0
  const phaseStep = (step - wholeStep * phases) | 0
  const width = taps | 0
  let phase = firstPhase | 0
  let start = 0 | 0
  let m = 0
  for (; m + 4 * phases <= output.length; m += 3 * phases, start = (start + 3 * step) | 0)
    for (let p = 0; p < phases; p++, m++) {
      let sum0 = 0
      let sum1 = 0
      let sum2 = 0
      let sum3 = 0
      let i = start
      let i1 = (i + step) | 0
      let i2 = (i1 + step) | 0
      let i3 = (i2 + step) | 0
      for (let at = Math.imul(phase, width), end = (at + width) | 0; at < end; at++, i++, i1++, i2++, i3++) {
        const h = table[at]!
        sum0 += h * inputs[i]!
        sum1 += h * inputs[i1]!
        sum2 += h * inputs[i2]!
        sum3 += h * inputs[i3]!
      }
      output[m] = sum0
      output[m + phases] = sum1
      output[m + 2 * phases] = sum2
      output[m + 3 * phases] = sum3
      start = (start + wholeStep) | 0
      phase = (phase + phaseStep) | 0
      if (phase >= phases) {
        phase = (phase - phases) | 0
        start = (start + 1) | 0
      }
    }
  for (; m < output.length; m++) {
    let sum = 0
    for (let at = Math.imul(phase, width), end = (at + width) | 0, i = start; at < end; at++, i++) sum += table[at]! * inputs[i]!
    output[m] = sum
    start = (start + wholeStep) | 0
    phase = (phase + phaseStep) | 0
    if (phase >= phases) {
      phase = (phase - phases) | 0
      start = (start + 1) | 0
    }
  }
}

/** Fewer rows than phases: neighbours are blended. */
function interpolateBlended(inputs: Float64Array, table: Float64Array, taps: number, step: number, phases: number, firstPhase: number, output: Float64Array): void {
  const wholeStep = Math.floor(step / phases) | 0
  const phaseStep = (step - wholeStep * phases) | 0
  const width = taps | 0
  let phase = firstPhase | 0
  let start = 0 | 0
  for (let m = 0; m < output.length; m++) {
    const position = (phase / phases) * MAX_PHASES
    const row = position | 0
    const blend = position - row
    let sum = 0
    let at = Math.imul(row, width)
    for (let i = start, end = (start + width) | 0; i < end; i++, at++) {
      const lower = table[at]!
      sum += inputs[i]! * (lower + blend * (table[at + width]! - lower))
    }
    output[m] = sum
    start = (start + wholeStep) | 0
    phase = (phase + phaseStep) | 0
    if (phase >= phases) {
      phase = (phase - phases) | 0
      start = (start + 1) | 0
    }
  }
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
    run(inputs, first, output) {
      const phase = first * step - Math.floor((first * step) / phases) * phases
      if (exact) interpolate(inputs, table, taps, step, phases, phase, output)
      else interpolateBlended(inputs, table, taps, step, phases, phase, output)
    },
  }
}

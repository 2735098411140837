import type { KaiserSinc } from './kaiser-sinc.ts'

/** Up to so many phases a table holds each one; beyond, so many are kept and the values between them interpolated. */
const MAX_PHASES = 4096

/** Greatest common divisor of two whole numbers above 0. */
export function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}

/** The filter of a {@link FractionalStage}; the WebAssembly path reads it as it lies. */
export interface FractionalTable {
  /** Coefficients, a row for each phase, `[rows + 1, taps]`: the last one is the end of the last interval, for blending. */
  readonly table: Float64Array
  /** A multiple of 4. */
  readonly taps: number
  /** Output m is at the time of input sample m · step / phases. */
  readonly step: number
  readonly phases: number
  /** True where each phase has its row; otherwise neighbours are blended. */
  readonly exact: boolean
  readonly rows: number
}

/** Changes the rate by any ratio of whole numbers with one low-pass filter. */
export interface FractionalStage extends FractionalTable {
  /** Phase of output m. */
  phaseOf(m: number): number
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
 * indices that it takes for doubles. They are functions of their own, whose values it keeps in registers. A sum is that of the even taps plus that of the
 * odd ones, as the two lanes of a vector give it: what stands here defines the bits, assembly/index.ts does the same.
 */

/**
 * One row of the table for each phase. Outputs a period (`phases`) apart have the same coefficients, at inputs `step` apart: two of them at a time load each
 * coefficient once. Each has its own sums, so that it does not matter for the bits which outputs are made together.
 */
function interpolate(inputs: Float64Array, { table, taps, step, phases }: FractionalTable, firstPhase: number, output: Float64Array): void {
  const wholeStep = Math.floor(step / phases) | 0
  const phaseStep = (step - wholeStep * phases) | 0
  const width = taps | 0
  let phase = firstPhase | 0
  let start = 0 | 0
  let m = 0
  for (; m + 2 * phases <= output.length; m += phases, start = (start + step) | 0)
    for (let p = 0; p < phases; p++, m++) {
      let even0 = 0
      let odd0 = 0
      let even1 = 0
      let odd1 = 0
      let i = start
      let j = (i + step) | 0
      for (let at = Math.imul(phase, width), end = (at + width) | 0; at < end; at += 2, i += 2, j += 2) {
        const even = table[at]!
        const odd = table[at + 1]!
        even0 += even * inputs[i]!
        odd0 += odd * inputs[i + 1]!
        even1 += even * inputs[j]!
        odd1 += odd * inputs[j + 1]!
      }
      output[m] = even0 + odd0
      output[m + phases] = even1 + odd1
      start = (start + wholeStep) | 0
      phase = (phase + phaseStep) | 0
      if (phase >= phases) {
        phase = (phase - phases) | 0
        start = (start + 1) | 0
      }
    }
  for (; m < output.length; m++) {
    let even = 0
    let odd = 0
    for (let at = Math.imul(phase, width), end = (at + width) | 0, i = start; at < end; at += 2, i += 2) {
      even += table[at]! * inputs[i]!
      odd += table[at + 1]! * inputs[i + 1]!
    }
    output[m] = even + odd
    start = (start + wholeStep) | 0
    phase = (phase + phaseStep) | 0
    if (phase >= phases) {
      phase = (phase - phases) | 0
      start = (start + 1) | 0
    }
  }
}

/** Fewer rows than phases: neighbours are blended. */
function interpolateBlended(inputs: Float64Array, { table, taps, step, phases }: FractionalTable, firstPhase: number, output: Float64Array): void {
  const wholeStep = Math.floor(step / phases) | 0
  const phaseStep = (step - wholeStep * phases) | 0
  const width = taps | 0
  let phase = firstPhase | 0
  let start = 0 | 0
  for (let m = 0; m < output.length; m++) {
    const position = (phase / phases) * MAX_PHASES
    const row = position | 0
    const blend = position - row
    let even = 0
    let odd = 0
    let at = Math.imul(row, width)
    for (let i = start, end = (start + width) | 0; i < end; i += 2, at += 2) {
      const lower = table[at]!
      const lowerOdd = table[at + 1]!
      even += inputs[i]! * (lower + blend * (table[at + width]! - lower))
      odd += inputs[i + 1]! * (lowerOdd + blend * (table[at + 1 + width]! - lowerOdd))
    }
    output[m] = even + odd
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
  const table = new Float64Array((rows + 1) * taps)
  for (let row = 0; row <= rows; row++)
    for (let tap = 0; tap < taps; tap++) table[row * taps + tap] = filter.at(row / rows - (tap - half + 1))
  const tables = { table, taps, step, phases, exact, rows }
  const phaseOf = (m: number) => m * step - Math.floor((m * step) / phases) * phases

  return {
    ...tables,
    phaseOf,
    firstTap: (m) => Math.floor((m * step) / phases) - half + 1,
    lastTap: (m) => Math.floor((m * step) / phases) + half,
    run: (inputs, first, output) => (exact ? interpolate : interpolateBlended)(inputs, tables, phaseOf(first), output),
  }
}

import type { KaiserSinc } from './kaiser-sinc.ts'
import { copyStretch, createScratch } from './scratch.ts'
import { createHalvingFilter, createHalvingTables, type HalvingTables } from './real-fft.ts'

/** Length of the transforms that halve; longer ones are hardly faster, and a stream waits for whole blocks. */
const FFT_SIZE = 1024

/** Outputs and taps that {@link correlate} takes at a time. */
const BLOCK = 4
const roundUp = (length: number) => Math.ceil(length / BLOCK) * BLOCK

/**
 * output[n] += Σ taps[k] · input[n + k]. A block of 4 outputs × 4 taps keeps all its values in registers: half a load per product,
 * which is what bounds this loop, where nearly all of the resampler's time goes.
 * @param input at least `output.length + taps.length` values
 * @param taps a multiple of 4 of them
 * @param output a multiple of 4 of them
 */
function correlate(input: Float64Array, taps: Float64Array, output: Float64Array): void {
  for (let n = 0; n < output.length; n += BLOCK) {
    let sum0 = 0
    let sum1 = 0
    let sum2 = 0
    let sum3 = 0
    let x0 = input[n]!
    let x1 = input[n + 1]!
    let x2 = input[n + 2]!
    for (let k = 0; k < taps.length; k += BLOCK) {
      const at = n + k
      const x3 = input[at + 3]!
      const x4 = input[at + 4]!
      const x5 = input[at + 5]!
      const x6 = input[at + 6]!
      const h0 = taps[k]!
      const h1 = taps[k + 1]!
      const h2 = taps[k + 2]!
      const h3 = taps[k + 3]!
      sum0 += h0 * x0 + h1 * x1 + h2 * x2 + h3 * x3
      sum1 += h0 * x1 + h1 * x2 + h2 * x3 + h3 * x4
      sum2 += h0 * x2 + h1 * x3 + h2 * x4 + h3 * x5
      sum3 += h0 * x3 + h1 * x4 + h2 * x5 + h3 * x6
      x0 = x4
      x1 = x5
      x2 = x6
    }
    output[n]! += sum0
    output[n + 1]! += sum1
    output[n + 2]! += sum2
    output[n + 3]! += sum3
  }
}

/** A steep filter between a rate and its double. */
export interface OctaveStage {
  /** Samples of the doubled rate before and after a sample that it depends on; a multiple of 4. */
  readonly reach: number
  readonly tables: HalvingTables
  /** Outputs of a block of `halve`. */
  readonly block: number
  /**
   * Filters and keeps every second sample.
   * @param doubled signal at the doubled rate, `2 · (reach + output.length)` samples; its first one is at time −`reach`
   * @param output filled; its first sample is at time 0. Blocks count from there: their bits depend on where they begin and on the length of the last
   */
  halve(doubled: Float64Array, output: Float32Array): void
  /**
   * Filters to the doubled rate.
   * @param samples signal from time 0 on, `length` samples; zeros lie around it
   * @param first index of the first output, even, may be below 0
   * @param output filled, an even number of values
   */
  double(samples: Float32Array, length: number, first: number, output: Float64Array): void
}

/** @param filter symmetric low-pass with gain 1 at the doubled rate */
export function createOctaveStage(filter: KaiserSinc): OctaveStage {
  const reach = 4 * Math.ceil(Math.floor(filter.halfWidth) / 4)
  /** Every second coefficient of the filter, from distance `start` on, then zeros up to whole blocks. */
  const phase = (start: number, gain: number) => {
    const count = Math.floor((reach - start) / 2) + 1
    return Float64Array.from({ length: roundUp(count) }, (_, i) => (i < count ? gain * filter.at(start + 2 * i) : 0))
  }
  const tables = createHalvingTables(
    FFT_SIZE,
    Float64Array.from({ length: reach + 1 }, (_, k) => filter.at(k)),
  )
  const fft = createHalvingFilter(tables)
  /** A block takes the whole transform: `reach` samples before it and after it. */
  const block = FFT_SIZE / 2 - reach
  const input = new Float64Array(FFT_SIZE)
  const halved = new Float64Array(FFT_SIZE / 2)
  const sumScratch = createScratch((n) => new Float64Array(n))
  const aroundScratch = createScratch((n) => new Float64Array(n))
  // An even output at the doubled rate is at the time of a sample, an odd one between two: each meets every second coefficient.
  const doubling = [0, 1].map((parity) => {
    const start = parity - reach
    return { parity, start, taps: phase(start, 2) }
  })

  return {
    reach,
    tables,
    block,
    halve(doubled, output) {
      for (let first = 0; first < output.length; first += block) {
        const count = Math.min(block, output.length - first)
        const read = 2 * (count + reach)
        input.set(doubled.subarray(2 * first, 2 * first + read))
        input.fill(0, read)
        fft.run(input, halved)
        for (let i = 0, at = reach / 2; i < count; i++, at++) output[first + i] = halved[at]!
      }
    },
    double(samples, length, first, output) {
      const pairs = output.length / 2
      const sums = sumScratch(roundUp(pairs))
      for (const { parity, start, taps } of doubling) {
        const around = aroundScratch(sums.length + taps.length)
        copyStretch(samples, length, (first + parity + start) / 2, around.length, around)
        sums.fill(0)
        correlate(around, taps, sums)
        for (let i = 0; i < pairs; i++) output[2 * i + parity] = sums[i]!
      }
    },
  }
}

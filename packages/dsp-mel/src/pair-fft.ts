import { AedError } from '@aed/core'
import { createCircle, type Circle } from './circle.ts'
import { firstPass2, load, loadPass4, loadPass8, pass3, pass4, pass5 } from './fft-passes.ts'

/** Complex FFT of one size whose input are pairs of samples, first real, second imaginary, each times a factor. */
export interface PairFft {
  /** Slot `i` of the transform takes the pair `order[i]`, the samples `2 · order[i]` and the one after it. */
  readonly order: Int32Array
  /**
   * Forward transform, unscaled.
   * @param start index of the first pair's first sample in `signal`
   * @param factors of each slot's real and imaginary part, `[2 · size]`, in the order of the slots
   * @param z takes the spectrum, `[2 · size]`: interleaved real and imaginary parts, natural order
   */
  readonly transform: (signal: Float32Array, start: number, factors: Float64Array, z: Float64Array) => void
}

/** One pass over the data, see fft-passes.ts. */
export interface Pass {
  readonly radix: number
  readonly span: number
  readonly twiddles: Float64Array
}

/**
 * The radices of a size, first pass first: where the power of two is odd one of 8 (or 2), then 4s, then 3s and 5s.
 * Few passes over small data beat the fewest operations here.
 * @returns undefined when the size has another prime factor
 */
export function factorize(size: number): number[] | undefined {
  const tail: number[] = []
  let rest = size
  for (const radix of [5, 3])
    while (rest % radix === 0) {
      tail.push(radix)
      rest /= radix
    }
  const head: number[] = []
  while (rest % 4 === 0) {
    head.push(4)
    rest /= 4
  }
  if (rest === 2) {
    if (head.length) head[0] = 8
    else head.push(2)
    rest = 1
  }
  return rest === 1 ? [...head, ...tail] : undefined
}

/** Digit reversal: which input each slot takes so that every pass works on contiguous blocks. */
function digitReversal(radices: readonly number[]): Int32Array {
  // The last pass joins `radix` interleaved sub-sequences; each of them is ordered by the passes before it.
  let order = Int32Array.of(0)
  for (const radix of radices) {
    const joined = new Int32Array(order.length * radix)
    for (let q = 0; q < radix; q++) for (let i = 0; i < order.length; i++) joined[q * order.length + i] = order[i]! * radix + q
    order = joined
  }
  return order
}

function makeTwiddles(radix: number, span: number, { size, cos, sin }: Circle): Float64Array {
  const step = size / (radix * span)
  const twiddles = new Float64Array(2 * (radix - 1) * span)
  for (let j = 0, t = 0; j < span; j++)
    for (let q = 1; q < radix; q++) {
      twiddles[t++] = cos[q * j * step]!
      twiddles[t++] = -sin[q * j * step]!
    }
  return twiddles
}

/** The passes of a size and the order of its inputs. */
export interface PassPlan {
  /** First pass first. */
  readonly passes: readonly Pass[]
  /** See {@link PairFft.order}. */
  readonly order: Int32Array
  /** The sample where each slot begins: 2 · order. */
  readonly first: Int32Array
}

/**
 * @param size any product of 2, 3 and 5
 * @param points of `size` points or a multiple
 * @throws AedError `INVALID_OPTION` for another size
 */
export function planPasses(size: number, points: Circle): PassPlan {
  const radices = factorize(size)
  if (!radices) throw new AedError('INVALID_OPTION', `FFT: the size takes a product of 2, 3 and 5, got ${size}`)
  const order = digitReversal(radices)
  let span = 1
  const passes = radices.map((radix): Pass => {
    const pass = { radix, span, twiddles: makeTwiddles(radix, span, points) }
    span *= radix
    return pass
  })
  return { passes, order, first: order.map((pair) => 2 * pair) }
}

/**
 * Plan of a mixed-radix FFT, decimation in time.
 * @param size any product of 2, 3 and 5
 * @param circle of `size` points or a multiple, for callers that have one
 * @throws AedError `INVALID_OPTION` for another size
 * @see Cooley and Tukey, An algorithm for the machine calculation of complex Fourier series, 1965
 */
export function createPairFft(size: number, circle?: Circle): PairFft {
  const { passes, order, first } = planPasses(size, circle ?? createCircle(size))
  const radix = passes[0]?.radix
  const fused = radix === 8 ? loadPass8 : radix === 4 ? loadPass4 : undefined
  const rest = fused ? passes.slice(1) : passes
  const begin = fused ?? load
  return {
    order,
    transform: (signal, start, factors, z) => {
      begin(signal, start, first, factors, z)
      for (const pass of rest) runPass(z, pass)
    },
  }
}

function runPass(z: Float64Array, { radix, span, twiddles }: Pass): void {
  if (radix === 4) pass4(z, span, twiddles)
  else if (radix === 3) pass3(z, span, twiddles)
  else if (radix === 5) pass5(z, span, twiddles)
  else firstPass2(z)
}

/**
 * The window of a real frame by slots of the transform of its sample pairs. The factor ½ of the split that follows goes in here, where it is
 * exact and free.
 * @param order of {@link createPairFft}
 */
export function pairFactors(window: Float64Array, order: Int32Array): Float64Array {
  const factors = new Float64Array(window.length)
  for (const [slot, pair] of order.entries()) {
    factors[2 * slot] = 0.5 * window[2 * pair]!
    factors[2 * slot + 1] = 0.5 * window[2 * pair + 1]!
  }
  return factors
}

import { AedError, type AudioClip } from '@aed/core'
import { createFractionalStage, gcd, type FractionalStage } from './fractional-stage.ts'
import { kaiserSinc } from './kaiser-sinc.ts'
import { createOctaveStage, type OctaveStage } from './octave-stage.ts'

/** Everything up to this part of the lower rate's Nyquist frequency passes. */
const PASS_EDGE = 0.9
/** Ripple of each of the two filters: what both leave together stays below −100 dB. */
const ATTENUATION_DB = 106
/** About so many outputs are made at a time: what lies between the two filters then stays in the cache. */
const PART = 4096
/** A clip of more samples is no clip. */
const MAX_LENGTH = 2 ** 29

/** A plan for one pair of rates: the tables of its filters. */
export interface Resampler {
  readonly inRate: number
  readonly outRate: number
  /** Samples that `length` samples become: ⌈length · outRate / inRate⌉. */
  outputLength(length: number): number
  /** Resampled samples, a buffer of their own; output 0 is at the time of input 0, and zeros are taken to lie around the input. */
  run(samples: Float32Array): Float32Array<ArrayBuffer>
}

function checkRate(rate: number, what: string): void {
  if (!Number.isInteger(rate) || rate < 1 || rate > 1_000_000)
    throw new AedError('INVALID_OPTION', `resample: ${what} takes a whole number from 1 to 1000000 Hz, got ${rate}`)
}

/**
 * Plans resampling between two rates: band-limited, linear phase, no delay. Flat within 0.001 dB up to 0.9 × the lower rate's Nyquist
 * frequency, 100 dB down from that Nyquist frequency on (tests: tones).
 *
 * Two filters share the work: the steep one always runs at twice the lower rate `low`, where it is symmetric and the same for all rates (down by
 * transforms of short blocks, a fifth of the operations of its sums of products); the one between that rate and the other need only be clean where the second does not
 * clean up, so that it may fall slowly from 0.5 to 1.5 `low`.
 *  - down: inRate → 2 · outRate (slow), then filter and keep every second sample (steep);
 *  - up: double the rate (steep), then 2 · inRate → outRate (slow).
 * @throws AedError `INVALID_OPTION` for rates that are not whole numbers of Hz
 */
export function createResampler(inRate: number, outRate: number): Resampler {
  checkRate(inRate, 'the input rate')
  checkRate(outRate, 'the output rate')
  const divisor = gcd(inRate, outRate)
  const outputLength = (length: number) => Math.ceil((length * (outRate / divisor)) / (inRate / divisor))
  const kernel = inRate === outRate ? undefined : createKernel(inRate, outRate)

  const run = (samples: Float32Array): Float32Array<ArrayBuffer> => {
    const length = outputLength(samples.length)
    if (length > MAX_LENGTH)
      throw new AedError('INVALID_INPUT', `resample: ${samples.length} samples from ${inRate} to ${outRate} Hz would become ${length}, at most ${MAX_LENGTH}`)
    if (!kernel) return Float32Array.from(samples)
    const output = new Float32Array(length)
    fill(kernel, samples, 0, 0, output)
    return output
  }
  return { inRate, outRate, outputLength, run }
}

/** The outputs from `first` on, a part at a time. */
function fill(kernel: Kernel, window: Float32Array, start: number, first: number, output: Float32Array): void {
  const part = Math.ceil(PART / kernel.block) * kernel.block
  for (let at = 0; at < output.length; at += part) kernel.run(window, start, first + at, output.subarray(at, Math.min(output.length, at + part)))
}

/** A resampler for samples that come in parts. */
export interface StreamResampler {
  readonly inRate: number
  readonly outRate: number
  /** Input samples that an output sample waits for beyond its own time, at most; 1,232 from 44.1 to 16 kHz, 28 ms. */
  readonly latency: number
  /** The samples that these complete. What is pushed is not kept. */
  push(samples: Float32Array): Float32Array<ArrayBuffer>
  /** No more samples come: the last ones, as if zeros followed. The resampler then starts anew. */
  end(): Float32Array<ArrayBuffer>
}

/**
 * Resamples a signal that comes in parts of any size, in constant memory: all parts together are equal to the bit to {@link createResampler} of the whole.
 * @throws AedError `INVALID_OPTION` for rates that are not whole numbers of Hz
 */
export function createStreamResampler(inRate: number, outRate: number): StreamResampler {
  checkRate(inRate, 'the input rate')
  checkRate(outRate, 'the output rate')
  const divisor = gcd(inRate, outRate)
  const [inPeriod, outPeriod] = [inRate / divisor, outRate / divisor]
  const kernel = inRate === outRate ? undefined : createKernel(inRate, outRate)
  const block = kernel?.block ?? 1
  const latency = kernel ? kernel.lastInput(block - 1) + 1 : 0
  /** The last samples, from the one with index `start` on. Indices count from a period's begin, so that they stay small in endless streams. */
  let window = new Float32Array(0)
  let start = 0
  let next = 0

  /** Outputs from `next` to before `end`. */
  function produce(end: number): Float32Array<ArrayBuffer> {
    const output = new Float32Array(Math.max(0, end - next))
    fill(kernel!, window, start, next, output)
    next += output.length
    return output
  }

  return {
    inRate,
    outRate,
    latency,
    push(samples) {
      if (!kernel) return Float32Array.from(samples)
      const joined = new Float32Array(window.length + samples.length)
      joined.set(window)
      joined.set(samples, window.length)
      window = joined
      const received = start + window.length
      // The first block that waits for a sample which is not there yet.
      const about = Math.floor(((received - latency - 2) * outPeriod) / inPeriod)
      let end = Math.max(next, Math.floor(about / block) * block)
      while (kernel.lastInput(end + block - 1) < received) end += block
      const output = produce(end)
      const passed = Math.max(0, Math.min(received, kernel.firstInput(next)) - start)
      window = window.slice(passed)
      start += passed
      const periods = Math.floor(next / (outPeriod * block)) * block
      next -= periods * outPeriod
      start -= periods * inPeriod
      return output
    },
    end() {
      if (!kernel) return new Float32Array(0)
      const output = produce(Math.ceil(((start + window.length) * outPeriod) / inPeriod))
      window = new Float32Array(0)
      start = 0
      next = 0
      return output
    },
  }
}

/** The two filters of a pair of rates, for any stretch of outputs. */
interface Kernel {
  /** Outputs are made in blocks of so many, counted from output 0; only the last can be shorter. */
  readonly block: number
  /** First input that output m depends on; may be below 0. */
  firstInput(m: number): number
  /** Last input that output m depends on. */
  lastInput(m: number): number
  /** Fills `output` with the outputs from `first` on, a multiple of `block`; as many as whole blocks hold, or up to the signal's end. `window` holds the inputs from index `start` on; beyond its ends are zeros. */
  run(window: Float32Array, start: number, first: number, output: Float32Array): void
}

/** A buffer that is used again and again: what lies between the filters is megabytes a clip, and collecting it takes longer than a filter. */
function createScratch(): (length: number) => Float64Array {
  let buffer = new Float64Array(0)
  return (length) => {
    if (buffer.length < length) buffer = new Float64Array(length)
    return buffer.subarray(0, length)
  }
}

/** Copies samples from index `from` on of a window that starts at `start`, with zeros beyond it. */
function stretch(window: Float32Array, start: number, from: number, copy: Float64Array): Float64Array {
  const first = Math.max(from, start)
  const found = window.subarray(first - start, Math.max(first, from + copy.length) - start)
  copy.fill(0, 0, Math.min(copy.length, first - from))
  copy.set(found, first - from)
  return copy.fill(0, first - from + found.length)
}

function createKernel(inRate: number, outRate: number): Kernel {
  const down = outRate < inRate
  const low = Math.min(inRate, outRate)
  const steep = kaiserSinc({ passEdge: PASS_EDGE / 4, stopEdge: 1 / 4, attenuationDb: ATTENUATION_DB }) // in cycles per sample at 2 · low
  const slowIn = down ? inRate : 2 * low
  const slowOut = down ? 2 * low : outRate
  const slow =
    slowIn === slowOut
      ? undefined
      : createFractionalStage(slowIn, slowOut, kaiserSinc({ passEdge: (0.5 * low) / slowIn, stopEdge: (1.5 * low) / slowIn, attenuationDb: ATTENUATION_DB }))
  const octave = createOctaveStage(steep)
  const { reach } = octave
  return down ? downKernel(slow, octave, reach) : upKernel(slow, octave, reach)
}

function downKernel(slow: FractionalStage | undefined, octave: OctaveStage, reach: number): Kernel {
  const firstInput = (m: number) => (slow ? slow.firstTap(2 * m - reach) : 2 * m - reach)
  const lastInput = (m: number) => (slow ? slow.lastTap(2 * m + reach) : 2 * m + reach)
  const inputScratch = createScratch()
  const doubledScratch = createScratch()
  return {
    block: octave.block,
    firstInput,
    lastInput,
    run(window, start, first, output) {
      const last = first + output.length - 1
      const from = firstInput(first)
      const inputs = stretch(window, start, from, inputScratch(lastInput(last) + 1 - from))
      const doubled = slow ? doubledScratch(2 * (last - first) + 2 * reach + 1) : inputs
      slow?.run(inputs, 2 * first - reach, doubled)
      octave.halve(doubled, output)
    },
  }
}

function upKernel(slow: FractionalStage | undefined, octave: OctaveStage, reach: number): Kernel {
  const firstDoubled = (m: number) => (slow ? slow.firstTap(m) : m)
  const lastDoubled = (m: number) => (slow ? slow.lastTap(m) : m)
  const scratch = createScratch()
  return {
    block: 1,
    firstInput: (m) => Math.floor((firstDoubled(m) - reach) / 2) - 1,
    lastInput: (m) => Math.ceil((lastDoubled(m) + reach) / 2) + 1,
    run(window, start, first, output) {
      const last = first + output.length - 1
      const from = 2 * Math.floor(firstDoubled(first) / 2) // whole pairs
      const to = 2 * Math.ceil((lastDoubled(last) + 1) / 2)
      const doubled = octave.double(window, from - 2 * start, to - from)
      const inputs = doubled.subarray(firstDoubled(first) - from)
      const outputs = slow ? scratch(output.length) : inputs.subarray(0, output.length)
      slow?.run(inputs, first, outputs)
      output.set(outputs)
    },
  }
}

/** The plans used last. A plan is a pure function of its rates and never changes, so that sharing one cannot be observed. */
const plans = new Map<string, Resampler>()
const MAX_PLANS = 8

function planFor(inRate: number, outRate: number): Resampler {
  const key = `${inRate}>${outRate}`
  const plan = plans.get(key) ?? createResampler(inRate, outRate)
  plans.delete(key)
  plans.set(key, plan)
  if (plans.size > MAX_PLANS) plans.delete(plans.keys().next().value!)
  return plan
}

/**
 * A clip at another rate, ⌈n · sampleRate / clip.sampleRate⌉ samples long; equal rates give a copy. See {@link createResampler}.
 * @throws AedError `INVALID_OPTION` for rates that are not whole numbers of Hz
 */
export function resample(clip: AudioClip, sampleRate: number): AudioClip {
  return { samples: planFor(clip.sampleRate, sampleRate).run(clip.samples), sampleRate }
}

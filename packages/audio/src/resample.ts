import { AedError, type AudioClip } from '@aed/core'
import { checkFinite, checkLength } from './check-clip.ts'
import { gcd } from './fractional-stage.ts'
import { createKernel, type Kernel } from './resample-kernel.ts'

/** About so many outputs are made at a time: what lies between the two filters then stays in the cache. */
const PART = 4096

/** A plan for one pair of rates: the tables of its filters. */
export interface Resampler {
  readonly inRate: number
  readonly outRate: number
  /** Samples that `length` samples become: ⌈length · outRate / inRate⌉. */
  outputLength(length: number): number
  /**
   * Resampled samples, a buffer of their own; output 0 is at the time of input 0, and zeros are taken to lie around the input.
   * @throws AedError `INVALID_INPUT` for a sample that is not finite, with its index, and for more samples than a clip can have
   */
  run(samples: Float32Array): Float32Array<ArrayBuffer>
}

/** @throws AedError `INVALID_OPTION` */
export function checkRate(rate: number, what: string): void {
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
    checkFinite(samples, 'resample')
    const length = outputLength(samples.length)
    checkLength(length, `resample from ${inRate} to ${outRate} Hz`)
    if (!kernel) return Float32Array.from(samples)
    const output = new Float32Array(length)
    fillOutputs(kernel, samples, samples.length, 0, 0, output)
    return output
  }
  return { inRate, outRate, outputLength, run }
}

/** The outputs from `first` on, a part at a time. */
export function fillOutputs(kernel: Kernel, window: Float32Array, length: number, start: number, first: number, output: Float32Array): void {
  const part = Math.ceil(PART / (2 * kernel.block)) * 2 * kernel.block
  if (output.length <= part) {
    if (output.length > 0) kernel.run(window, length, start, first, output)
    return
  }
  for (let at = 0; at < output.length; at += part) kernel.run(window, length, start, first + at, output.subarray(at, Math.min(output.length, at + part)))
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
 * @throws AedError `INVALID_OPTION` for rates that are not whole numbers of Hz, `INVALID_INPUT` for a sample that is not finite, with its index
 */
export function resample(clip: AudioClip, sampleRate: number): AudioClip {
  return { samples: planFor(clip.sampleRate, sampleRate).run(clip.samples), sampleRate }
}

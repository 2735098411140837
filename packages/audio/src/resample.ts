import { AedError, type AudioClip } from '@aed/core'
import { createFractionalStage, gcd, type FractionalStage } from './fractional-stage.ts'
import { kaiserSinc } from './kaiser-sinc.ts'
import { createOctaveStage, type OctaveStage } from './octave-stage.ts'

/** Everything up to this part of the lower rate's Nyquist frequency passes. */
const PASS_EDGE = 0.9
/** Ripple of each of the two filters: what both leave together stays below −100 dB. */
const ATTENUATION_DB = 106
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
 * Two filters share the work, which takes a third of the multiplications of one: the steep one always runs at twice the lower rate
 * `low`, where it is symmetric and has few taps; the one between that rate and the other need only be clean where the second does not
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

  const run = (samples: Float32Array): Float32Array<ArrayBuffer> => {
    const length = outputLength(samples.length)
    if (length > MAX_LENGTH)
      throw new AedError('INVALID_INPUT', `resample: ${samples.length} samples from ${inRate} to ${outRate} Hz would become ${length}, at most ${MAX_LENGTH}`)
    if (inRate === outRate) return Float32Array.from(samples)
    if (length === 0) return new Float32Array(0)
    return down ? runDown(samples, slow, octave, length) : runUp(samples, slow, octave, length)
  }
  return { inRate, outRate, outputLength, run }
}

function padded(samples: Float32Array, before: number, after: number): Float64Array {
  const copy = new Float64Array(before + samples.length + after)
  copy.set(samples, before)
  return copy
}

function runDown(samples: Float32Array, slow: FractionalStage | undefined, octave: OctaveStage, length: number): Float32Array<ArrayBuffer> {
  const first = -octave.reach
  const last = 2 * (length - 1) + octave.reach
  if (!slow) return octave.halve(padded(samples, -first, 0), length)
  const { before, after } = slow.padding(first, last, samples.length)
  return octave.halve(slow.run(padded(samples, before, after), before, first, last), length)
}

function runUp(samples: Float32Array, slow: FractionalStage | undefined, octave: OctaveStage, length: number): Float32Array<ArrayBuffer> {
  const doubledLength = 2 * samples.length
  if (!slow) return Float32Array.from(octave.double(samples, 0, doubledLength))
  const { before, after } = slow.padding(0, length - 1, doubledLength)
  const first = -2 * Math.ceil(before / 2)
  const doubled = octave.double(samples, first, doubledLength - first + 2 * Math.ceil(after / 2))
  return Float32Array.from(slow.run(doubled, -first, 0, length - 1))
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

import { AedError, createRandom, log10, parseOptions, pow, type AudioClip, type Random } from '@aed/core'
import { augmentationSchema, type AugmentationInput, type AugmentationStep } from './augmentation-options.ts'
import { checkClip, checkFinite } from './check-clip.ts'
import { pinkNoise, whiteNoise } from './noise.ts'
import { amplify, fromDb, peakOf, powerOf } from './normalize.ts'
import { resample } from './resample.ts'

/** A clip to be changed, and what is mixed into it. */
export interface AugmentationSource {
  readonly clip: AudioClip
  /** Names the clip and the time it is used, `clip 17, epoch 3`: equal keys give equal samples, whatever was augmented before and in which thread. */
  readonly key: string | number
  /** For `background`: one of them is drawn; all at the clip's rate. */
  readonly backgrounds?: readonly AudioClip[]
  /** For `betweenClass`: a clip of another class, at the clip's rate. */
  readonly partner?: AudioClip
}

/** A changed clip. */
export interface AugmentedClip {
  readonly clip: AudioClip
  /** Part of the clip in the mixture with its partner, from 0 to 1: the label is `ratio` · its class + (1 − `ratio`) · the partner's. 1 without mixing. */
  readonly ratio: number
  /** The steps that were taken. */
  readonly steps: readonly string[]
}

type Samples = Float32Array<ArrayBuffer>
type StepOf<N extends AugmentationStep['step']> = Extract<AugmentationStep, { step: N }>

/** Frames over which the loudness of a clip is taken for between-class mixing, and their floor, as in the paper's code. */
const LOUDNESS_FRAME = 2048
const LOUDNESS_FLOOR_DB = -80

/** `samples` plus `noise` at a ratio of their powers in dB; silence on either side changes nothing. */
function mixAt(samples: Samples, noise: ArrayLike<number>, snrDb: number): Samples {
  let power = 0
  for (let i = 0; i < samples.length; i++) power += noise[i]! * noise[i]!
  power /= samples.length
  const factor = power > 0 ? Math.sqrt(powerOf(samples) / power) * fromDb(-snrDb) : 0
  return Float32Array.from(samples, (sample, i) => sample + factor * noise[i]!)
}

/** A shift by whole samples, later for positive ones. */
function shifted(samples: Samples, shift: number, fill: 'wrap' | 'zeros'): Samples {
  const length = samples.length
  return Float32Array.from({ length }, (_, i) => {
    const from = i - shift
    if (fill === 'zeros') return samples[from] ?? 0
    return samples[((from % length) + length) % length]!
  })
}

/** RMS in dB of the loudest of half-overlapping frames. */
function loudnessDb(samples: Float32Array): number {
  let loudest = 0
  for (let start = 0; start === 0 || start + LOUDNESS_FRAME <= samples.length; start += LOUDNESS_FRAME / 2)
    loudest = Math.max(loudest, powerOf(samples, start, Math.min(samples.length, start + LOUDNESS_FRAME)))
  return Math.max(LOUDNESS_FLOOR_DB, 10 * log10(loudest + 1e-30))
}

/** A stretch of `length` samples from a random place; a shorter clip is repeated. Only what is read is checked: a background may be long. */
function stretchOf({ samples }: AudioClip, length: number, random: Random): Float32Array {
  const start = random.integer(samples.length > length ? samples.length - length + 1 : samples.length)
  checkFinite(samples.subarray(start, start + length), 'augmentWaveform: what is mixed in', start)
  if (start + length > samples.length) checkFinite(samples.subarray(0, start), 'augmentWaveform: what is mixed in')
  return Float32Array.from({ length }, (_, i) => samples[(start + i) % samples.length]!)
}

function checkPartner(other: AudioClip | undefined, sampleRate: number, step: string, what: string): AudioClip {
  if (!other || other.samples.length === 0) throw new AedError('INVALID_INPUT', `augmentWaveform: the step '${step}' needs ${what} with samples`)
  if (other.sampleRate !== sampleRate) throw new AedError('INVALID_INPUT', `augmentWaveform: ${what} has ${other.sampleRate} Hz, the clip ${sampleRate}`, { hint: 'resample it first' })
  return other
}

/** Even within a range whose ends may stand in either order. */
const drawDb = ({ minDb, maxDb }: { readonly minDb: number; readonly maxDb: number }, random: Random) => random.between(minDb, maxDb)

function speedUp(samples: Samples, sampleRate: number, { minSpeed, maxSpeed }: StepOf<'speed'>, random: Random): Samples {
  // Steps of 1 % keep the number of filters small that must be planned.
  const hundredths = Math.round(100 * minSpeed) + random.integer(Math.max(1, Math.round(100 * maxSpeed) - Math.round(100 * minSpeed) + 1))
  const rate = Math.max(1, Math.round((sampleRate * hundredths) / 100))
  return Float32Array.from(resample({ samples, sampleRate: rate }, sampleRate).samples)
}

/** @see Tokozume, Ushiku, Harada, "Learning from between-class examples for deep sound recognition", ICLR 2018, equation 2 */
function mixClasses(samples: Samples, partner: AudioClip, random: Random): { samples: Samples; ratio: number } {
  const ratio = 1 - random.uniform() // in (0, 1], so that what follows does not divide by 0
  const other = stretchOf(partner, samples.length, random)
  const part = 1 / (1 + (pow(10, (loudnessDb(samples) - loudnessDb(other)) / 20) * (1 - ratio)) / ratio)
  const scale = 1 / Math.sqrt(part * part + (1 - part) * (1 - part))
  return { samples: Float32Array.from(samples, (sample, i) => (part * sample + (1 - part) * other[i]!) * scale), ratio }
}

/**
 * Changes a clip by the steps of a recipe, in order, each with its probability. All randomness comes from the recipe's seed, the clip's key and the step's place,
 * so that the result is the same in every thread and order.
 *
 *  - `gain`: louder or quieter, even in dB (audiomentations `Gain`).
 *  - `noise`: white or pink noise at a signal-to-noise ratio (audiomentations `AddGaussianSNR`, `AddColorNoise`).
 *  - `shift`: in time (audiomentations `Shift`).
 *  - `speed`: tempo and pitch together, by resampling; the length changes (Ko, Peddinti, Povey, Khudanpur, "Audio augmentation for speech recognition", 2015).
 *  - `background`: a stretch of another recording at a signal-to-noise ratio (Salamon and Bello, "Deep convolutional neural networks and data
 *    augmentation for environmental sound classification", 2017, who give it a weight; audiomentations `AddBackgroundNoise`).
 *  - `betweenClass`: a mixture with a clip of another class at a random ratio, corrected for loudness (Tokozume, Ushiku, Harada, 2018, with the RMS that their
 *    code offers beside A-weighting).
 *  - `polarity`: all signs turned (audiomentations `PolarityInversion`).
 *  - `clipping`: what is beyond a level is cut off (audiomentations `ClippingDistortion`, which takes a percentile).
 *
 * @throws AedError `INVALID_OPTION`, `AUDIO_EMPTY`, `INVALID_INPUT` for a sample that is not finite, with its index, and for missing partners and backgrounds or such of another rate
 */
export function augmentWaveform({ clip, key, backgrounds = [], partner }: AugmentationSource, recipe: AugmentationInput = {}): AugmentedClip {
  const { seed, steps } = parseOptions(augmentationSchema, recipe, 'augmentation')
  if (clip.samples.length === 0) throw new AedError('AUDIO_EMPTY', 'augmentWaveform: the clip holds no samples')
  checkClip(clip, 'augmentWaveform')
  const { sampleRate } = clip
  const source = createRandom(seed).fork(key)
  let samples: Samples = Float32Array.from(clip.samples)
  let ratio = 1
  const taken: string[] = []

  steps.forEach((step, place) => {
    const random = source.fork(place)
    if (random.uniform() >= step.probability) return
    taken.push(step.step)
    switch (step.step) {
      case 'gain':
        samples = amplify(samples, fromDb(drawDb(step, random)))
        break
      case 'noise':
        samples = mixAt(samples, (step.color === 'pink' ? pinkNoise : whiteNoise)(samples.length, random), drawDb(step, random))
        break
      case 'shift': {
        const farthest = Math.floor(step.maxShift * sampleRate)
        samples = shifted(samples, random.integer(2 * farthest + 1) - farthest, step.fill)
        break
      }
      case 'speed':
        samples = speedUp(samples, sampleRate, step, random)
        break
      case 'background': {
        const background = checkPartner(backgrounds[random.integer(Math.max(1, backgrounds.length))], sampleRate, step.step, 'a background')
        samples = mixAt(samples, stretchOf(background, samples.length, random), drawDb(step, random))
        break
      }
      case 'betweenClass': {
        const mixed = mixClasses(samples, checkPartner(partner, sampleRate, step.step, 'a partner'), random)
        samples = mixed.samples
        ratio *= mixed.ratio
        break
      }
      case 'polarity':
        samples = samples.map((sample) => -sample)
        break
      case 'clipping': {
        const level = Math.fround(peakOf(samples) * fromDb(drawDb(step, random)))
        samples = samples.map((sample) => Math.max(-level, Math.min(level, sample)))
        break
      }
    }
  })
  return { clip: { samples, sampleRate }, ratio, steps: taken }
}

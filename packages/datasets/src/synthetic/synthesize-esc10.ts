import { AedError, createRandom, option, parseOptions, pow, type AudioClip, type LabelledClip, type OptionsInput, type OptionsOf, type Random } from '@aed/core'
import * as v from 'valibot'
import { filter, mix, rms, whiteNoise } from './signal.ts'
import { SYNTHETIC_CLASSES, SYNTHETIC_RATE, type Performer, type SyntheticClass } from './voices.ts'

/** Options of {@link synthesizeEsc10}. */
export const syntheticOptionsSchema = v.strictObject({
  seed: option.integer(1, 'seed of all that is drawn'),
  recordingsPerClass: option.integer(10, 'recordings of each class, dealt out to the folds in turn', { min: 1, max: 100_000 }),
  clipsPerRecording: option.integer(2, 'clips cut from each recording', { min: 1, max: 26 }),
  folds: option.integer(5, 'folds; a recording stands in one', { min: 1, max: 100 }),
  duration: option.number(5, 'length of a clip', { min: 0.1, max: 60, unit: 's' }),
})
export type SyntheticOptions = OptionsInput<typeof syntheticOptionsSchema>

/** Which of the synthetic classes, and how many clips of them. */
export interface SyntheticChoice {
  /** Default: all ten. */
  readonly classes?: readonly string[]
  /** Clips in all, in the place of `recordingsPerClass`. */
  readonly clips?: number
}

/** A clip that a program made up. */
export interface SyntheticClip extends LabelledClip {
  readonly clip: AudioClip
  /** Number of its class in ESC-50. */
  readonly target: number
  /** Letter of the clip within its recording. */
  readonly take: string
}

const decibels = (db: number) => pow(10, db / 20)

/** What all clips of a recording share: the thing that sounds, the place, and how the microphone colours both. */
interface Recording {
  readonly perform: Performer
  /** Level of the background below the foreground, in dB; null: digital silence. */
  readonly backgroundDb: number | null
  /** Corner of the background's noise, as part of the sampling rate. */
  readonly backgroundColour: number
  /** Cut-offs of the microphone. */
  readonly lowCut: number
  readonly highCut: number
}

function drawRecording({ voice, sparse }: SyntheticClass, random: Random): Recording {
  const clean = random.uniform() < 0.3
  return {
    backgroundDb: sparse && clean ? null : random.between(8, 30),
    backgroundColour: random.between(200, 5000) / SYNTHETIC_RATE,
    lowCut: random.between(20, 120) / SYNTHETIC_RATE,
    highCut: random.between(5000, 10500) / SYNTHETIC_RATE,
    perform: voice(random),
  }
}

/**
 * Renders one clip. Its level is drawn without regard to the class, so that loudness tells nothing: the RMS lies between −45 and −25 dB below full scale, lower where
 * peaks would not fit.
 */
function render(recording: Recording, random: Random, length: number): Float32Array<ArrayBuffer> {
  const { perform, backgroundDb, backgroundColour, lowCut, highCut } = recording
  const sound = perform(random.fork('foreground'), length)
  if (backgroundDb !== null) {
    const background = filter(whiteNoise(random.fork('background'), length), 'low', backgroundColour)
    mix(sound, background, 0, (rms(sound) / rms(background)) * decibels(random.between(-3, 3) - backgroundDb))
  }
  filter(filter(sound, 'high', lowCut), 'low', highCut)
  let peak = 0
  for (const sample of sound) if (sample > peak || -sample > peak) peak = sample < 0 ? -sample : sample
  const gain = peak === 0 ? 0 : Math.min(decibels(random.between(-45, -25)) / rms(sound), 0.95 / peak)
  return Float32Array.from(sound, (sample) => gain * sample)
}

/**
 * Sounds shaped like ESC-10, one after another: ten classes made by procedural synthesis. Recordings differ in what sounds, in background and in
 * microphone; clips of a recording in timing, pitch and level. The same options give the same samples on every machine.
 * @throws AedError `INVALID_OPTION`, `UNKNOWN_CLASS`
 */
export function* synthesizeEsc10(input: SyntheticOptions & SyntheticChoice = {}): Generator<SyntheticClip, void, undefined> {
  const { kinds, options } = plan(input)
  const { seed, recordingsPerClass, clipsPerRecording, folds, duration } = options
  const root = createRandom(`synthetic-esc10/${seed}`)
  for (const [index, kind] of SYNTHETIC_CLASSES.entries()) {
    if (!kinds.includes(kind)) continue
    for (let number = 0; number < recordingsPerClass; number++) {
      const random = root.fork(kind.label).fork(number)
      const recording = drawRecording(kind, random.fork('recording'))
      const fold = 1 + (number % folds)
      const source = String(number < 1000 ? 900000 + index * 1000 + number : 10000000 + index * 1000000 + number)
      for (let cut = 0; cut < clipsPerRecording; cut++) {
        const take = String.fromCharCode(65 + cut)
        const samples = render(recording, random.fork(take), Math.round(duration * SYNTHETIC_RATE))
        yield { id: `${fold}-${source}-${take}-${kind.target}.wav`, label: kind.label, source, fold, target: kind.target, take, clip: { samples, sampleRate: SYNTHETIC_RATE } }
      }
    }
  }
}

/** The classes and complete options of a set. */
function plan({ classes, clips, ...rest }: SyntheticOptions & SyntheticChoice): { readonly kinds: readonly SyntheticClass[]; readonly options: OptionsOf<typeof syntheticOptionsSchema> } {
  const known = SYNTHETIC_CLASSES.map(({ label }) => label)
  const unknown = classes?.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new AedError('UNKNOWN_CLASS', `synthetic set: no class '${unknown}'; known are ${known.join(', ')}`, { hint: 'check the spelling' })
  const kinds = SYNTHETIC_CLASSES.filter(({ label }) => !classes || classes.includes(label))
  const options = parseOptions(syntheticOptionsSchema, rest, 'synthetic set')
  if (clips === undefined) return { kinds, options }
  const each = kinds.length * options.clipsPerRecording
  if (clips % each !== 0) throw new AedError('INVALID_OPTION', `synthetic set: ${clips} clips are no multiple of ${kinds.length} classes × ${options.clipsPerRecording} clips per recording`, { hint: `take ${Math.ceil(clips / each) * each}` })
  return { kinds, options: parseOptions(syntheticOptionsSchema, { ...options, recordingsPerClass: clips / each }, 'synthetic set') }
}

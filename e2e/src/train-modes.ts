import { availableParallelism } from 'node:os'
import { AedError, option, parseOptions, type OptionsOf } from '@aed/core'
import { trainModelOptionsSchema, type TrainModelOptions, type TrainModelOptionsInput } from '@aed/model-miniresnetv2'
import * as v from 'valibot'

/** What is trained: the dense head on a frozen backbone, all of a network from a backbone on, or from initial values. */
export const TRAIN_MODES = ['head', 'fine-tune', 'scratch'] as const
export type TrainMode = (typeof TRAIN_MODES)[number]

/** What {@link trainModelOptionsSchema} says of an option, with another default. */
const preset = <K extends keyof typeof trainModelOptionsSchema.entries>(name: K, value: v.InferInput<(typeof trainModelOptionsSchema.entries)[K]>) =>
  v.optional((trainModelOptionsSchema.entries[name] as { readonly wrapped: v.GenericSchema }).wrapped, value as never) as unknown as (typeof trainModelOptionsSchema.entries)[K]

/** Mixing and masks of mel power, as found on ESC-10. */
const AUGMENT: NonNullable<TrainModelOptionsInput['augment']> = [
  { name: 'mix', probability: 0.7, alpha: 0.4, minWeight: 0 },
  { name: 'melShift', maxShift: 2 },
  { name: 'equalize', maxGain: 6 },
  { name: 'gain', min: -6, max: 6 },
  { name: 'noise', deviation: 1 },
  { name: 'timeMask', maxWidth: 8 },
  { name: 'frequencyMask', maxWidth: 8 },
]

/** Options of training more than a head; the defaults are the recipe of reference.md, "Fine-tuned patch model". */
export const networkTrainingSchema = v.strictObject({
  ...v.omit(trainModelOptionsSchema, ['seed', 'epochs']).entries, // of training as such, whatever is trained
  samplesPerEpoch: preset('samplesPerEpoch', 1600),
  warmupEpochs: preset('warmupEpochs', 2),
  labelSmoothing: preset('labelSmoothing', 0.1),
  clipNorm: preset('clipNorm', 5),
  emaDecay: preset('emaDecay', 0.99),
  minPeakDb: preset('minPeakDb', -30),
  augment: preset('augment', AUGMENT),
  augmentFloor: preset('augmentFloor', -80),
  shards: preset('shards', 2),
  threads: option.integerOrNone(null, 'threads that share the parts of a batch; none: one a part, as far as the machine has them; the result does not depend on them', { min: 1, max: 64 }),
  dropout: option.number(0.3, 'part of the embedding that is dropped before the head', { min: 0, max: 0.99 }),
  pooling: option.choice(['none', 'avg', 'max'], 'none', 'what comes before the head, from scratch'),
  speeds: option.text('1,0.85,0.92,1.08,1.17', 'speeds at which each recording is learned, comma-separated'),
  validation: option.number(0, 'part of each class, whole recordings, held out to choose the epoch; 0: all are trained on', { min: 0, max: 0.9 }),
})

/** All that training a network needs to know. */
export type NetworkTraining = OptionsOf<typeof networkTrainingSchema> & Pick<TrainModelOptions, 'epochs' | 'seed' | 'threads'>

/** What the modes do differently where nobody says otherwise. */
export const MODE_RECIPES = { 'fine-tune': { epochs: 16 }, scratch: { epochs: 30, learningRate: 3e-3 } } as const satisfies Record<Exclude<TrainMode, 'head'>, TrainModelOptionsInput>

/** Completes options by the recipe of a mode; as many threads as the machine has, up to one a shard. */
export function networkTraining(mode: Exclude<TrainMode, 'head'>, input: object, { epochs, seed }: { readonly epochs: number | null; readonly seed: number }): NetworkTraining {
  const { epochs: usual, ...recipe } = MODE_RECIPES[mode]
  const complete = parseOptions(networkTrainingSchema, { ...recipe, ...input }, 'train')
  const { shards, backend, threads } = complete
  if (threads !== null && threads > shards) throw new AedError('INVALID_OPTION', `train: threads takes at most one a shard, got ${threads} for ${shards}`, { hint: 'more shards, each with batch statistics of its own' })
  if (backend !== 'wasm' && shards > 1) throw new AedError('INVALID_OPTION', `train: shards takes 1 with backend ${backend}, got ${shards}`)
  return { ...complete, threads: threads ?? Math.min(shards, availableParallelism()), epochs: epochs ?? usual, seed }
}

/** @throws AedError `INVALID_OPTION` */
export function parseSpeeds(text: string): readonly number[] {
  const speeds = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)))
  if (!speeds.every((speed) => speed >= 0.25 && speed <= 4)) throw new AedError('INVALID_OPTION', `train: speeds takes numbers from 0.25 to 4, comma-separated, got '${text}'`)
  return speeds
}

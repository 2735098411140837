import { AedError, option, parseOptions, type OptionsOf } from '@aed/core'
import { trainModelOptionsSchema, type TrainModelOptions, type TrainModelOptionsInput } from '@aed/model-miniresnetv2'
import { availableParallelism } from 'node:os'
import * as v from 'valibot'

/** Options of training more than a head; what is left out is as the mode's recipe says. */
export const networkTrainingSchema = v.strictObject({
  ...v.omit(trainModelOptionsSchema, ['seed', 'epochs']).entries, // of training as such, whatever is trained
  dropout: option.number(0.3, 'part of the embedding that is dropped before the head', { min: 0, max: 0.99 }),
  pooling: option.choice(['none', 'avg', 'max'], 'none', 'what comes before the head, from scratch'),
  speeds: option.text('1,0.85,0.92,1.08,1.17', 'speeds at which each recording is learned, comma-separated'),
  validation: option.number(0, 'part of each class, whole recordings, held out to choose the epoch; 0: all are trained on', { min: 0, max: 0.9 }),
})

export type NetworkTrainingInput = v.InferInput<typeof networkTrainingSchema> & Pick<TrainModelOptionsInput, 'epochs'>

/** All that training a network needs to know. */
export type NetworkTraining = OptionsOf<typeof networkTrainingSchema> & Pick<TrainModelOptions, 'epochs' | 'seed'>

/** What is trained: the dense head on a frozen backbone, all of a network from a backbone on, or from initial values. */
export const TRAIN_MODES = ['head', 'fine-tune', 'scratch'] as const
export type TrainMode = (typeof TRAIN_MODES)[number]

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

const COMMON: NetworkTrainingInput = {
  samplesPerEpoch: 1600, shards: 2, learningRate: 1.5e-3, warmupEpochs: 2, weightDecay: 1e-3, labelSmoothing: 0.1, clipNorm: 5, emaDecay: 0.99, minPeakDb: -30, augment: AUGMENT, augmentFloor: -80,
} // prettier-ignore

/** Recipes: what options are that nobody gave. */
export const MODE_RECIPES: Readonly<Record<Exclude<TrainMode, 'head'>, NetworkTrainingInput>> = {
  'fine-tune': { ...COMMON, epochs: 16 },
  scratch: { ...COMMON, epochs: 60, learningRate: 3e-3 },
}

/** Completes options by the recipe of a mode; as many threads as the machine has, up to one a shard. */
export function networkTraining(mode: Exclude<TrainMode, 'head'>, input: unknown, { epochs, seed }: { readonly epochs: number | null; readonly seed: number }): NetworkTraining {
  const { epochs: usual, ...recipe } = MODE_RECIPES[mode]
  const { shards = recipe.shards! } = input as NetworkTrainingInput
  const threads = Math.max(1, Math.min(Number.isInteger(shards) ? shards : 1, availableParallelism()))
  const complete = parseOptions(networkTrainingSchema, { ...recipe, threads, ...(input as object) }, 'train')
  if (complete.threads > complete.shards) throw new AedError('INVALID_OPTION', `train: threads takes at most one a shard, got ${complete.threads} for ${complete.shards}`, { hint: 'more shards, each with batch statistics of its own' })
  if (complete.backend !== 'wasm' && complete.shards > 1) throw new AedError('INVALID_OPTION', `train: shards takes 1 with backend ${complete.backend}, got ${complete.shards}`)
  return { ...complete, epochs: epochs ?? usual!, seed }
}

/** @throws AedError `INVALID_OPTION` */
export function parseSpeeds(text: string): readonly number[] {
  const speeds = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)))
  if (!speeds.every((speed) => speed >= 0.25 && speed <= 4)) throw new AedError('INVALID_OPTION', `train: speeds takes numbers from 0.25 to 4, comma-separated, got '${text}'`)
  return speeds
}

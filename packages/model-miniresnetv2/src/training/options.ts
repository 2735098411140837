import { option, type OptionsInput, type OptionsOf } from '@aed/core'
import { augmentRecipeSchema } from '@aed/dsp-mel'
import * as v from 'valibot'

/** Options of {@link trainModel}. Learning rates of `backbone` and head, what moves and when, and how batches are made. */
export const trainModelOptionsSchema = v.strictObject({
  epochs: option.integer(16, 'epochs at most', { min: 1, max: 100000 }),
  batchSize: option.integer(32, 'patches in one step', { min: 1, max: 4096 }),
  samplesPerEpoch: option.integerOrNone(null, 'patches drawn in one epoch; none: one of each clip', { min: 1 }),
  optimizer: option.choice(['adamW', 'adam', 'sgd'], 'adamW', 'how weights move'),
  learningRate: option.number(1.5e-3, 'largest step size', { min: 0, exclusiveMin: true }),
  backboneRate: option.number(1, 'what the step size of all layers but the head is multiplied by', { min: 0 }),
  momentum: option.number(0.9, 'of sgd', { min: 0, max: 0.9999 }),
  weightDecay: option.number(1e-3, 'pull of kernels towards 0', { min: 0 }),
  schedule: option.choice(['cosine', 'constant', 'step', 'exponential', 'plateau'], 'cosine', 'how the step size falls'),
  warmupEpochs: option.number(0, 'epochs in which the step size rises from 0', { min: 0, unit: 'epochs' }),
  decay: option.number(0.5, 'factor of step, exponential and plateau', { min: 0, max: 1, exclusiveMin: true }),
  decayEpochs: option.integer(5, 'epochs between two such factors; of plateau: epochs without a better validation loss', { min: 1 }),
  stopPatience: option.integerOrNone(null, 'epochs without a better validation loss before training stops; none: never', { min: 1 }),
  keep: option.choice(['best', 'last'], 'best', 'which weights are kept: those of the least validation loss, or the last'),
  emaDecay: option.number(0, 'of a moving average of the weights, which is then what is evaluated and kept; 0: none', { min: 0, max: 0.99999 }),
  labelSmoothing: option.number(0, 'part of the target spread over all classes', { min: 0, max: 0.99 }),
  classWeights: option.choice(['none', 'balanced'], 'none', 'balanced: each class counts alike, however many clips it has'),
  clipNorm: option.numberOrNone(null, 'largest length of the gradient; longer ones are shortened', { min: 0, exclusiveMin: true }),
  trainFrom: option.text('all', 'first layer that is trained, all, or head'),
  probeEpochs: option.integer(0, 'epochs before all others in which the head alone is trained', { min: 0 }),
  batchNorm: option.choice(['train', 'freeze'], 'train', 'batch normalization of trained layers: by the batch, or by the statistics that it has'),
  minPeakDb: option.numberOrNone(null, 'a window whose loudest value is below this is drawn again', { unit: 'dB' }),
  augment: v.optional(v.pipe(augmentRecipeSchema.entries.steps, v.metadata({ description: 'steps of a recipe of @aed/dsp-mel, done to each patch' })), () => []),
  augmentFloor: option.numberOrNone(null, 'values below this are raised to it after augmentation', { unit: 'dB' }),
  backend: option.choice(['wasm', 'cpu', 'webgl'], 'wasm', 'where gradients are computed: by our own kernels (wasm), or by tfjs'),
  shards: option.integer(1, 'parts of a batch, each with batch statistics of its own; with tfjs one', { min: 1, max: 64 }),
  threads: option.integer(1, 'threads that share the parts of a batch: at most one a part; the result does not depend on them', { min: 1, max: 64 }),
  seed: v.optional(v.pipe(v.union([v.number(), v.string()]), v.metadata({ description: 'seed of everything random' })), 0),
})

export type TrainModelOptions = OptionsOf<typeof trainModelOptionsSchema>
export type TrainModelOptionsInput = OptionsInput<typeof trainModelOptionsSchema>

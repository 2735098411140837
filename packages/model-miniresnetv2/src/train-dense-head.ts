import { AedError, argMax, createRandom, formatShape, log, option, parseOptions, throwIfAborted, type OptionsOf, type Random, type StageContext, type Tensor } from '@aed/core'
import * as v from 'valibot'
import { softmaxInPlace, type DenseHead } from './dense-head.ts'
import { SoftmaxRegression } from './softmax-regression.ts'

/** Options of {@link trainDenseHead}. */
export const trainDenseHeadOptionsSchema = v.strictObject({
  epochs: option.integer(40, 'passes over the training embeddings at most', { min: 1, max: 100000 }),
  batchSize: option.integer(16, 'embeddings in one step', { min: 1, max: 65536 }),
  learningRate: option.number(1e-3, 'initial step size of Adam', { min: 0, exclusiveMin: true }),
  l2: option.number(0, 'penalty: half of this times the sum of squared weights', { min: 0 }),
  labelSmoothing: option.number(0, 'part of the target spread evenly over all classes', { min: 0, max: 0.99 }),
  plateauPatience: option.integer(5, 'epochs without a better validation loss before the step size shrinks', { min: 1 }),
  plateauFactor: option.number(0.5, 'what the step size is then multiplied by', { min: 0, max: 1, exclusiveMin: true }),
  stopPatience: option.integer(15, 'epochs without a better validation loss before training stops', { min: 1 }),
  refit: option.boolean(true, 'train once more, on the validation part too, for as many epochs as were best'),
  seed: v.optional(v.pipe(v.union([v.number(), v.string()]), v.metadata({ description: 'seed of the initial values and of the order of the data' })), 0),
})

export type TrainDenseHeadOptions = OptionsOf<typeof trainDenseHeadOptionsSchema>

/** Embeddings with labels, and which of them train and validate. */
export interface TrainDenseHeadInput {
  /** `[n, features]`. */
  readonly embeddings: Tensor<'float32'>
  /** Class index of each embedding; those of neither part are ignored. */
  readonly labels: Int32Array
  /** Indices of embeddings to train on. */
  readonly train: Int32Array
  /** Indices that choose the epoch, of other recordings than `train`; empty: all epochs are trained and the last is kept. */
  readonly validation: Int32Array
  /** Number of classes; by default one more than the largest label. */
  readonly classes?: number
  /** Other draws of the same embeddings, each like `embeddings`; epoch e trains on draw e modulo their number, `embeddings` being the first. */
  readonly augmented?: readonly Tensor<'float32'>[]
}

/** One epoch of training. */
export interface EpochMetrics {
  /** From 1. */
  readonly epoch: number
  /** Mean cross-entropy while the epoch ran, in nats. */
  readonly loss: number
  /** 0 to 1. */
  readonly accuracy: number
  /** Of the weights at the end of the epoch; null without validation. */
  readonly valLoss: number | null
  readonly valAccuracy: number | null
  readonly learningRate: number
}

/** A trained head with how it came about. */
export interface TrainedHead {
  readonly head: DenseHead
  /** Of the training that chooses the epoch. */
  readonly history: readonly EpochMetrics[]
  /** The epoch of the least validation loss, from 1: its weights were kept, or with `refit` so many epochs were trained. */
  readonly bestEpoch: number
}

/** Smallest probability whose logarithm is taken: keeps a loss finite when a probability underflows. */
const TINY = 1e-300

/** Sums of loss and of right answers over rows whose logits are given; turns the logits into probabilities. */
function score(logits: Float64Array, classes: number, labels: Int32Array): { loss: number; right: number } {
  let loss = 0
  let right = 0
  for (let row = 0; row < labels.length; row++) {
    const p = softmaxInPlace(logits.subarray(row * classes, (row + 1) * classes))
    const label = labels[row]!
    loss -= log(Math.max(p[label]!, TINY))
    if (argMax(p) === label) right++
  }
  return { loss, right }
}

function checkInput({ embeddings, labels, train, validation, augmented = [], classes: wanted }: TrainDenseHeadInput): { features: number; classes: number } {
  const invalid = (what: string) => new AedError('INVALID_INPUT', `trainDenseHead: ${what}`)
  const [n = 0, features = 0] = embeddings.shape
  if (embeddings.shape.length !== 2 || embeddings.data.length !== n * features || features === 0) throw invalid(`embeddings are [n, features], got ${formatShape(embeddings.shape)}`)
  if (labels.length !== n) throw invalid(`expected ${n} labels, got ${labels.length}`)
  for (const { shape } of augmented) if (formatShape(shape) !== formatShape(embeddings.shape)) throw invalid(`augmented embeddings are ${formatShape(embeddings.shape)}, got ${formatShape(shape)}`)
  if (train.length === 0) throw new AedError('SPLIT_INVALID', 'trainDenseHead: there is nothing to train on')
  let largest = 0
  for (const [name, rows] of Object.entries({ train, validation }))
    for (const row of rows) {
      if (row < 0 || row >= n) throw invalid(`${name} names embedding ${row} of ${n}`)
      largest = Math.max(largest, labels[row]!)
      if (labels[row]! < 0 || (wanted !== undefined && labels[row]! >= wanted)) throw invalid(`embedding ${row} has label ${labels[row]!}${wanted === undefined ? '' : ` of ${wanted} classes`}`)
    }
  return { features, classes: wanted ?? largest + 1 }
}

type TrainContext = Pick<StageContext, 'signal'>

/** Rows of one or more draws of embeddings that a regression trains on, with the state that training keeps between epochs. */
class Training {
  readonly regression: SoftmaxRegression
  private readonly draws: readonly Float32Array[]
  private readonly labels: Int32Array
  private readonly order: Int32Array
  private readonly classes: number
  private readonly options: TrainDenseHeadOptions
  private readonly shuffling: Random

  constructor({ embeddings, augmented = [], labels }: TrainDenseHeadInput, rows: Int32Array, { features, classes }: { features: number; classes: number }, options: TrainDenseHeadOptions) {
    const random = createRandom(options.seed)
    this.regression = new SoftmaxRegression(classes, features, options.batchSize, random.fork('weights'))
    this.shuffling = random.fork('order')
    this.draws = [embeddings, ...augmented].map(({ data }) => data)
    this.labels = labels
    this.order = rows.slice()
    this.classes = classes
    this.options = options
  }

  /** Sums of loss and of right answers over some rows by the present weights; `after` runs on each batch of probabilities. */
  private pass(x: Float32Array, rows: Int32Array, after: (labels: Int32Array) => void, { signal }: TrainContext): { loss: number; accuracy: number } {
    const { classes, regression } = this
    const { batchSize } = this.options
    let loss = 0
    let right = 0
    for (let from = 0; from < rows.length; from += batchSize) {
      throwIfAborted(signal)
      const labels = rows.slice(from, from + batchSize).map((row) => this.labels[row]!)
      regression.logits(x, rows, from, labels.length)
      const scored = score(regression.values, classes, labels)
      loss += scored.loss
      right += scored.right
      after(labels)
    }
    return { loss: loss / rows.length, accuracy: right / rows.length }
  }

  /** One pass over the rows in a new order. @returns mean loss and accuracy while it ran */
  epoch(epoch: number, learningRate: number, context: TrainContext): { loss: number; accuracy: number } {
    const { classes, order, regression } = this
    const { labelSmoothing, l2 } = this.options
    this.shuffling.shuffle(order)
    const step = (labels: Int32Array) => {
      const { values } = regression
      for (let row = 0, at = 0; row < labels.length; row++)
        for (let c = 0; c < classes; c++, at++) {
          const target = labelSmoothing / classes + (c === labels[row] ? 1 - labelSmoothing : 0)
          values[at] = (values[at]! - target) / labels.length
        }
      regression.step(labels.length, learningRate, l2)
    }
    const metrics = this.pass(this.draws[(epoch - 1) % this.draws.length]!, order, step, context)
    if (!Number.isFinite(metrics.loss))
      throw new AedError('TRAINING_FAILED', `trainDenseHead: the loss is not finite in epoch ${epoch}`, { hint: 'check the embeddings for values that are not finite, or lower learningRate' })
    return metrics
  }

  /** Loss and accuracy of the present weights on rows of the first draw. */
  evaluate(rows: Int32Array, context: TrainContext): { loss: number; accuracy: number } {
    return this.pass(this.draws[0]!, rows, () => undefined, context)
  }
}

/**
 * Trains a dense softmax layer on embeddings: Adam on the cross-entropy, the data reshuffled each epoch; the step size shrinks on a plateau of the
 * validation loss, and training stops when that no longer falls. Then either the best weights are kept, or (`refit`) a new layer is trained on
 * training and validation part together, for as many epochs and with the same step sizes as were best. Equal input, options and seed give equal
 * bytes in every runtime.
 * @throws AedError `INVALID_INPUT` for arrays that do not fit together, `SPLIT_INVALID` for nothing to train on, `INVALID_OPTION`,
 * `TRAINING_FAILED` (with the epoch) for a loss that is not finite, `ABORTED`
 */
export function trainDenseHead(input: TrainDenseHeadInput, options: v.InferInput<typeof trainDenseHeadOptionsSchema> = {}, { signal, onProgress }: StageContext = {}): TrainedHead {
  const complete = parseOptions(trainDenseHeadOptionsSchema, options, 'trainDenseHead')
  const { epochs, stopPatience, plateauPatience, plateauFactor, refit } = complete
  const sizes = checkInput(input)
  const { train, validation } = input
  const training = new Training(input, train, sizes, complete)
  const history: EpochMetrics[] = []
  let best = { epoch: 0, loss: Infinity, weights: new Float32Array(), bias: new Float32Array() }
  let { learningRate } = complete
  let sinceShrunk = 0

  for (let epoch = 1; epoch <= epochs; epoch++) {
    const trained = training.epoch(epoch, learningRate, { signal })
    const held = validation.length > 0 ? training.evaluate(validation, { signal }) : null
    history.push({ epoch, ...trained, valLoss: held && held.loss, valAccuracy: held && held.accuracy, learningRate })
    onProgress?.({ done: epoch, total: epochs, what: 'epochs' })
    if (!held || held.loss < best.loss) {
      best = { epoch, loss: held?.loss ?? Infinity, weights: training.regression.weights.slice(), bias: training.regression.bias.slice() }
      sinceShrunk = 0
    } else if (epoch - best.epoch >= stopPatience) break
    else if (++sinceShrunk >= plateauPatience) {
      learningRate *= plateauFactor
      sinceShrunk = 0
    }
  }
  if (best.epoch === 0) throw new AedError('TRAINING_FAILED', 'trainDenseHead: the validation loss was never finite', { hint: 'check the embeddings of the validation part' })
  const kept = refit && validation.length > 0 ? refitted(input, sizes, complete, history.slice(0, best.epoch), { signal }) : best
  return { head: { weights: kept.weights, bias: kept.bias, ...sizes }, history, bestEpoch: best.epoch }
}

/** A regression trained on both parts with the step sizes of the epochs given. */
function refitted(input: TrainDenseHeadInput, sizes: { features: number; classes: number }, options: TrainDenseHeadOptions, epochs: readonly EpochMetrics[], context: TrainContext): SoftmaxRegression {
  const both = new Int32Array(input.train.length + input.validation.length)
  both.set(input.train)
  both.set(input.validation, input.train.length)
  const training = new Training(input, both, sizes, options)
  for (const { epoch, learningRate } of epochs) training.epoch(epoch, learningRate, context)
  return training.regression
}

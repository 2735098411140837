import { AedError, createRandom, formatShape, log, option, parseOptions, throwIfAborted, type OptionsOf, type Random, type StageContext, type Tensor } from '@aed/core'
import * as v from 'valibot'
import { softmaxInPlace, type DenseHead } from './dense-head.ts'

/** Options of {@link trainDenseHead}. */
export const trainDenseHeadOptionsSchema = v.strictObject({
  epochs: option.integer(40, 'passes over the training embeddings at most', { min: 1, max: 100000 }),
  batchSize: option.integer(16, 'embeddings in one step', { min: 1, max: 65536 }),
  learningRate: option.number(1e-3, 'initial step size of Adam', { min: 0, exclusiveMin: true }),
  l2: option.number(0, 'penalty: half of this times the sum of squared weights, standardised where the embeddings are', { min: 0 }),
  labelSmoothing: option.number(0, 'part of the target spread evenly over all classes', { min: 0, max: 0.99 }),
  standardise: option.boolean(true, 'each feature to mean 0 and variance 1 over the training embeddings, folded into the head afterwards'),
  plateauPatience: option.integer(5, 'epochs without a better validation loss before the step size shrinks', { min: 1 }),
  plateauFactor: option.number(0.5, 'what the step size is then multiplied by', { min: 0, max: 1, exclusiveMin: true }),
  stopPatience: option.integer(15, 'epochs without a better validation loss before training stops', { min: 1 }),
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
  /** Indices that choose the epoch, of other recordings than `train`; empty: the last epoch is kept. */
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
  readonly history: readonly EpochMetrics[]
  /** The epoch whose weights were kept, from 1. */
  readonly bestEpoch: number
}

const BETA1 = 0.9
const BETA2 = 0.999
const EPSILON = 1e-7

/** Mean and standard deviation of each feature over some rows; a feature that never changes gets deviation 1. */
function featureMoments(data: Float32Array, features: number, rows: Int32Array): { mean: Float32Array; deviation: Float32Array } {
  const mean = new Float64Array(features)
  const variance = new Float64Array(features)
  for (const row of rows) for (let i = 0, x = row * features; i < features; i++) mean[i]! += data[x + i]!
  for (let i = 0; i < features; i++) mean[i]! /= rows.length
  for (const row of rows)
    for (let i = 0, x = row * features; i < features; i++) {
      const difference = data[x + i]! - mean[i]!
      variance[i]! += difference * difference
    }
  // A feature that is all but constant would be blown up to the size of the others.
  const deviation = Float32Array.from(variance, (sum) => (sum / rows.length > 1e-12 ? Math.sqrt(sum / rows.length) : 1))
  return { mean: Float32Array.from(mean), deviation }
}

/** The named rows as a matrix of their own, standardised. */
function gather(data: Float32Array, features: number, rows: Int32Array, mean: Float32Array, factor: Float32Array): Float32Array {
  const gathered = new Float32Array(rows.length * features)
  for (let r = 0, to = 0; r < rows.length; r++)
    for (let i = 0, from = rows[r]! * features; i < features; i++, to++) gathered[to] = (data[from + i]! - mean[i]!) * factor[i]!
  return gathered
}

/** A softmax regression in training: weights `[classes, features]` and Adam's two moments of each. */
class SoftmaxRegression {
  readonly weights: Float32Array
  readonly bias: Float32Array
  private readonly classes: number
  private readonly features: number
  private readonly moments: readonly [weights: Float32Array, weightSquares: Float32Array, bias: Float32Array, biasSquares: Float32Array]
  private readonly gradient: Float32Array
  private beta1Power = 1
  private beta2Power = 1

  constructor(classes: number, features: number, random: Random) {
    this.classes = classes
    this.features = features
    const limit = Math.sqrt(6 / (classes + features))
    this.weights = new Float32Array(classes * features)
    for (let i = 0; i < this.weights.length; i++) this.weights[i] = random.between(-limit, limit)
    this.bias = new Float32Array(classes)
    this.moments = [new Float32Array(classes * features), new Float32Array(classes * features), new Float32Array(classes), new Float32Array(classes)]
    this.gradient = new Float32Array(features)
  }

  /** Logits `[count, classes]` of the rows that start at `offsets[from]` and after. Four rows share one pass over the weights. */
  logits(x: Float32Array, offsets: Int32Array, from: number, count: number, out: Float64Array): void {
    const { classes, features, weights, bias } = this
    for (let row = 0; row < count; row += 4) {
      const last = from + count - 1
      const [x0, x1, x2, x3] = [offsets[from + row]!, offsets[Math.min(from + row + 1, last)]!, offsets[Math.min(from + row + 2, last)]!, offsets[Math.min(from + row + 3, last)]!]
      for (let c = 0; c < classes; c++) {
        let s0 = bias[c]!
        let s1 = s0
        let s2 = s0
        let s3 = s0
        for (let i = 0, w = c * features; i < features; i++, w++) {
          const weight = weights[w]!
          s0 += x[x0 + i]! * weight
          s1 += x[x1 + i]! * weight
          s2 += x[x2 + i]! * weight
          s3 += x[x3 + i]! * weight
        }
        const at = row * classes + c
        out[at] = s0
        if (row + 1 < count) out[at + classes] = s1
        if (row + 2 < count) out[at + 2 * classes] = s2
        if (row + 3 < count) out[at + 3 * classes] = s3
      }
    }
  }

  /** One step of Adam. @param errors `[count, classes]`, gradient of the loss by the logits */
  step(x: Float32Array, offsets: Int32Array, from: number, count: number, errors: Float64Array, learningRate: number, l2: number): void {
    const { classes, features, weights, bias, gradient } = this
    const [m, s, mBias, sBias] = this.moments
    this.beta1Power *= BETA1
    this.beta2Power *= BETA2
    const rate = (learningRate * Math.sqrt(1 - this.beta2Power)) / (1 - this.beta1Power)
    const last = from + count - 1
    for (let c = 0; c < classes; c++) {
      gradient.fill(0)
      let biasGradient = 0
      for (let row = 0; row < count; row += 4) {
        const at = row * classes + c
        const e0 = errors[at]!
        const e1 = row + 1 < count ? errors[at + classes]! : 0
        const e2 = row + 2 < count ? errors[at + 2 * classes]! : 0
        const e3 = row + 3 < count ? errors[at + 3 * classes]! : 0
        const [x0, x1, x2, x3] = [offsets[from + row]!, offsets[Math.min(from + row + 1, last)]!, offsets[Math.min(from + row + 2, last)]!, offsets[Math.min(from + row + 3, last)]!]
        for (let i = 0; i < features; i++) gradient[i]! += e0 * x[x0 + i]! + e1 * x[x1 + i]! + e2 * x[x2 + i]! + e3 * x[x3 + i]!
        biasGradient += e0 + e1 + e2 + e3
      }
      for (let i = 0, w = c * features; i < features; i++, w++) {
        const g = gradient[i]! + l2 * weights[w]!
        const mean = BETA1 * m[w]! + (1 - BETA1) * g
        const square = BETA2 * s[w]! + (1 - BETA2) * g * g
        m[w] = mean
        s[w] = square
        weights[w]! -= (rate * mean) / (Math.sqrt(square) + EPSILON)
      }
      mBias[c] = BETA1 * mBias[c]! + (1 - BETA1) * biasGradient
      sBias[c] = BETA2 * sBias[c]! + (1 - BETA2) * biasGradient * biasGradient
      bias[c]! -= (rate * mBias[c]!) / (Math.sqrt(sBias[c]!) + EPSILON)
    }
  }
}

/** Smallest probability whose logarithm is taken: keeps a loss finite when a probability underflows. */
const TINY = 1e-300

/** Sums of loss and of right answers over rows whose logits are given; turns them into probabilities. */
function score(logits: Float64Array, count: number, classes: number, labels: Int32Array, from: number): { loss: number; right: number } {
  let loss = 0
  let right = 0
  for (let row = 0; row < count; row++) {
    const p = softmaxInPlace(logits.subarray(row * classes, (row + 1) * classes))
    const label = labels[from + row]!
    loss -= log(Math.max(p[label]!, TINY))
    let best = 0
    for (let c = 1; c < classes; c++) if (p[c]! > p[best]!) best = c
    if (best === label) right++
  }
  return { loss, right }
}

function checkInput({ embeddings, labels, train, validation, augmented = [], classes: wanted }: TrainDenseHeadInput): { n: number; features: number; classes: number } {
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
  return { n, features, classes: wanted ?? largest + 1 }
}

/**
 * Trains a dense softmax layer on embeddings: Adam on the cross-entropy, the data reshuffled each epoch; the step size shrinks on a plateau of the
 * validation loss, training stops when that no longer falls, and the best weights are kept. Equal input, options and seed give equal bytes in
 * every runtime.
 * @see Kingma and Ba, Adam, 2015, with Keras's epsilon
 * @throws AedError `INVALID_INPUT` for arrays that do not fit together, `SPLIT_INVALID` for nothing to train on, `INVALID_OPTION`,
 * `TRAINING_FAILED` (with the epoch) for a loss that is not finite, `ABORTED`
 */
export function trainDenseHead(input: TrainDenseHeadInput, options: v.InferInput<typeof trainDenseHeadOptionsSchema> = {}, { signal, onProgress }: StageContext = {}): TrainedHead {
  const { epochs, batchSize, learningRate: initialRate, l2, labelSmoothing, standardise, seed, ...patience } = parseOptions(trainDenseHeadOptionsSchema, options, 'trainDenseHead')
  const { features, classes } = checkInput(input)
  const { embeddings, labels, train, validation } = input
  const random = createRandom(seed)

  const { mean, deviation } = standardise ? featureMoments(embeddings.data, features, train) : { mean: new Float32Array(features), deviation: new Float32Array(features).fill(1) }
  const factor = deviation.map((value) => 1 / value)
  const draws = [embeddings, ...(input.augmented ?? [])].map(({ data }) => gather(data, features, train, mean, factor))
  const held = gather(embeddings.data, features, validation, mean, factor)
  const heldLabels = validation.map((row) => labels[row]!)
  const heldOffsets = validation.map((_row, i) => i * features)

  const regression = new SoftmaxRegression(classes, features, random.fork('weights'))
  const shuffling = random.fork('order')
  const order = Int32Array.from(train, (_row, i) => i)
  const offsets = new Int32Array(train.length)
  const orderedLabels = new Int32Array(train.length)
  const values = new Float64Array(Math.max(batchSize, validation.length, 1) * classes)

  const validate = () => {
    regression.logits(held, heldOffsets, 0, validation.length, values)
    const { loss, right } = score(values, validation.length, classes, heldLabels, 0)
    return { loss: loss / validation.length, accuracy: right / validation.length }
  }
  const history: EpochMetrics[] = []
  let best = { epoch: 0, loss: Infinity, weights: regression.weights.slice(), bias: regression.bias.slice() }
  let learningRate = initialRate
  let sinceShrunk = 0

  for (let epoch = 1; epoch <= epochs; epoch++) {
    const x = draws[(epoch - 1) % draws.length]!
    shuffling.shuffle(order)
    for (let i = 0; i < order.length; i++) {
      offsets[i] = order[i]! * features
      orderedLabels[i] = labels[train[order[i]!]!]!
    }
    let loss = 0
    let right = 0
    for (let from = 0; from < order.length; from += batchSize) {
      throwIfAborted(signal)
      const count = Math.min(batchSize, order.length - from)
      regression.logits(x, offsets, from, count, values)
      const scored = score(values, count, classes, orderedLabels, from)
      loss += scored.loss
      right += scored.right
      for (let row = 0; row < count; row++)
        for (let c = 0; c < classes; c++) {
          const target = labelSmoothing / classes + (c === orderedLabels[from + row]! ? 1 - labelSmoothing : 0)
          values[row * classes + c] = (values[row * classes + c]! - target) / count
        }
      regression.step(x, offsets, from, count, values, learningRate, l2)
    }
    const held = validation.length > 0 ? validate() : null
    const metrics: EpochMetrics = {
      epoch,
      loss: loss / order.length,
      accuracy: right / order.length,
      valLoss: held && held.loss,
      valAccuracy: held && held.accuracy,
      learningRate,
    }
    if (!Number.isFinite(metrics.loss) || (held && !Number.isFinite(held.loss)))
      throw new AedError('TRAINING_FAILED', `trainDenseHead: the loss is not finite in epoch ${epoch}`, { hint: 'check the embeddings for values that are not finite, or lower learningRate' })
    history.push(metrics)
    onProgress?.({ done: epoch, total: epochs, what: 'epochs' })

    if (!held || held.loss < best.loss) {
      best = { epoch, loss: held?.loss ?? Infinity, weights: regression.weights.slice(), bias: regression.bias.slice() }
      sinceShrunk = 0
    } else if (epoch - best.epoch >= patience.stopPatience) break
    else if (++sinceShrunk >= patience.plateauPatience) {
      learningRate *= patience.plateauFactor
      sinceShrunk = 0
    }
  }
  return { head: folded(best, factor, mean, classes, features), history, bestEpoch: best.epoch }
}

/** The head for embeddings as they are, from one for standardised ones. */
function folded({ weights, bias }: { weights: Float32Array; bias: Float32Array }, factor: Float32Array, mean: Float32Array, classes: number, features: number): DenseHead {
  const plain = weights.map((weight, w) => weight * factor[w % features]!)
  const shifted = bias.map((value, c) => {
    let sum = value
    for (let i = 0; i < features; i++) sum -= plain[c * features + i]! * mean[i]!
    return sum
  })
  return { weights: plain, bias: shifted, classes, features }
}

import { AedError, formatShape, option, parseOptions, throwIfAborted, type OptionsOf, type StageContext, type Tensor } from '@aed/core'
import * as v from 'valibot'
import { choleskyInPlace, gram, solveCholesky } from './linear-algebra.ts'
import { minimizeSoftmax } from './minimize-softmax.ts'

/** How a linear layer on statistics is found. */
export const clipHeadTrainingSchema = v.strictObject({
  solver: option.choice(['ridge', 'softmax'], 'ridge', 'ridge: least squares in closed form; softmax: softmax regression'),
  penalty: option.number(0.03, 'penalty of the squared weights for each copy of the clips; softmax: half of this', { min: 0, exclusiveMin: true }),
  sharpness: option.number(10, 'ridge: what the least-squares scores are multiplied by before softmax', { min: 0, exclusiveMin: true }),
})
export type ClipHeadTraining = OptionsOf<typeof clipHeadTrainingSchema>

/** One head to train on given statistics. */
export interface ClipHeadVariant {
  /** One a block: how much it counts; 0 leaves it out. */
  readonly gains: readonly number[]
  readonly training?: v.InferInput<typeof clipHeadTrainingSchema>
}

/** Statistics of clips, and the heads that are wanted of them. */
export interface TrainClipHeadsInput {
  /** `[rows, features]`, block after block; copies of a clip are rows of their own. */
  readonly statistics: Tensor<'float32'>
  /** Class index of each row. */
  readonly labels: Int32Array
  readonly classes: number
  /** Copies of each clip among the rows: what the penalty counts by. */
  readonly copies: number
  /** Features of each block. */
  readonly blocks: readonly number[]
  readonly variants: readonly ClipHeadVariant[]
}

/** The numbers of a clip head on all features; those of a block left out have a scale of 0. */
export interface TrainedClipHead {
  /** `[features]`. */
  readonly mean: Float32Array
  /** `[features]`: 1 / (deviation + 0.1 · mean deviation of the block) · gain / root mean square of the rows' norms. */
  readonly scale: Float32Array
  /** Row-major `[classes, features]`. */
  readonly weights: Float32Array
  /** `[classes]`. */
  readonly bias: Float32Array
  /** Steps of softmax regression; 0 for ridge. */
  readonly iterations: number
}

/**
 * Where the scores of a trained head begin to fade and where they end, as a head's `reach`: squared lengths of the standardised statistics, whose mean over the rows is 1. Of ESC-10's
 * clips that a head has not seen nine in ten lie below 1.3 and 98 in 100 below 1.75; noise and tones beyond 1.6.
 */
export const CLIP_HEAD_REACH = { near: 1.2, far: 1.8 } as const

/** Square of the constant feature that stands for the bias: penalised as the others are. */
const CONSTANT_SQUARED = 0.3
/** Least-squares targets: 1 for the class and 0 for the others, less this. */
const TARGET_MEAN = 0.1
/** Part of a block's mean deviation that is added to each deviation: features that hardly move stay small. */
const DEVIATION_FLOOR = 0.1

/**
 * Trains linear heads on statistics of clips, several at a time, since they share the costly part: products of all pairs of rows, block by block.
 *
 * Every feature is centred and divided by its deviation plus a tenth of the mean deviation of its block, times the gain of the block; all rows are divided by the root mean square
 * of their norms; a constant √0.3 is appended. `ridge`: minimises Σ‖xW − t‖² + penalty · copies · ‖W‖², t one-hot less 0.1, solved exactly in the dual by Cholesky; its scores
 * times `sharpness` are the logits. `softmax`: see {@link minimizeSoftmax}. Deterministic; float64 inside.
 * @throws AedError `INVALID_INPUT`, `INVALID_OPTION`, `SPLIT_INVALID` for no row, `TRAINING_FAILED` where the matrix is singular
 * @see reference.md, recipe R
 */
export function trainClipHeads(input: TrainClipHeadsInput, options: Readonly<Record<string, never>> = {}, context: StageContext = {}): readonly TrainedClipHead[] {
  parseOptions(v.strictObject({}), options, 'trainClipHeads')
  const { rows, features } = checkInput(input)
  const blocks = standardise(input, rows, features)
  return input.variants.map(({ gains, training }) => {
    throwIfAborted(context.signal)
    return trainOne(input, blocks, rows, gains, parseOptions(clipHeadTrainingSchema, training ?? {}, 'clip head'))
  })
}

interface Block {
  readonly offset: number
  readonly length: number
  readonly mean: Float64Array
  /** What a centred feature is multiplied by. */
  readonly factor: Float64Array
  /** Standardised, `[rows, length]`. */
  readonly x: Float64Array
  /** Made when first needed, `[rows, rows]`. */
  gram?: Float64Array
}

function checkInput({ statistics, labels, classes, blocks, variants, copies }: TrainClipHeadsInput): { rows: number; features: number } {
  const invalid = (what: string) => new AedError('INVALID_INPUT', `trainClipHeads: ${what}`)
  const [rows = 0, features = 0] = statistics.shape
  if (statistics.shape.length !== 2 || statistics.data.length !== rows * features || features === 0) throw invalid(`statistics are [rows, features], got ${formatShape(statistics.shape)}`)
  if (rows === 0) throw new AedError('SPLIT_INVALID', 'trainClipHeads: there is nothing to train on')
  if (labels.length !== rows) throw invalid(`expected ${rows} labels, got ${labels.length}`)
  const bad = labels.findIndex((label) => !(label >= 0 && label < classes))
  if (bad >= 0) throw invalid(`row ${bad} has label ${labels[bad]} of ${classes} classes`)
  if (!(copies >= 1)) throw invalid(`copies are 1 or more, got ${copies}`)
  if (blocks.reduce((a, b) => a + b, 0) !== features) throw invalid(`blocks of ${blocks.join(' + ')} features are not ${features}`)
  for (const { gains } of variants)
    if (gains.length !== blocks.length || !gains.some((gain) => gain > 0) || gains.some((gain) => !(gain >= 0 && gain < Infinity))) throw invalid(`a variant takes ${blocks.length} gains of 0 or more, one above 0, got ${gains.join(', ')}`)
  const broken = statistics.data.findIndex((value) => !Number.isFinite(value))
  if (broken >= 0) throw invalid(`row ${Math.floor(broken / features)}, feature ${broken % features} is ${statistics.data[broken]}`)
  return { rows, features }
}

function standardise({ statistics: { data }, blocks }: TrainClipHeadsInput, rows: number, features: number): readonly Block[] {
  let offset = 0
  return blocks.map((length) => {
    const mean = new Float64Array(length)
    const deviation = new Float64Array(length)
    for (let row = 0; row < rows; row++) for (let i = 0, at = row * features + offset; i < length; i++, at++) mean[i]! += data[at]!
    for (let i = 0; i < length; i++) mean[i]! /= rows
    for (let row = 0; row < rows; row++) for (let i = 0, at = row * features + offset; i < length; i++, at++) deviation[i]! += (data[at]! - mean[i]!) * (data[at]! - mean[i]!)
    let sum = 0
    for (let i = 0; i < length; i++) sum += deviation[i] = Math.sqrt(deviation[i]! / rows)
    const floor = (DEVIATION_FLOOR * sum) / length
    // A block that never moves carries nothing.
    const factor = deviation.map((value) => (floor > 0 ? 1 / (value + floor) : 0))
    const x = new Float64Array(rows * length)
    for (let row = 0, to = 0; row < rows; row++) for (let i = 0, at = row * features + offset; i < length; i++, at++, to++) x[to] = (data[at]! - mean[i]!) * factor[i]!
    const block: Block = { offset, length, mean, factor, x }
    offset += length
    return block
  })
}

/** Weighted sum of the blocks' Gram matrices, lower triangle. */
function joinedGram(blocks: readonly Block[], rows: number, gains: readonly number[]): Float64Array {
  const joined = new Float64Array(rows * rows)
  for (const [b, block] of blocks.entries()) {
    const weight = gains[b]! * gains[b]!
    if (weight === 0) continue
    const k = (block.gram ??= gram(block.x, rows, block.length))
    for (let i = 0; i < k.length; i++) joined[i]! += weight * k[i]!
  }
  return joined
}

function trainOne({ statistics, labels, classes, copies }: TrainClipHeadsInput, blocks: readonly Block[], rows: number, gains: readonly number[], training: ClipHeadTraining): TrainedClipHead {
  const { solver, penalty, sharpness } = training
  const k = joinedGram(blocks, rows, gains)
  let trace = 0
  for (let i = 0; i < rows; i++) trace += k[i * rows + i]!
  const norm = Math.sqrt(trace / rows)
  if (!(norm > 0)) throw new AedError('TRAINING_FAILED', 'trainClipHeads: no statistic differs between the clips')
  const inverse = 1 / (norm * norm)
  for (let i = 0; i < rows; i++) for (let j = 0; j <= i; j++) k[i * rows + j] = k[i * rows + j]! * inverse + CONSTANT_SQUARED
  const { coefficients, factor, iterations } =
    solver === 'ridge' ? { coefficients: solveRidge(k, rows, labels, classes, penalty * copies), factor: sharpness, iterations: 0 } : { ...minimizeSoftmax(k, rows, labels, classes, penalty * copies), factor: 1 }

  const features = statistics.shape[1]!
  const head = { mean: new Float32Array(features), scale: new Float32Array(features), weights: new Float32Array(classes * features), bias: new Float32Array(classes) }
  for (const [b, { offset, length, mean, factor: own, x }] of blocks.entries()) {
    const gain = gains[b]! / norm
    const w = new Float64Array(classes * length)
    if (gain > 0)
      for (let row = 0; row < rows; row++)
        for (let c = 0; c < classes; c++) for (let i = 0, a = coefficients[row * classes + c]! * gain, at = c * length, from = row * length; i < length; i++, at++, from++) w[at]! += a * x[from]!
    for (let i = 0; i < length; i++) {
      head.mean[offset + i] = mean[i]!
      head.scale[offset + i] = own[i]! * gain
      for (let c = 0; c < classes; c++) head.weights[c * features + offset + i] = factor * w[c * length + i]!
    }
  }
  for (let c = 0; c < classes; c++) {
    let sum = 0
    for (let row = 0; row < rows; row++) sum += coefficients[row * classes + c]!
    head.bias[c] = factor * CONSTANT_SQUARED * sum
  }
  return { ...head, iterations }
}

/** Dual coefficients of ridge regression, `[rows, classes]`; overwrites the Gram matrix. */
function solveRidge(k: Float64Array, rows: number, labels: Int32Array, classes: number, penalty: number): Float64Array {
  for (let i = 0; i < rows; i++) k[i * rows + i]! += penalty
  const targets = new Float64Array(rows * classes).fill(-TARGET_MEAN)
  for (let row = 0; row < rows; row++) targets[row * classes + labels[row]!]! += 1
  choleskyInPlace(k, rows)
  solveCholesky(k, rows, targets, classes)
  return targets
}

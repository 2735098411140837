import { clipHeadScores, encodeFloat32, type ClipBlock, type StatisticsHead, type Tensor } from '@aed/core'
import { CLIP_HEAD_REACH, type ClipHeadVariant, type TrainedClipHead } from '@aed/model-miniresnetv2'
import type { ClipMeasures } from './clip-measures.ts'
import type { Recipe } from './recipe.ts'
import type { StagePool } from './worker-pool.ts'

/** A head on the blocks of a recipe, trained. */
export interface FittedHead {
  readonly blocks: readonly ClipBlock[]
  readonly trained: TrainedClipHead
  readonly classes: number
}

/** A recipe's choice of blocks by the variant's name; '' the recipe itself. */
export function variantOf(recipe: Recipe, name: string, keys: readonly string[]): ClipHeadVariant {
  const change = name === '' ? {} : recipe.variants[name]!
  const gains: Readonly<Record<string, number>> = change.blocks ?? recipe.blocks
  return { gains: keys.map((key) => gains[key] ?? 0), training: { ...recipe.training, ...Object.fromEntries(Object.entries(change.training ?? {}).filter(([, value]) => value !== undefined)) } }
}

/** Block keys of a recipe and all of its variants. */
export const blockKeys = (recipe: Recipe): readonly string[] => [...new Set([recipe.blocks, ...Object.values(recipe.variants).map(({ blocks = {} }) => blocks)].flatMap(Object.keys))]

/** Trains heads on the copies of some clips, in the pool: several at once share most of the work. */
export function fitHeads(measures: ClipMeasures, labels: Int32Array, classes: number, train: readonly number[], copies: number, variants: readonly ClipHeadVariant[], { stages }: StagePool, signal?: AbortSignal): Promise<readonly TrainedClipHead[]> {
  const width = measures.lengths.reduce((a, b) => a + b, 0)
  const data = new Float32Array(train.length * copies * width)
  const rowLabels = new Int32Array(train.length * copies)
  train.forEach((clip, i) => {
    data.set(measures.clips[clip]!.data.subarray(0, copies * width), i * copies * width)
    rowLabels.fill(labels[clip]!, i * copies, (i + 1) * copies)
  })
  const statistics: Tensor<'float32'> = { dtype: 'float32', shape: [rowLabels.length, width], data }
  return stages.trainClipHeads({ statistics, labels: rowLabels, classes, copies, blocks: measures.lengths, variants }, {}, { signal, transfer: [data.buffer] })
}

/** Scores of rows of statistics, `[rows, classes]`, in the arithmetic of the deployed head. */
export function scoreRows({ trained, classes }: Pick<FittedHead, 'trained' | 'classes'>, { data, shape }: Tensor<'float32'>): Float32Array[] {
  const [rows = 0, features = 0] = shape
  const linear = { ...trained, features, classes, activation: 'softmax' as const, reach: CLIP_HEAD_REACH }
  return Array.from({ length: rows }, (_, row) => clipHeadScores(linear, data.subarray(row * features, (row + 1) * features)))
}

/** The head as a model card carries it: without the blocks of gain 0. */
export function headOf({ blocks, trained, classes }: FittedHead, lengths: readonly number[], gains: readonly number[], patchStep: number): StatisticsHead {
  const features = trained.mean.length
  const kept = blocks.flatMap((_block, b) => {
    const offset = lengths.slice(0, b).reduce((x, y) => x + y, 0)
    return gains[b]! > 0 ? Array.from({ length: lengths[b]! }, (_v, i) => offset + i) : []
  })
  const pick = (values: Float32Array, from = 0) => Float32Array.from(kept, (i) => values[from + i]!)
  const weights = Float32Array.from(Array.from({ length: classes }, (_, c) => [...pick(trained.weights, c * features)]).flat())
  return {
    kind: 'clip',
    patchStep,
    blocks: blocks.filter((_block, b) => gains[b]! > 0),
    activation: 'softmax',
    reach: CLIP_HEAD_REACH,
    mean: encodeFloat32(pick(trained.mean)),
    scale: encodeFloat32(pick(trained.scale)),
    weights: encodeFloat32(weights),
    bias: encodeFloat32(trained.bias),
  }
}

import * as v from 'valibot'
import { ENVELOPE_FILTERS, ENVELOPE_SAMPLE_RATE, ENVELOPE_VALUES } from './envelope-statistics.ts'
import { AedError } from './errors.ts'
import { expF32 } from './exp-f32.ts'
import type { FeatureConfig } from './feature-config.ts'
import { decodeFloat32 } from './float32-text.ts'
import { tensorOf, type Graph } from './graph.ts'
import { LEVEL_GROUPS, LEVEL_VALUES } from './level-statistics.ts'

const f32 = Math.fround
const integer = (min: number) => v.pipe(v.number(), v.integer(), v.minValue(min))
const statistics = <const T extends readonly string[]>(names: T) => v.pipe(v.array(v.picklist(names)), v.minLength(1))

/** One block of statistics of a clip. Its values stand statistic by statistic, each `[rows, channels]`, lowest row first, channels fastest. */
const clipBlockSchema = v.variant('kind', [
  /**
   * Statistics of a tapped tensor `[1, rows, columns, channels]` of the graph over all columns of all patches; each row and channel on its own.
   * Streaming: {@link TapState} is all that is kept. In an int8 graph exact integers.
   */
  v.strictObject({
    kind: v.literal('tap'),
    name: v.string(),
    /** A tensor among the graph's outputs. */
    tensor: v.string(),
    /** So many neighbouring rows are averaged first; divides their number. */
    rowPool: integer(1),
    statistics: statistics(['mean', 'std', 'max']),
    /** Added to the variance before its root is taken. */
    epsilon: v.pipe(v.number(), v.minValue(0)),
    /** True: the square root of each statistic, 0 for a negative one. */
    sqrt: v.boolean(),
  }),
  /**
   * Moments of the frames of the log-mel spectrogram, every frame of the clip once, each band on its own; `delta` is the root mean square of the
   * difference from one frame to the next. Streaming: {@link FrameState}. In an int8 model of the frames as quantized for the network's input,
   * exact integers. Needs a reference of the clip's dB that all its frames share: `dbRef` other than `patch`.
   */
  v.strictObject({ kind: v.literal('logMelMoments'), name: v.string(), statistics: statistics(['mean', 'std', 'max', 'delta']) }),
  /**
   * How the levels of groups of log-mel bands move over the frames of the clip, 72 values: `levelStatistics`. Streaming: `LevelState`. In an int8 model of the frames as quantized
   * for the network's input, exact integers.
   */
  v.strictObject({ kind: v.literal('logMelLevels'), name: v.string() }),
  /** Level, modulation and steps of four band envelopes in steps of 4 ms, 72 values: `envelopeStatistics`, of the samples up to the centre of the last frame. Streaming: `EnvelopeState`. 16 kHz. */
  v.strictObject({ kind: v.literal('envelopeLevels'), name: v.string() }),
  /** Modulation of the log-mel bands, 72 values: `logMelModulation` of `@aed/dsp-mel`. Needs all frames of the clip at once. */
  v.strictObject({ kind: v.literal('logMelModulation'), name: v.string() }),
  /** Level, modulation and periodicity of four band envelopes in steps of 4 ms, 124 values: `bandEnvelopes` of `@aed/dsp-mel`. Needs all samples at once; 16 kHz. */
  v.strictObject({ kind: v.literal('bandEnvelopes'), name: v.string() }),
])

/** From the patches of a clip to the scores of the clip (design: graph and clip head). */
export const clipHeadSchema = v.variant('kind', [
  /** The mean of the patches' scores. */
  v.strictObject({ kind: v.literal('meanScores') }),
  /**
   * Named blocks of statistics of a clip, standardised, then one linear layer. The graph's outputs are the tapped tensors and no scores.
   *
   * With xᵢ the statistics, block after block, float32, and each operation rounded to float32 on its own (never fused):
   * zᵢ = (xᵢ − meanᵢ) · scaleᵢ; then for each class c: a = bias_c; for i from 0 up: a = a + weights_{c,i} · zᵢ; the activation of all a is the scores.
   * `scale` holds what standardises a statistic, its block's gain, and every factor that is common to all.
   * With `reach`, softmax only, the sums are multiplied by how near the clip lies to those that were learned: d = Σ zᵢ · zᵢ, from i = 0 up, and (far − d) / (far − near), at most 1 and at
   * least 0.02. A clip unlike all of them so gets scores near 1 / classes, whose order stays.
   * softmax: e_c = expF32(a_c − the largest a), summed from class 0 up, score = e_c / sum. logistic: e = expF32(−|a|), score = a ≥ 0 ? 1 / (1 + e) : e / (1 + e).
   */
  v.strictObject({
    kind: v.literal('clip'),
    /** Frames from one patch to the next, instead of the feature config's overlap; the last partial patch is dropped. */
    patchStep: integer(1),
    blocks: v.pipe(v.array(clipBlockSchema), v.minLength(1)),
    activation: v.picklist(['softmax', 'logistic']),
    /** Squared lengths of z between which scores fade; of the clips that were learned their mean is 1. */
    reach: v.optional(v.strictObject({ near: v.pipe(v.number(), v.minValue(0)), far: v.pipe(v.number(), v.minValue(0)) })),
    /** `[features]`; this and the next three as `encodeFloat32` writes them. */
    mean: v.string(),
    /** `[features]`. */
    scale: v.string(),
    /** Row-major `[classes, features]`. */
    weights: v.string(),
    /** `[classes]`. */
    bias: v.string(),
  }),
])

export type ClipHead = v.InferOutput<typeof clipHeadSchema>
/** A head of statistics, not of mean scores. */
export type StatisticsHead = Extract<ClipHead, { kind: 'clip' }>
export type ClipBlock = v.InferOutput<typeof clipBlockSchema>
export type TapBlock = Extract<ClipBlock, { kind: 'tap' }>

/** A block with where its values stand among those of the head. */
export interface PlacedBlock {
  readonly block: ClipBlock
  readonly offset: number
  readonly length: number
}

/** Values of blocks of one size. */
const FIXED_LENGTHS = { logMelLevels: (LEVEL_GROUPS + 1) * LEVEL_VALUES, envelopeLevels: ENVELOPE_FILTERS.lowPasses.length * ENVELOPE_VALUES, logMelModulation: 72, bandEnvelopes: 124 } as const

/**
 * Where the values of each block stand.
 * @throws AedError `MODEL_MISMATCH` for a tap that is not an output of the graph, whose shape does not fit, and for a front end that a block cannot work with
 */
export function placeBlocks(blocks: readonly ClipBlock[], graph: Graph, { audio, mel }: FeatureConfig): readonly PlacedBlock[] {
  let offset = 0
  return blocks.map((block) => {
    const fail = (what: string) => new AedError('MODEL_MISMATCH', `clip head, block '${block.name}': ${what}`)
    const lengthOf = () => {
      switch (block.kind) {
        case 'tap': {
          if (!graph.outputs.includes(block.tensor)) throw fail(`graph '${graph.name}' has no output '${block.tensor}', only ${graph.outputs.join(', ')}`)
          const [, rows = 0, , channels] = tensorOf(graph, block.tensor).shape
          if (channels === undefined || rows % block.rowPool !== 0) throw fail(`tensor '${block.tensor}' takes shape [1, rows, columns, channels] with rows a multiple of ${block.rowPool}`)
          return (block.statistics.length * rows * channels) / block.rowPool
        }
        case 'logMelMoments':
          if (mel.dbRef === 'patch') throw fail('takes a dbRef that all frames of a clip share, got patch')
          return block.statistics.length * mel.nMels
        case 'logMelLevels':
          if (mel.nMels % LEVEL_GROUPS !== 0 || mel.dbRef === 'patch') throw fail(`takes a multiple of ${LEVEL_GROUPS} mel bands and a dbRef that all frames share, got ${mel.nMels} and ${String(mel.dbRef)}`)
          return FIXED_LENGTHS.logMelLevels
        case 'logMelModulation':
          if (mel.nMels % 16 !== 0 || mel.dbRef === 'patch') throw fail(`takes a multiple of 16 mel bands and a dbRef that all frames share, got ${mel.nMels} and ${String(mel.dbRef)}`)
          return FIXED_LENGTHS.logMelModulation
        case 'envelopeLevels':
        case 'bandEnvelopes':
          if (audio.sampleRate !== ENVELOPE_SAMPLE_RATE) throw fail(`takes ${ENVELOPE_SAMPLE_RATE} Hz, got ${audio.sampleRate} Hz`)
          return FIXED_LENGTHS[block.kind]
      }
    }
    const placed = { block, offset, length: lengthOf() }
    offset += placed.length
    return placed
  })
}

/** A linear layer on standardised statistics, its numbers decoded. */
export interface LinearHead {
  readonly features: number
  readonly classes: number
  readonly activation: StatisticsHead['activation']
  readonly reach?: StatisticsHead['reach']
  readonly mean: Float32Array
  readonly scale: Float32Array
  /** Row-major `[classes, features]`. */
  readonly weights: Float32Array
  readonly bias: Float32Array
}

/**
 * Decodes the numbers of a head.
 * @throws AedError `MODEL_INVALID` where they are not as many as blocks and classes need, or not finite, and for a reach that no softmax follows or that does not end beyond its beginning
 */
export function linearHead(head: StatisticsHead, blocks: readonly PlacedBlock[], classes: number): LinearHead {
  const features = blocks.reduce((sum, { length }) => sum + length, 0)
  const read = (name: 'mean' | 'scale' | 'weights' | 'bias', length: number) => decodeFloat32(head[name], length, `clip head: ${name}`)
  const { activation, reach } = head
  if (reach && (activation !== 'softmax' || !(f32(reach.far) > f32(reach.near)))) throw new AedError('MODEL_INVALID', `clip head: reach takes near < far and softmax, got ${reach.near}, ${reach.far} and ${activation}`)
  return { features, classes, activation, ...(reach && { reach }), mean: read('mean', features), scale: read('scale', features), weights: read('weights', classes * features), bias: read('bias', classes) }
}

/**
 * Scores of a clip from its statistics, in the order of operations that the schema states.
 * @param statistics `[features]`
 * @returns `[classes]`
 * @throws AedError `MODEL_MISMATCH` for another number of statistics
 */
export function clipHeadScores({ features, classes, activation, reach, mean, scale, weights, bias }: LinearHead, statistics: Float32Array): Float32Array {
  if (statistics.length !== features) throw new AedError('MODEL_MISMATCH', `clip head: takes ${features} statistics, got ${statistics.length}`)
  const standardised = statistics.map((x, i) => f32(f32(x - mean[i]!) * scale[i]!))
  const scores = new Float32Array(classes)
  for (let c = 0, w = 0; c < classes; c++) {
    let sum = bias[c]!
    for (let i = 0; i < features; i++, w++) sum = f32(sum + f32(weights[w]! * standardised[i]!))
    scores[c] = sum
  }
  if (reach) {
    const nearness = nearnessOf(standardised, reach)
    scores.forEach((a, c) => (scores[c] = a * nearness))
  }
  if (activation === 'logistic') return scores.map(logisticF32)
  const largest = scores.reduce((a, b) => Math.max(a, b), -Infinity)
  const exponentials = scores.map((a) => expF32(f32(a - largest)))
  const sum = exponentials.reduce((a, b) => f32(a + b), 0)
  return exponentials.map((e) => e / sum)
}

/** What is left of the scores of a clip beyond all reach, so that their order stays. */
const LEAST_NEARNESS = f32(0.02)

function nearnessOf(standardised: Float32Array, { near, far }: NonNullable<StatisticsHead['reach']>): number {
  const distance = standardised.reduce((sum, z) => f32(sum + f32(z * z)), 0)
  const end = f32(far)
  return Math.max(LEAST_NEARNESS, Math.min(1, f32(f32(end - distance) / f32(end - f32(near)))))
}

function logisticF32(a: number): number {
  const e = expF32(-Math.abs(a))
  return (a >= 0 ? 1 : e) / f32(1 + e)
}

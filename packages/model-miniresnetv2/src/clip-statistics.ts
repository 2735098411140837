import {
  addEnvelopeSamples,
  addFrame,
  addLevelFrame,
  addTap,
  AedError,
  clipHeadScores,
  emptyEnvelopeState,
  emptyFrameState,
  emptyLevelState,
  emptyTapState,
  envelopeStatistics,
  frameStatistics,
  levelStatistics,
  linearHead,
  placeBlocks,
  tapStatistics,
  tensorOf,
  type AudioClip,
  type ClipBlock,
  type FeatureConfig,
  type Graph,
  type ModelCard,
  type PlacedBlock,
  type StatisticsHead,
  type TapShape,
  type TapState,
  type Tensor,
} from '@aed/core'
import { bandEnvelopes, cutPatches, frameCount, logMelModulation, logMelPatches, logMelSpectrogram } from '@aed/dsp-mel'
import { quantizeValues } from '@aed/quantize-int8'

/** All that a clip head looks at: a clip, its log-mel spectrogram, and the patches that the network takes. */
export interface ClipViews {
  readonly clip: AudioClip
  /** `[nMels, frames]`; null where each patch has a reference of its own (`dbRef: 'patch'`). */
  readonly logMel: Tensor<'float32'> | null
  /** `[n, nMels, patchLength]`. */
  readonly patches: Tensor<'float32'>
}

/**
 * The views of a clip.
 * @param clip prepared: of the feature config's rate
 * @param patchStep frames from patch to patch, at most the length of a patch
 * @throws AedError `MODEL_MISMATCH` for a longer step; else of `logMelPatches`
 */
export function clipViews(clip: AudioClip, { mel, patches }: FeatureConfig, patchStep: number): ClipViews {
  const { patchLength } = patches
  if (patchStep > patchLength) throw new AedError('MODEL_MISMATCH', `clip head: patchStep takes at most ${patchLength}, the length of a patch, got ${patchStep}`)
  // Half a frame more, so that no rounding of the quotient changes the step.
  const options = { patchLength, patchOverlap: patchStep === patchLength ? 0 : (patchLength - patchStep + 0.5) / patchLength, includeLastPatch: false }
  if (mel.dbRef === 'patch') return { clip, logMel: null, patches: logMelPatches(clip, { mel, patches: options }) }
  const logMel = logMelSpectrogram(clip, mel)
  return { clip, logMel, patches: cutPatches(logMel, options) }
}

/** The views of one patch alone: its frames and the samples that they are centred on. */
export function patchViews({ clip, logMel, patches }: ClipViews, patch: number, { mel }: FeatureConfig, patchStep: number): ClipViews {
  const [, bands = 0, frames = 0] = patches.shape
  const size = bands * frames
  const part = patches.data.slice(patch * size, (patch + 1) * size)
  const from = patch * patchStep * mel.hopLength
  return {
    clip: { samples: clip.samples.subarray(from, from + frames * mel.hopLength), sampleRate: clip.sampleRate },
    logMel: logMel && { dtype: 'float32', shape: [bands, frames], data: part },
    patches: { dtype: 'float32', shape: [1, bands, frames], data: part },
  }
}

/** Statistics of clips by some blocks: what {@link createHeadScorer} is made of, and what heads are trained on. */
export interface ClipStatistics {
  readonly blocks: readonly PlacedBlock[]
  /**
   * @param taps the graph's outputs for all patches of the clip, `[n, ...]`, in the graph's order
   * @returns `[features]`, in the order that the head's schema states
   * @throws AedError `INVALID_INPUT` for a clip without a patch; `INVALID_STATE` for one too long for int8 sums
   */
  readonly of: (views: ClipViews, taps: readonly Tensor[]) => Float32Array
}

/**
 * Plans the statistics of blocks.
 * @param graph float or int8, its outputs the tapped tensors
 * @throws AedError `MODEL_MISMATCH` where blocks, graph and front end do not fit together
 */
export function createClipStatistics(blocks: readonly ClipBlock[], graph: Graph, features: FeatureConfig): ClipStatistics {
  const placed = placeBlocks(blocks, graph, features)
  const length = placed.reduce((sum, block) => sum + block.length, 0)
  return {
    blocks: placed,
    of: (views, taps) => {
      const values = new Float32Array(length)
      const states = new Map<string, TapState>()
      for (const { block, offset } of placed) values.set(valuesOf(block, graph, features, views, taps, states), offset)
      return values
    },
  }
}

function valuesOf(block: ClipBlock, graph: Graph, { mel }: FeatureConfig, { clip, logMel, patches }: ClipViews, taps: readonly Tensor[], states: Map<string, TapState>): Float32Array {
  switch (block.kind) {
    case 'tap': {
      const { quantization } = tensorOf(graph, block.tensor)
      const key = `${block.rowPool}/${block.tensor}`
      const state = states.get(key) ?? tapState(taps[graph.outputs.indexOf(block.tensor)]!, block.rowPool, quantization?.zeroPoints[0] ?? 0)
      states.set(key, state)
      return tapStatistics(state, block, quantization?.scales[0] ?? null)
    }
    case 'logMelMoments': {
      if (patches.shape[0] === 0) throw new AedError('INVALID_INPUT', 'a clip head needs a clip of one patch at least', { hint: 'lengthen the clip: minDuration' })
      const { data, bands, frames, scale, zeroPoint } = networkFrames(graph, logMel!)
      const state = emptyFrameState(bands)
      for (let t = 0; t < frames; t++) addFrame(state, data, t, frames, zeroPoint)
      return frameStatistics(state, block, scale)
    }
    case 'logMelLevels': {
      const { data, bands, frames, scale } = networkFrames(graph, logMel!)
      const state = emptyLevelState()
      for (let t = 0; t < frames; t++) addLevelFrame(state, data, bands, t, frames)
      return levelStatistics(state, scale)
    }
    case 'envelopeLevels': {
      const state = emptyEnvelopeState()
      addEnvelopeSamples(state, clip.samples.subarray(0, Math.max(0, frameCount(clip.samples.length, mel) - 1) * mel.hopLength))
      return envelopeStatistics(state)
    }
    case 'logMelModulation':
      return logMelModulation(logMel!)
    case 'bandEnvelopes':
      return bandEnvelopes(clip)
  }
}

/** Log-mel frames as the network takes them: quantized for an int8 one. */
function networkFrames(graph: Graph, { shape: [bands = 0, frames = 0], data }: Tensor<'float32'>) {
  const quantization = graph.inputs[0] === undefined ? undefined : tensorOf(graph, graph.inputs[0]).quantization
  return { data: quantization ? quantizeValues(data, quantization) : data, bands, frames, scale: quantization?.scales[0] ?? null, zeroPoint: quantization?.zeroPoints[0] ?? 0 }
}

/** The state of a tap after all patches of a clip. */
function tapState({ shape: [n = 0, rows = 0, columns = 0, channels = 0], data }: Tensor, rowPool: number, zeroPoint: number): TapState {
  const shape: TapShape = { rows, columns, channels, rowPool }
  const state = emptyTapState(shape)
  const size = rows * columns * channels
  for (let patch = 0; patch < n; patch++) addTap(state, (data as Float32Array).subarray(patch * size, (patch + 1) * size), shape, zeroPoint)
  return state
}

/** A clip head ready to score. */
export interface HeadScorer {
  readonly patchStep: number
  /** Scores `[classes]` of a clip. @throws AedError as {@link ClipStatistics.of} */
  readonly scores: (views: ClipViews, taps: readonly Tensor[]) => Float32Array
}

/**
 * Prepares the clip head of a model.
 * @param graph its outputs are the taps
 * @throws AedError `MODEL_MISMATCH`, `MODEL_INVALID` where head, graph and card do not fit together
 */
export function createHeadScorer(graph: Graph, { classes, features, head }: Pick<ModelCard, 'classes' | 'features'> & { readonly head: StatisticsHead }): HeadScorer {
  if (!classes || !features) throw new AedError('MODEL_MISMATCH', `graph '${graph.name}': a clip head needs class names and the feature config in its card`)
  const statistics = createClipStatistics(head.blocks, graph, features)
  const linear = linearHead(head, statistics.blocks, classes.length)
  return { patchStep: head.patchStep, scores: (views, taps) => clipHeadScores(linear, statistics.of(views, taps)) }
}

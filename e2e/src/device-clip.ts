import { clipHeadScores, linearHead, tensorOf, type FeatureConfig, type Graph, type LinearHead, type ModelCard, type StatisticsHead, type Tensor } from '@aed/core'
import { createDeviceFrontEnd } from '@aed/dsp-mel'
import { createClipStatistics, type ClipStatistics } from '@aed/model-miniresnetv2'
import { dequantizeValues, int8Core, quantizeValues } from '@aed/quantize-int8'
import { createReferenceEngine } from '@aed/quantize-int8/engine'

/** A card with a clip head of statistics. */
export type ClipCard = ModelCard & { readonly classes: readonly string[]; readonly head: StatisticsHead }

/** Whether a model has a clip head of statistics, with the class names that one takes. */
export const hasClipHead = (card: ModelCard): card is ClipCard => card.head.kind === 'clip' && card.classes !== null

/** What the chain of a clip head that a device runs makes of a recording. */
export interface DeviceClipRun {
  readonly patches: number
  /** `[patches, classes]`: after each patch the scores of its clip so far. */
  readonly scores: Float32Array
  /** Features of the last clip with all of its frames; null for one without a patch. */
  readonly features: Float32Array | null
  /** Scores of the last clip with all of its frames; null for one without a patch. */
  readonly clip: Float32Array | null
}

/** What a device has heard of a clip. */
export interface DeviceClip {
  readonly patches: number
  /** Features after the first patches, from 1 on, with the frames until the end of the last of them. */
  readonly after: (patches: number) => Float32Array
  /** Features of all patches and frames; null without a patch. */
  readonly whole: () => Float32Array | null
}

/** A recording in a device's front end, from which clips are cut. */
export interface DeviceRecording {
  readonly frames: number
  /** Frames `[from, to)` as a clip. */
  readonly clip: (from: number, to: number) => DeviceClip
}

/** The chain of a clip head on a device, ready for recordings. */
export interface DeviceClipChain {
  readonly linear: LinearHead
  readonly hear: (samples: Int16Array) => DeviceRecording
}

/**
 * Prepares the chain of a C library with a clip head of statistics in TypeScript, equal to its bits: 16-bit samples, the front end in float32, QUANTIZE, the int8 network, statistics
 * and linear layer.
 * @param features with the `dbRef` that the library was made with
 * @param engine of the graph's {@link int8Core}; left out: the reference engine, whose bytes all engines give
 * @throws AedError of the front end, the engine and the head
 */
export function createDeviceClipChain(graph: Graph, card: ClipCard, features: FeatureConfig, engine: Pick<ReturnType<typeof createReferenceEngine>, 'runAll'> = createReferenceEngine(int8Core(graph))): DeviceClipChain {
  const { mel, audio, patches: { patchLength } } = features
  const { patchStep } = card.head
  const { statistics, linear, input } = clipModel(graph, card, features)
  const front = createDeviceFrontEnd(audio.sampleRate, { ...mel, dbRef: mel.dbRef === 'patch' ? null : mel.dbRef })
  const hear = (samples: Int16Array): DeviceRecording => {
    const recording = front.logMel(samples)
    const clip = (from: number, to: number): DeviceClip => {
      const count = to - from < patchLength ? 0 : 1 + Math.floor((to - from - patchLength) / patchStep)
      const columns = Array.from({ length: count }, (_, i) => {
        const patch = columnsOf(recording, from + i * patchStep, from + i * patchStep + patchLength)
        if (mel.dbRef === 'patch') front.decibels(patch.data.slice(), patch.data.reduce((a, b) => Math.max(a, b), 0), patch.data)
        return patch.data
      })
      const data = Float32Array.from(columns.flatMap((patch) => [...patch]))
      const patches: Tensor<'float32'> = { dtype: 'float32', shape: [count, mel.nMels, patchLength], data }
      const taps = count === 0 ? [] : engine.runAll({ dtype: 'int8', shape: [count, ...input.shape.slice(1)], data: quantizeValues(data, input.quantization!) })
      // The sound of as many frames: a head takes the samples from the centre of the first to that of the last.
      const sound = (until: number) => Float32Array.from(samples.subarray(from * mel.hopLength, (until - 1) * mel.hopLength + (mel.center ? 0 : mel.nFft)), (sample) => sample / 32768)
      const upTo = (patch: number, until: number) => statistics.of({ clip: { samples: sound(until), sampleRate: audio.sampleRate }, logMel: mel.dbRef === 'patch' ? null : columnsOf(recording, from, until), patches: firstOf(patches, patch) }, taps.map((tap) => firstOf(tap, patch)))
      return { patches: count, after: (patch) => upTo(patch, from + (patch - 1) * patchStep + patchLength), whole: () => (count === 0 ? null : upTo(count, to)) }
    }
    return { frames: recording.shape[1]!, clip }
  }
  return { linear, hear }
}

/**
 * What a C library with a clip head gives along a recording, which is one clip, or several where it has more than `clipFrames` frames.
 * @throws AedError as {@link createDeviceClipChain}
 */
export function runDeviceClip(graph: Graph, card: ClipCard, features: FeatureConfig, samples: Int16Array, clipFrames: number): DeviceClipRun {
  const { linear, hear } = createDeviceClipChain(graph, card, features)
  const recording = hear(samples)
  const scores: number[] = []
  let last: Float32Array | null = null
  for (let from = 0; from < recording.frames; from += clipFrames) {
    const clip = recording.clip(from, Math.min(recording.frames, from + clipFrames))
    for (let patch = 1; patch <= clip.patches; patch++) scores.push(...clipHeadScores(linear, clip.after(patch)))
    last = clip.whole()
  }
  return { patches: scores.length / card.classes.length, scores: Float32Array.from(scores), features: last, clip: last && clipHeadScores(linear, last) }
}

/** Features and scores, float32, of inputs that are a clip each, without samples: what a library with a clip head gives for one input. @returns `[count, features + classes]` */
export function clipOutputs(graph: Graph, card: ClipCard, inputs: Int8Array, count: number): Float32Array {
  const { core, statistics, linear, input } = clipModel(graph, card, card.features!)
  const engine = createReferenceEngine(core)
  const size = inputs.length / count
  const rows = Array.from({ length: count }, (_, i) => {
    const data = inputs.slice(i * size, (i + 1) * size)
    const [, bands = 0, frames = 0] = input.shape
    const logMel: Tensor<'float32'> = { dtype: 'float32', shape: [bands, frames], data: dequantizeValues(data, input.quantization!) }
    const views = { clip: { samples: new Float32Array(0), sampleRate: 1 }, logMel, patches: { ...logMel, shape: [1, bands, frames] } }
    const features = statistics.of(views, engine.runAll({ dtype: 'int8', shape: [1, ...input.shape.slice(1)], data }))
    return [...features, ...clipHeadScores(linear, features)]
  })
  return Float32Array.from(rows.flat())
}

/** An int8 network with its clip head ready to compute. */
export function clipModel(graph: Graph, { head, classes }: ClipCard, features: FeatureConfig): { readonly core: Graph; readonly statistics: ClipStatistics; readonly linear: LinearHead; readonly input: ReturnType<typeof tensorOf> } {
  const core = int8Core(graph)
  const statistics = createClipStatistics(head.blocks, core, features)
  return { core, statistics, linear: linearHead(head, statistics.blocks, classes.length), input: tensorOf(core, core.inputs[0]) }
}

/** Columns `[from, to)` of a spectrogram. */
function columnsOf({ shape, data }: Tensor<'float32'>, from: number, to: number): Tensor<'float32'> {
  const [rows = 0, columns = 0] = shape
  const part = new Float32Array(rows * (to - from))
  for (let row = 0; row < rows; row++) part.set(data.subarray(row * columns + from, row * columns + to), row * (to - from))
  return { dtype: 'float32', shape: [rows, to - from], data: part }
}

/** The first items of a batch. */
function firstOf<T extends Tensor>(tensor: T, count: number): T {
  const size = tensor.data.length / tensor.shape[0]!
  return { ...tensor, shape: [count, ...tensor.shape.slice(1)], data: tensor.data.subarray(0, count * size) }
}

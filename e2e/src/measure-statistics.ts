import { decodeFile, prepareClip, type AudioFile } from '@aed/audio'
import { errorIn, tensorOf, throwIfAborted, type ClipBlock, type FeatureConfig, type Graph, type StageContext, type Tensor } from '@aed/core'
import { clipViews, createClipStatistics, patchViews, type ClipStatistics, type ClipViews } from '@aed/model-miniresnetv2'
import { createWasmEngine, quantizeValues } from '@aed/quantize-int8'
import { amplify, type ClipCopy } from './clip-copies.ts'
import { keepPrepared } from './keep-prepared.ts'

/** A network whose taps are measured. */
export interface MeasuredNetwork {
  /** Of its weights: what a prepared network is kept by. */
  readonly key: string
  /** Float or int8; its outputs are the taps. */
  readonly graph: Graph
}

/** What is measured of each clip. */
export interface MeasureOptions {
  readonly features: FeatureConfig
  readonly patchStep: number
  readonly copies: readonly ClipCopy[]
  /** Measured in this order; taps are outputs of the network. */
  readonly blocks: readonly ClipBlock[]
  /** Also measure each patch of the first copy as a clip of its own. */
  readonly perPatch: boolean
}

/** Statistics of a clip: rows of all blocks. */
export interface MeasuredClip {
  /** `[copies, features]`. */
  readonly clip: Tensor<'float32'>
  /** `[n, features]` of the patches of the first copy; n = 0 unless asked for. */
  readonly patches: Tensor<'float32'>
}

/** The taps of all patches. */
type RunTaps = (patches: Tensor<'float32'>) => Promise<readonly Tensor[]>

/** Networks that this thread has prepared. */
const prepared = keepPrepared<RunTaps>(2)

async function prepare({ graph }: MeasuredNetwork): Promise<RunTaps> {
  const input = tensorOf(graph, graph.inputs[0])
  if (input.dtype === 'int8') {
    const engine = await createWasmEngine(graph)
    return ({ data, shape }) => Promise.resolve(engine.runAll({ dtype: 'int8', shape: [shape[0]!, ...input.shape.slice(1)], data: quantizeValues(data, input.quantization!) }))
  }
  const { createTapRunner } = await import('@aed/model-miniresnetv2/train')
  return (await createTapRunner(graph, graph.outputs)).run
}

/** Stands for a network where only the sound itself is measured. */
const NO_NETWORK: Graph = { name: 'none', inputs: [], outputs: [], tensors: {}, nodes: [] }

/**
 * From the bytes of a recording to the statistics of its copies: what clip heads are trained and tested on.
 * @throws AedError of `@aed/audio`, `@aed/dsp-mel` and the clip head
 */
export async function measureStatistics({ file, network }: { readonly file: AudioFile; readonly network: MeasuredNetwork | null }, options: MeasureOptions, context: StageContext = {}): Promise<MeasuredClip> {
  const { features, patchStep, copies, blocks, perPatch } = options
  const graph = network?.graph ?? NO_NETWORK
  const statistics = createClipStatistics(blocks, graph, features)
  const run: RunTaps = network ? await prepared(network.key, () => prepare(network)) : () => Promise.resolve([])
  const decoded = await decodeFile(file, features.audio)
  const rows: Float32Array[] = []
  let ofPatches: readonly Float32Array[] = []
  for (const [copy, { speed, gainDb }] of copies.entries()) {
    throwIfAborted(context.signal)
    const clip = prepareClip({ channels: decoded.channels.map((samples) => amplify(samples, gainDb)), sampleRate: Math.round(decoded.sampleRate * speed) }, features.audio)
    try {
      const views = clipViews(clip, features, patchStep)
      const taps = await run(views.patches)
      rows.push(statistics.of(views, taps))
      if (perPatch && copy === 0) ofPatches = measurePatches(views, taps, statistics, features, patchStep)
    } catch (error) {
      throw errorIn(file.name, error)
    }
  }
  return { clip: stack(rows), patches: stack(ofPatches) }
}

function measurePatches(views: ClipViews, taps: readonly Tensor[], statistics: ClipStatistics, features: FeatureConfig, patchStep: number): readonly Float32Array[] {
  return Array.from({ length: views.patches.shape[0]! }, (_, patch) => {
    const ofPatch = taps.map(({ dtype, shape, data }) => {
      const size = data.length / shape[0]!
      return { dtype, shape: [1, ...shape.slice(1)], data: data.slice(patch * size, (patch + 1) * size) }
    })
    return statistics.of(patchViews(views, patch, features, patchStep), ofPatch)
  })
}

function stack(rows: readonly Float32Array[]): Tensor<'float32'> {
  const width = rows[0]?.length ?? 0
  const data = new Float32Array(rows.length * width)
  rows.forEach((row, i) => data.set(row, i * width))
  return { dtype: 'float32', shape: [rows.length, width], data }
}

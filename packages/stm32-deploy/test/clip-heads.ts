import {
  addEnvelopeSamples, addFrame, addLevelFrame, addTap, clipHeadScores, createRandom, emptyEnvelopeState, emptyFrameState, emptyLevelState, emptyTapState, encodeFloat32, envelopeStatistics, featureConfig,
  frameStatistics, levelStatistics, linearHead, MODEL_CARD_SCHEMA, placeBlocks, tapStatistics, tensorOf, validateGraph,
  type ClipBlock, type FeatureConfig, type FrameState, type Graph, type ModelCard, type StatisticsHead, type TapState,
} from '@aed/core' // prettier-ignore
import { Int8Graphs } from './int8-graphs.ts'
import { runLiterally } from './literal-engine.ts'

const CLASSES = ['a', 'b', 'c', 'd']

/** A network with two taps, one of them in the midst of it; of 18 or 24 bands. */
export function tappedNetwork(seed: number, bands = 18): Graph & { readonly outputs: readonly [string, string] } {
  const g = new Int8Graphs(`tapped ${seed}`, [1, bands, 12, 1])
  const stem = g.plain('relu', g.conv2d(g.pad2d(g.input, [1, 1], [1, 1]), 8, { strides: [2, 2] }))
  const deeper = g.conv2d(g.conv2d(stem, 8, { filter: [1, 1], activation: 'relu' }), 8, { padding: 'same' })
  const middle = g.plain('relu', g.binary('add', stem, deeper))
  const last = g.plain('relu', g.conv2d(g.pool2d('maxPool2d', g.pad2d(middle, [0, 1], [0, 0])), 4, { padding: 'same' }))
  const graph = g.build(g.conv2d(last, 3))
  return { ...validateGraph({ ...graph, outputs: [last, stem] }), outputs: [last, stem] }
}

export type Blocks = (taps: readonly [string, string]) => readonly ClipBlock[]
const tap = (name: string, tensor: string, rest: Partial<Extract<ClipBlock, { kind: 'tap' }>> = {}): ClipBlock => ({ kind: 'tap', name, tensor, rowPool: 1, statistics: ['mean', 'std', 'max'], epsilon: 1e-4, sqrt: true, ...rest })

/** Heads of all kinds of blocks that the C library carries. */
export const HEADS: Readonly<Record<string, Blocks>> = {
  'one tap': ([last]) => [tap('last', last)],
  'two taps, rows averaged, moments': ([last, stem]) => [
    tap('last/mean', last, { statistics: ['mean'] }),
    tap('last/std', last, { statistics: ['std'] }),
    tap('last/max', last, { statistics: ['max'] }),
    tap('stem@3', stem, { rowPool: 3, statistics: ['max', 'std', 'mean'], sqrt: false, epsilon: 0.25 }),
    { kind: 'logMelMoments', name: 'mel', statistics: ['delta', 'mean', 'max', 'std'] },
  ],
  'maxima alone': ([last, stem]) => [tap('last', last, { statistics: ['max'] }), tap('stem@9', stem, { rowPool: 9, statistics: ['max'], sqrt: false }), { kind: 'logMelMoments', name: 'mel', statistics: ['max'] }],
  'means and steps': ([, stem]) => [tap('stem', stem, { statistics: ['mean'], sqrt: false }), { kind: 'logMelMoments', name: 'mel', statistics: ['delta'] }],
}

/** The same of blocks that take 24 bands. */
export const SERIES_HEADS: Readonly<Record<string, Blocks>> = {
  'levels and envelopes among others': ([last, stem]) => [{ kind: 'logMelLevels', name: 'levels' }, tap('last', last), { kind: 'envelopeLevels', name: 'envelopes' }, { kind: 'logMelMoments', name: 'mel', statistics: ['mean', 'delta'] }, tap('stem@3', stem, { rowPool: 3 })],
  'levels': ([last]) => [tap('last', last, { statistics: ['max'] }), { kind: 'logMelLevels', name: 'levels' }],
  'envelopes': ([last]) => [tap('last', last, { statistics: ['mean'] }), { kind: 'envelopeLevels', name: 'envelopes' }],
  'each twice': ([, stem]) => [tap('stem', stem), ...['', ' again'].flatMap((again) => [{ kind: 'envelopeLevels', name: `envelopes${again}` }, { kind: 'logMelLevels', name: `levels${again}` }] as const)],
}

const featuresOf = (nMels: number) => featureConfig({ audio: { maxDuration: 0.05 }, mel: { dbRef: 'running', nMels, nFft: 8, hopLength: 4, fmin: 0, fmax: null }, patches: { patchLength: 12 } })
const bandsOf = (graph: Graph) => tensorOf(graph, graph.inputs[0]).shape[1]!

/** A front end for patches of 18 bands and 12 frames. */
export const features: FeatureConfig = featuresOf(18)

/** Reaches between whose ends the distances of random heads lie, and beyond. */
const REACHES: Readonly<Record<number, { readonly near: number; readonly far: number }>> = { 0: { near: 0.1, far: 40000 }, 2: { near: 0.5, far: 0.75 } }

/** A card with a head of random weights. */
export function cardWith(graph: Graph, blocks: readonly ClipBlock[], seed: number, activation: StatisticsHead['activation'] = 'softmax'): ModelCard & { readonly head: StatisticsHead } {
  const random = createRandom(`head ${seed}`)
  const features = featuresOf(bandsOf(graph))
  const length = placeBlocks(blocks, graph, features).reduce((sum, placed) => sum + placed.length, 0)
  const values = (n: number, size: number) => encodeFloat32(Float32Array.from({ length: n }, () => size * random.normal()))
  const head: StatisticsHead = { kind: 'clip', patchStep: 5, blocks: [...blocks], activation, ...(activation === 'softmax' && seed % 3 !== 1 && { reach: REACHES[seed % 3]! }), mean: values(length, 1), scale: values(length, 0.3), weights: values(length * CLASSES.length, 0.5), bias: values(CLASSES.length, 1) }
  return { schema: MODEL_CARD_SCHEMA, name: 'tapped', classes: [...CLASSES], features, head, provenance: {}, licence: 'CC0-1.0' }
}

/** A clip of core's own arithmetic on the literal engine's taps. */
export class LiteralClip {
  private readonly graph: Graph
  private readonly head: StatisticsHead
  private readonly taps = new Map<ClipBlock, TapState>()
  private readonly frames: FrameState
  private readonly levels = emptyLevelState()
  private readonly envelopes = emptyEnvelopeState()

  constructor(graph: Graph, head: StatisticsHead) {
    this.graph = graph
    this.head = head
    this.frames = emptyFrameState(bandsOf(graph))
  }

  private has(kind: ClipBlock['kind']) {
    return this.head.blocks.some((block) => block.kind === kind)
  }

  private tapBlocks() {
    return this.head.blocks.flatMap((block) => {
      if (block.kind !== 'tap') return []
      const { shape, quantization } = tensorOf(this.graph, block.tensor)
      return [{ block, shape: { rows: shape[1]!, columns: shape[2]!, channels: shape[3]!, rowPool: block.rowPool }, scale: quantization!.scales[0]!, zeroPoint: quantization!.zeroPoints[0]! }]
    })
  }

  add(input: Int8Array): void {
    const values = runLiterally(this.graph, input)
    for (const { block, shape, zeroPoint } of this.tapBlocks()) {
      const state = this.taps.get(block) ?? emptyTapState(shape)
      this.taps.set(block, state)
      addTap(state, values.get(block.tensor)!, shape, zeroPoint)
    }
  }

  addFrame(frame: Int8Array): void {
    addFrame(this.frames, frame, 0, 1, this.inputQuantization().zeroPoint)
    if (this.has('logMelLevels')) addLevelFrame(this.levels, frame, frame.length, 0, 1)
  }

  addSamples(samples: Int16Array): void {
    if (this.has('envelopeLevels')) addEnvelopeSamples(this.envelopes, samples)
  }

  private inputQuantization() {
    const { scales, zeroPoints } = tensorOf(this.graph, this.graph.inputs[0]).quantization!
    return { scale: scales[0]!, zeroPoint: zeroPoints[0]! }
  }

  /** Features, then scores. */
  result(): Float32Array {
    const parts = this.head.blocks.map((block) => {
      if (block.kind === 'tap') return tapStatistics(this.taps.get(block)!, block, tensorOf(this.graph, block.tensor).quantization!.scales[0]!)
      if (block.kind === 'logMelMoments') return frameStatistics(this.frames, block, this.inputQuantization().scale)
      if (block.kind === 'logMelLevels') return levelStatistics(this.levels, this.inputQuantization().scale)
      if (block.kind === 'envelopeLevels') return envelopeStatistics(this.envelopes)
      throw new Error(block.kind)
    })
    const statistics = Float32Array.from(parts.flatMap((part) => [...part]))
    const linear = linearHead(this.head, placeBlocks(this.head.blocks, this.graph, featuresOf(bandsOf(this.graph))), CLASSES.length)
    return Float32Array.from([...statistics, ...clipHeadScores(linear, statistics)])
  }
}

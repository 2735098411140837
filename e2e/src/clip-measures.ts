import { ENVELOPE_SAMPLE_RATE, LEVEL_GROUPS, sha256, type ClipBlock, type FeatureConfig, type Graph, type Progress, type TapBlock, type Tensor } from '@aed/core'
import { readBytes } from '@aed/core/node'
import type { DatasetClip } from '@aed/datasets'
import { createClipStatistics, tapGraph } from '@aed/model-miniresnetv2'
import { npyCodec } from './cache.ts'
import type { ClipCopy } from './clip-copies.ts'
import type { MeasuredClip, MeasuredNetwork, MeasureOptions } from './measure-statistics.ts'
import type { RunContext } from './run-context.ts'
import { runAll } from './steps.ts'

/** A network that clips are measured with: a pretrained backbone, float or int8. */
export interface StatisticsNetwork {
  readonly graph: Graph
  /** Of everything that its weights depend on. */
  readonly key: string
}

/** Statistics of some clips in several copies, with the blocks that heads are made of. */
export interface ClipMeasures {
  readonly blocks: readonly ClipBlock[]
  /** Features of each block. */
  readonly lengths: readonly number[]
  /** For each clip `[copies, features]`. */
  readonly clips: readonly Tensor<'float32'>[]
  /** For each clip `[patches, features]` of its first copy; n = 0 unless asked for. */
  readonly patches: readonly Tensor<'float32'>[]
}

/** Taps measured whenever a network has them, so that recipes which differ in their taps share their statistics. */
const USUAL_TAPS = [
  { tensor: 'post_relu', rowPool: 1 },
  { tensor: 'conv2_block2_preact_relu', rowPool: 2 },
  { tensor: 'conv3_block2_preact_relu', rowPool: 1 },
]

/** What {@link measureClips} is to measure. */
export interface MeasureInput {
  readonly clips: readonly DatasetClip[]
  readonly blocks: readonly ClipBlock[]
  readonly features: FeatureConfig
  readonly patchStep: number
  readonly copies: readonly ClipCopy[]
  readonly perPatch: boolean
  /** null where no block is a tap. */
  readonly network: StatisticsNetwork | null
}

/**
 * Measures clips in the pool. What is kept in the cache, by the hash of each recording's bytes, is the network's part and the rest apart, each for all copies.
 * @throws AedError of the first clip that cannot be read or has no patch; `MODEL_MISMATCH` for taps that the network does not have
 */
export async function measureClips(input: MeasureInput, context: RunContext, report: (progress: Progress) => void): Promise<ClipMeasures> {
  const { clips, blocks, features, patchStep, copies, perPatch, network } = input
  const measured = measuredParts(input)
  const results = await runAll(
    clips.map((clip) => async () => {
      const parts: MeasuredClip[] = []
      for (const part of measured) parts.push(await measurePart(clip, part, { features, patchStep, copies, perPatch }, context))
      return parts
    }),
    'clips',
    report,
    context.pool.size * 2,
  )
  const graph = network && measured.find((part) => part.network)!.network!.graph
  const places = blocks.map((block) => placeOf(block, measured, graph, features))
  const gather = (pick: (part: MeasuredClip) => Tensor<'float32'>) => results.map((parts) => gatherBlocks(parts.map(pick), blocks, places))
  return { blocks, lengths: places.map(({ length }) => length), clips: gather(({ clip }) => clip), patches: perPatch ? gather(({ patches }) => patches) : [] }
}

/** Blocks that are measured together, with or without a network. */
interface MeasuredPart {
  readonly network: MeasuredNetwork | null
  readonly blocks: readonly ClipBlock[]
}

/** All statistics of the sound alone that the front end allows, whichever of them a recipe uses: recipes that differ in their blocks share them. */
function soundBlocks({ audio, mel }: FeatureConfig): readonly ClipBlock[] {
  const envelopes: readonly ClipBlock[] = audio.sampleRate === ENVELOPE_SAMPLE_RATE ? [{ kind: 'envelopeLevels', name: 'envelopes' }, { kind: 'bandEnvelopes', name: 'env4' }] : []
  if (mel.dbRef === 'patch') return envelopes
  return [
    { kind: 'logMelMoments', name: 'mel', statistics: ['mean', 'std', 'max', 'delta'] },
    ...(mel.nMels % 16 === 0 ? [{ kind: 'logMelModulation', name: 'modst' } as const] : []),
    ...(mel.nMels % LEVEL_GROUPS === 0 ? [{ kind: 'logMelLevels', name: 'levels' } as const] : []),
    ...envelopes,
  ]
}

function measuredParts({ blocks, network, features }: MeasureInput): readonly MeasuredPart[] {
  const taps = blocks.filter((block): block is TapBlock => block.kind === 'tap')
  const sound = soundBlocks(features)
  const ofNetwork = (kind: ClipBlock['kind']) => kind === 'tap' || kind === 'logMelMoments' || kind === 'logMelLevels'
  if (!network) return [{ network: null, blocks: sound }]
  const made = new Set(network.graph.nodes.flatMap(({ outputs }) => outputs))
  const wanted = new Map([...USUAL_TAPS.filter(({ tensor }) => made.has(tensor)), ...taps].map(({ tensor, rowPool }) => [`${tensor}@${rowPool}`, { tensor, rowPool }]))
  const tapBlocks = [...wanted].map(([name, { tensor, rowPool }]): ClipBlock => ({ kind: 'tap', name, tensor, rowPool, statistics: ['mean', 'std', 'max'], epsilon: taps[0]?.epsilon ?? 1e-4, sqrt: false }))
  const graph = tapGraph(network.graph, [...wanted.values()].map(({ tensor }) => tensor))
  // Moments and levels stand with the network: an int8 one takes them of its quantized input.
  const moments = sound.filter(({ kind }) => ofNetwork(kind))
  return [{ network: { key: network.key, graph }, blocks: [...tapBlocks, ...moments] }, ...(blocks.every(({ kind }) => ofNetwork(kind)) ? [] : [{ network: null, blocks: sound }])]
}

/** One part of a clip's statistics: from the cache, or measured in the pool. */
async function measurePart(clip: DatasetClip, { network, blocks }: MeasuredPart, options: Omit<MeasureOptions, 'blocks'>, { cache, pool, signal }: RunContext): Promise<MeasuredClip> {
  const bytes = await readBytes(clip.path)
  const { segment } = clip
  const key = { bytes: await sha256(bytes), network: network?.key ?? null, blocks, ...options, ...(segment && { segment }) }
  let made: Promise<MeasuredClip> | undefined
  const measure = () => (made ??= pool.stages.measureStatistics({ file: { bytes, name: clip.path, segment }, network }, { ...options, blocks }, { signal }))
  const get = async (what: keyof MeasuredClip) => (await cache.get(`statistics-2-${what}`, key, npyCodec, async () => (await measure())[what])) as Tensor<'float32'>
  return { clip: await get('clip'), patches: await get('patches') }
}

/** Where the values of a block stand in what was measured. */
interface Place {
  readonly part: number
  readonly offset: number
  readonly length: number
}

function placeOf(block: ClipBlock, parts: readonly MeasuredPart[], graph: Graph | null, features: FeatureConfig): Place {
  for (const [part, { blocks, network }] of parts.entries()) {
    const { blocks: placed } = createClipStatistics(blocks, network?.graph ?? graph ?? { name: 'none', inputs: [], outputs: [], tensors: {}, nodes: [] }, features)
    for (const { block: found, offset, length } of placed) {
      if (found.kind !== block.kind) continue
      if (block.kind !== 'tap' || found.kind !== 'tap') return { part, offset, length }
      if (found.tensor !== block.tensor || found.rowPool !== block.rowPool) continue
      const one = length / found.statistics.length
      return { part, offset: offset + one * found.statistics.indexOf(block.statistics[0]!), length: one }
    }
  }
  throw new Error(`block '${block.name}' was not measured`)
}

/** Rows of the wanted blocks, one after another. */
function gatherBlocks(parts: readonly Tensor<'float32'>[], blocks: readonly ClipBlock[], places: readonly Place[]): Tensor<'float32'> {
  const rows = parts[0]!.shape[0]!
  const width = places.reduce((sum, { length }) => sum + length, 0)
  const data = new Float32Array(rows * width)
  for (let row = 0, at = 0; row < rows; row++)
    for (const [b, { part, offset, length }] of places.entries()) {
      const { data: from, shape } = parts[part]!
      const start = row * shape[1]! + offset
      const values = from.subarray(start, start + length)
      const block = blocks[b]!
      data.set(block.kind === 'tap' && block.sqrt ? values.map((x) => Math.sqrt(Math.max(0, x))) : values, at)
      at += length
    }
  return { dtype: 'float32', shape: [rows, width], data }
}

import { AedError, ENVELOPE_STEP, linearHead, mostPositions, placeBlocks, tensorOf, type ClipBlock, type FeatureConfig, type Graph, type LinearHead, type ModelCard, type PlacedBlock, type StatisticsHead, type TapBlock } from '@aed/core'

const f32 = Math.fround

/** Where the integers of a tap or of the log-mel frames begin in the arrays of the state; null for those that no statistic needs. */
export interface Slots {
  readonly sums: number | null
  readonly squares: number | null
  readonly maxima: number | null
}

/** A tapped tensor of which statistics are kept. */
export interface TapPlan extends Slots {
  readonly tensor: string
  /** So many rows are summed first. With more than one, maxima lie among the wide ones, of 16 bits. */
  readonly rowPool: number
  readonly columns: number
  /** Rows after pooling, times channels. */
  readonly slots: number
  readonly zeroPoint: number
}

/** Log-mel frames of which moments are kept. */
export interface FramePlan extends Slots {
  readonly bands: number
  /** Whether squared steps from frame to frame are kept, and the last frame for that. */
  readonly steps: boolean
}

/** Features that come of the same integers in the same way; of levels and envelopes all of a block's. */
export interface StatisticPlan {
  readonly block: ClipBlock
  readonly kind: 'mean' | 'std' | 'max' | 'delta' | 'levels' | 'envelopes'
  readonly slots: number
  /** Of the tap, or of the frames; null of levels and envelopes, whose state is one of its own. */
  readonly of: TapPlan | FramePlan | null
  /** What one step of the integers is worth. */
  readonly step: number
  /** Added to the variance, in squares of a step. */
  readonly epsilon: number
  readonly root: boolean
}

/** Lengths of the state's arrays. */
export interface StateArrays {
  readonly sums: number
  readonly squares: number
  readonly steps: number
  readonly wideMaxima: number
  readonly maxima: number
  readonly last: number
}

/** A clip head of statistics as the C library carries it. */
export interface HeadPlan {
  readonly blocks: readonly PlacedBlock[]
  readonly linear: LinearHead
  /** Frames from one patch to the next. */
  readonly patchStep: number
  readonly taps: readonly TapPlan[]
  readonly frames: FramePlan | null
  /** Whether levels of groups of bands are followed, and envelopes of the samples. */
  readonly levels: boolean
  readonly envelopes: boolean
  /** Bands of a log-mel frame; null where no block looks at frames. */
  readonly bands: number | null
  readonly statistics: readonly StatisticPlan[]
  readonly arrays: StateArrays
  /** Longest clip whose integers are proven to fit: patches, frames where a block looks at them, and samples where envelopes are kept. */
  readonly mostPatches: number
  readonly mostFrames: number | null
  readonly mostSamples: number | null
}

/** Whether the statistics of a block need the whole clip at once, which the C library does not keep. */
export const needsWholeClip = ({ kind }: ClipBlock): boolean => kind === 'logMelModulation' || kind === 'bandEnvelopes'

/**
 * What the state of a clip head must hold, and how its features come of it.
 * @param features as the library's front end computes them
 * @throws AedError `DEPLOY_UNSUPPORTED` for blocks and taps that the C library does not carry; `MODEL_MISMATCH`, `MODEL_INVALID` where head, graph and card do not fit together
 */
export function planHead(graph: Graph, { name, classes }: ModelCard, head: StatisticsHead, features: FeatureConfig): HeadPlan {
  if (!classes) throw new AedError('MODEL_MISMATCH', `model '${name}': a clip head needs class names in its card`)
  const blocks = placeBlocks(head.blocks, graph, features)
  const buffered = blocks.filter(({ block }) => needsWholeClip(block))
  if (buffered.length > 0)
    throw new AedError('DEPLOY_UNSUPPORTED', `model '${name}': its clip head has blocks that need the whole clip at once, which the C library does not keep: ${buffered.map(({ block }) => `'${block.name}' (${block.kind}, ${bufferOf(block, features)})`).join(', ')}`, {
      hint: 'train a head of streaming blocks: aed train --head clip --blocks post_relu,mel,levels,envelopes',
    })
  const { arrays, allocate } = stateArrays()
  const wanted = (of: (block: ClipBlock) => boolean) => new Set(blocks.flatMap(({ block }) => (of(block) && 'statistics' in block ? (block.statistics as readonly StatisticPlan['kind'][]) : [])))
  const taps = new Map<string, TapPlan>()
  for (const { block } of blocks) {
    if (block.kind !== 'tap' || taps.has(tapKey(block))) continue
    const kinds = wanted((other) => other.kind === 'tap' && tapKey(other) === tapKey(block))
    taps.set(tapKey(block), planTap(graph, block, kinds, allocate))
  }
  if (taps.size === 0) throw new AedError('DEPLOY_UNSUPPORTED', `model '${name}': no block of its clip head taps the network, which then has nothing to do`)
  const ofKind = (kind: ClipBlock['kind']) => blocks.some(({ block }) => block.kind === kind)
  const [levels, envelopes] = [ofKind('logMelLevels'), ofKind('envelopeLevels')]
  checkFrames(graph, blocks)
  const frames = planFrames(wanted((block) => block.kind === 'logMelMoments'), features.mel.nMels, allocate)
  const inputScale = tensorOf(graph, graph.inputs[0]).quantization?.scales[0] ?? 1
  const statistics = blocks.flatMap(({ block, length }): readonly StatisticPlan[] => {
    if (block.kind === 'logMelLevels') return [{ block, kind: 'levels', slots: length, of: null, step: f32(inputScale), epsilon: 0, root: false }]
    if (block.kind === 'envelopeLevels') return [{ block, kind: 'envelopes', slots: length, of: null, step: 1, epsilon: 0, root: false }]
    if (block.kind !== 'tap' && block.kind !== 'logMelMoments') return []
    const slots = length / block.statistics.length
    const shared = block.kind === 'tap' ? { block, slots, of: taps.get(tapKey(block))!, ...tapUnit(graph, block), root: block.sqrt } : { block, slots, of: frames!, step: f32(inputScale), epsilon: 0, root: false }
    return block.statistics.map((kind) => ({ ...shared, kind }))
  })
  return {
    blocks,
    linear: linearHead(head, blocks, classes.length),
    patchStep: head.patchStep,
    taps: [...taps.values()],
    frames,
    levels,
    envelopes,
    bands: frames || levels ? features.mel.nMels : null,
    statistics,
    arrays: arrays(frames),
    mostPatches: Math.min(...Array.from(taps.values(), ({ rowPool, columns }) => Math.floor(mostPositions(rowPool) / columns))),
    mostFrames: frames || levels ? mostPositions(1) : null,
    // A series of levels holds as many numbers of 0 to 255 as sums of positions do.
    mostSamples: envelopes ? mostPositions(1) * ENVELOPE_STEP + ENVELOPE_STEP - 1 : null,
  }
}

const tapKey = ({ tensor, rowPool }: TapBlock) => `${rowPool}/${tensor}`

/** As core's `tapStatistics` states them. */
function tapUnit(graph: Graph, { tensor, rowPool, epsilon }: TapBlock) {
  const step = f32(tensorOf(graph, tensor).quantization!.scales[0]! / rowPool)
  return { step, epsilon: f32(epsilon / (step * step)) }
}

/** Gives each kind of integers the next free places of its array. */
function stateArrays() {
  const lengths = { sums: 0, squares: 0, maxima: 0, wideMaxima: 0 }
  const take = (array: keyof typeof lengths, slots: number) => (lengths[array] += slots) - slots
  return {
    allocate: (kinds: ReadonlySet<string>, slots: number, wide: boolean): Slots => ({
      sums: kinds.has('mean') || kinds.has('std') ? take('sums', slots) : null,
      squares: kinds.has('std') ? take('squares', slots) : null,
      maxima: kinds.has('max') ? take(wide ? 'wideMaxima' : 'maxima', slots) : null,
    }),
    arrays: (frames: FramePlan | null): StateArrays => ({ ...lengths, steps: frames?.steps === true ? frames.bands : 0, last: frames?.steps === true ? frames.bands : 0 }),
  }
}

type Allocate = ReturnType<typeof stateArrays>['allocate']

function planTap(graph: Graph, { name, tensor, rowPool }: TapBlock, kinds: ReadonlySet<string>, allocate: Allocate): TapPlan {
  const { dtype, shape, quantization } = tensorOf(graph, tensor)
  const fail = (what: string, hint: string) => new AedError('DEPLOY_UNSUPPORTED', `graph '${graph.name}', clip head, block '${name}': ${what}`, { hint })
  if (dtype !== 'int8' || quantization?.scales.length !== 1) throw fail(`its tap '${tensor}' is ${dtype}, expected int8 of one scale`, 'quantize the model with int8 inputs and outputs')
  if (rowPool > 255) throw fail(`averages ${rowPool} rows, at most 255 are supported`, 'average fewer rows')
  const [, rows = 0, columns = 0, channels = 0] = shape
  const slots = (rows / rowPool) * channels
  if (Math.floor(mostPositions(rowPool) / columns) < 1) throw fail(`its tap has ${columns} columns, of which counters of 32 bits hold ${mostPositions(rowPool)} at most`, 'average fewer rows')
  return { tensor, rowPool, columns, slots, zeroPoint: quantization.zeroPoints[0]!, ...allocate(kinds, slots, rowPool > 1) }
}

/** Moments and levels are those of the frames as the network takes them. */
function checkFrames(graph: Graph, blocks: readonly PlacedBlock[]): void {
  const one = blocks.find(({ block: { kind } }) => kind === 'logMelMoments' || kind === 'logMelLevels')
  const { dtype, name } = tensorOf(graph, graph.inputs[0])
  if (one && dtype !== 'int8')
    throw new AedError('DEPLOY_UNSUPPORTED', `graph '${graph.name}', clip head, block '${one.block.name}': the input '${name}' is ${dtype}, expected int8, of which its statistics are`, {
      hint: 'quantize the model with int8 inputs and outputs',
    })
}

function planFrames(kinds: ReadonlySet<string>, bands: number, allocate: Allocate): FramePlan | null {
  return kinds.size === 0 ? null : { bands, steps: kinds.has('delta'), ...allocate(kinds, bands, false) }
}

/** What a block would have to keep of the longest clip. */
function bufferOf({ kind }: ClipBlock, { audio, mel }: FeatureConfig): string {
  const seconds = audio.maxDuration
  if (seconds === null) return 'a buffer of any length'
  const samples = seconds * audio.sampleRate
  return `${Math.ceil((kind === 'bandEnvelopes' ? 2 * samples : mel.nMels * (1 + samples / mel.hopLength)) / 1024)} KiB for ${seconds} s`
}

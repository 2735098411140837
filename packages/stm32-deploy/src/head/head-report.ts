import { ENVELOPE_FILTERS, ENVELOPE_SAMPLE_RATE, mostPositions } from '@aed/core'
import type { AudioChain } from '../audio/audio-chain.ts'
import { stateMembers, stateStructs, type StateStruct } from './emit-head.ts'
import type { FramePlan, HeadPlan, StatisticPlan, TapPlan } from './plan-head.ts'

/** What one block of a clip head takes, in bytes. */
export interface BlockReport {
  readonly name: string
  readonly kind: string
  readonly features: number
  /** State that its statistics read; what blocks share counts for each. */
  readonly state: number
  /** State that no other block reads: what leaving it out saves. */
  readonly ownState: number
  /** What standardises its features, and their weights; of envelopes the numbers of their filters too. */
  readonly flash: number
}

/** What a clip head of statistics takes, apart from the network. Bytes unless said otherwise. */
export interface HeadReport {
  readonly features: number
  /** Frames from one patch to the next. */
  readonly patchStep: number
  /** `sizeof(NAME_clip_state)`, once in `NAME_audio_state`. */
  readonly state: number
  /** Weights, bias, what standardises, and filters; code is counted with the chain. */
  readonly flash: number
  readonly blocks: readonly BlockReport[]
  /** Longest clip that the sums are proven for: of values of 9 bits, sums below 2^24, sums of squares below 2^32. */
  readonly mostPatches: number
  readonly mostFrames: number | null
  /** Samples of the longest clip with envelopes, whose sums are those of levels every 4 ms; null without. */
  readonly mostSamples: number | null
  /** Frames of the longest clip of a stream; null without the front end. */
  readonly clipFrames: number | null
  /** The proof in words. */
  readonly proof: string
}

const BYTES = { int32_t: 4, uint32_t: 4, int16_t: 2, int8_t: 1 } as const

/** Bytes of a struct's member of the state. */
const bytesOf = ({ count, bytes }: StateStruct) => count * bytes

/** Bytes of the envelopes' filters. */
const FILTERS = ENVELOPE_FILTERS.lowPasses.byteLength + ENVELOPE_FILTERS.modulations.reduce((sum, { byteLength }) => sum + byteLength, 0)

/** The parts of the state that a statistic reads, each by a name of its own. */
function partsOf({ kind, of, slots }: StatisticPlan, structs: readonly StateStruct[]): ReadonlyMap<string, number> {
  if (of === null) return new Map([[kind, bytesOf(structs.find(({ name }) => name === kind)!)]])
  const what = (of: TapPlan | FramePlan) => ('tensor' in of ? `${of.rowPool}/${of.tensor}` : 'frames')
  const part = (name: string, bytes: number) => [`${what(of)} ${name}`, bytes * slots] as const
  const wide = 'tensor' in of && of.rowPool > 1
  switch (kind) {
    case 'mean':
      return new Map([part('sums', 4)])
    case 'std':
      return new Map([part('sums', 4), part('squares', 4)])
    case 'max':
      return new Map([part('maxima', wide ? 2 : 1)])
    default:
      return new Map([part('steps', 4), part('last', 1)])
  }
}

/** What 65,793 numbers of −255 to 255 cannot exceed. */
const SERIES_BOUNDS = 'sums below 2^24, of squares and products below 2^32, of fourth powers below 2^48, moments before they are divided below 2^53'

const aligned = (bytes: number, to: number) => to * Math.ceil(bytes / to)

const total = (parts: ReadonlyMap<string, number>) => [...parts.values()].reduce((a, b) => a + b, 0)

/** What a head takes, block by block. */
export function headReportOf(head: HeadPlan, audio: AudioChain | null): HeadReport {
  const { linear, blocks, statistics, patchStep, mostPatches, mostFrames, mostSamples, levels, frames } = head
  const structs = stateStructs(head)
  const partsOfBlocks = blocks.map(({ block }) => new Map(statistics.filter((statistic) => statistic.block === block).flatMap((statistic) => [...partsOf(statistic, structs)])))
  const perFeature = 4 * (2 + linear.classes)
  const members = structs.reduce((sum, struct) => sum + bytesOf(struct), 0) + stateMembers(head).reduce((sum, { type, length }) => sum + BYTES[type] * length, 0)
  const counters = [true, mostFrames !== null, mostSamples !== null].filter(Boolean).length
  const filters = (kind: string) => (kind === 'envelopeLevels' ? FILTERS : 0)
  return {
    features: linear.features,
    patchStep,
    state: aligned(aligned(members, 4) + 4 * counters, structs.length > 0 ? 8 : 4),
    flash: perFeature * linear.features + 4 * linear.classes + (mostSamples === null ? 0 : FILTERS),
    blocks: blocks.map(({ block, length }, index) => {
      const others = new Set(partsOfBlocks.flatMap((parts, other) => (other === index ? [] : [...parts.keys()])))
      const own = new Map([...partsOfBlocks[index]!].filter(([name]) => !others.has(name)))
      return { name: block.name, kind: block.kind, features: length, state: total(partsOfBlocks[index]!), ownState: total(own), flash: perFeature * length + filters(block.kind) }
    }),
    mostPatches,
    mostFrames,
    mostSamples,
    clipFrames: audio?.clipFrames ?? null,
    proof: [
      ...head.taps.map(({ tensor, rowPool, columns }) => `'${tensor}'${rowPool > 1 ? `, ${rowPool} rows` : ''}: ${columns} positions a patch; ${mostPatches} patches are ${mostPatches * columns} of at most ${mostPositions(rowPool)}`),
      ...(frames ? [`log-mel: at most ${mostFrames} frames`] : []),
      ...(levels ? [`levels of log-mel bands, 0 to 255: at most ${mostFrames} frames, ${SERIES_BOUNDS}`] : []),
      ...(mostSamples === null ? [] : [`levels of envelopes, 0 to 255, and their steps: at most ${mostPositions(1)} of 4 ms, which are ${Math.floor(mostSamples / ENVELOPE_SAMPLE_RATE)} s, ${SERIES_BOUNDS}`]),
    ].join('; '),
  }
}

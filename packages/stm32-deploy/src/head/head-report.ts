import { mostPositions } from '@aed/core'
import type { AudioChain } from '../audio/audio-chain.ts'
import { stateMembers } from './emit-head.ts'
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
  /** What standardises its features, and their weights. */
  readonly flash: number
}

/** What a clip head of statistics takes, apart from the network. Bytes unless said otherwise. */
export interface HeadReport {
  readonly features: number
  /** Frames from one patch to the next. */
  readonly patchStep: number
  /** `sizeof(NAME_clip_state)`, once in `NAME_audio_state`. */
  readonly state: number
  /** Weights, bias, and what standardises; code is counted with the chain. */
  readonly flash: number
  readonly blocks: readonly BlockReport[]
  /** Longest clip that the sums are proven for: of values of 9 bits, sums below 2^24, sums of squares below 2^32. */
  readonly mostPatches: number
  readonly mostFrames: number | null
  /** Frames of the longest clip of a stream; null without the front end. */
  readonly clipFrames: number | null
  /** The proof in words. */
  readonly proof: string
}

const BYTES = { int32_t: 4, uint32_t: 4, int16_t: 2, int8_t: 1 } as const

/** The parts of the state that a statistic reads, each by a name of its own. */
function partsOf({ kind, of, slots }: StatisticPlan): ReadonlyMap<string, number> {
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
    case 'delta':
      return new Map([part('steps', 4), part('last', 1)])
  }
}

const total = (parts: ReadonlyMap<string, number>) => [...parts.values()].reduce((a, b) => a + b, 0)

/** What a head takes, block by block. */
export function headReportOf(head: HeadPlan, audio: AudioChain | null): HeadReport {
  const { linear, blocks, statistics, patchStep, mostPatches, mostFrames } = head
  const partsOfBlocks = blocks.map(({ block }) => new Map(statistics.filter((statistic) => statistic.block === block).flatMap((statistic) => [...partsOf(statistic)])))
  const perFeature = 4 * (2 + linear.classes)
  const members = stateMembers(head).reduce((sum, { type, length }) => sum + BYTES[type] * length, 0)
  return {
    features: linear.features,
    patchStep,
    state: 4 * Math.ceil(members / 4) + (mostFrames === null ? 4 : 8),
    flash: perFeature * linear.features + 4 * linear.classes,
    blocks: blocks.map(({ block, length }, index) => {
      const others = new Set(partsOfBlocks.flatMap((parts, other) => (other === index ? [] : [...parts.keys()])))
      const own = new Map([...partsOfBlocks[index]!].filter(([name]) => !others.has(name)))
      return { name: block.name, kind: block.kind, features: length, state: total(partsOfBlocks[index]!), ownState: total(own), flash: perFeature * length }
    }),
    mostPatches,
    mostFrames,
    clipFrames: audio?.clipFrames ?? null,
    proof: [
      ...head.taps.map(({ tensor, rowPool, columns }) => `'${tensor}'${rowPool > 1 ? `, ${rowPool} rows` : ''}: ${columns} positions a patch; ${mostPatches} patches are ${mostPatches * columns} of at most ${mostPositions(rowPool)}`),
      ...(mostFrames === null ? [] : [`log-mel: at most ${mostFrames} frames`]),
    ].join('; '),
  }
}

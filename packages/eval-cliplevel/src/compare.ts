import { AedError, option, parseOptions, throwIfAborted, type OptionsInput, type PatchScores, type StageContext } from '@aed/core'
import * as v from 'valibot'
import { aggregate, aggregationEntries, decide, type Aggregated } from './aggregation.ts'
import { bootstrapByRecording, type Interval } from './bootstrap.ts'
import { checkScores, requireOneLabel } from './check-scores.ts'
import { compareMcNemar, type McNemarResult } from './mcnemar.ts'
import { estimatedClass } from './ranking.ts'
import { quote } from './text.ts'

/** Version of {@link Comparison}. */
export const COMPARISON_SCHEMA = 'aed-comparison/1'

const { aggregation, smoothing } = aggregationEntries
export const compareOptionsSchema = v.strictObject({
  aggregation,
  smoothing,
  resamples: option.integer(2000, 'bootstrap resamples of the interval of the difference', { min: 1, max: 1000000 }),
  confidence: option.number(0.95, 'probability of that interval, below 1', { min: 0, max: 0.999999, exclusiveMin: true }),
  seed: option.integer(0, 'seed of the bootstrap', { min: 0 }),
})

/** A clip for which the two decided differently. */
export interface ChangedClip {
  readonly id: string
  readonly label: string
  /** Class decided for; null for a clip without a patch. */
  readonly first: string | null
  readonly second: string | null
  /** Largest movement of a score of the clip. */
  readonly movement: number
}

/** By how much scores moved from the first to the second. */
export interface Movement {
  /** Mean of |second − first| over all scores. */
  readonly mean: number
  /** Root of the mean of its square. */
  readonly rms: number
  readonly max: number
  /** Where the largest is; null where there are no scores. */
  readonly at: { readonly clip: string; readonly class: string } | null
}

/** Two models, or float, int8 and device, on the same clips. */
export interface Comparison {
  readonly schema: typeof COMPARISON_SCHEMA
  readonly clips: number
  readonly accuracy: { readonly first: number; readonly second: number; readonly difference: number; readonly interval: Interval | null }
  /** Part of the clips, and of the patches, for which both decide alike; patches are null where the two cut clips into other numbers of them. */
  readonly agreement: { readonly clip: number; readonly patch: number | null }
  readonly mcNemar: McNemarResult
  /** Of clip scores, and of patch scores; null as above. */
  readonly movement: { readonly clip: Movement; readonly patch: Movement | null }
  /** Clips decided differently, the largest movement first. */
  readonly changed: readonly ChangedClip[]
}

const mismatch = (what: string) => new AedError('INVALID_INPUT', `comparison: ${what}`, { hint: 'score the same clips with both' })

/** Scores with their classes in another order: it decides between equal scores. */
function inOrder(classes: readonly string[], second: PatchScores): PatchScores {
  const odd = classes.find((name) => !second.classes.includes(name)) ?? second.classes.find((name) => !classes.includes(name))
  if (odd !== undefined) throw mismatch(`the classes differ: ${quote(odd)} is in one of the two only`)
  const width = classes.length
  const classOf = classes.map((name) => second.classes.indexOf(name))
  return { ...second, classes, scores: second.scores.map((_score, i) => second.scores[i - (i % width) + classOf[i % width]!]!) }
}

/** Where the clips and patches of the first stand in the second; patches null where their numbers differ. */
function aligned(first: PatchScores, second: PatchScores): { readonly clipOf: Int32Array; readonly patchOf: Int32Array | null } {
  const places = new Map(second.clips.map(({ id }, i) => [id, i]))
  const clipOf = Int32Array.from(first.clips, ({ id, label }) => {
    const place = places.get(id)
    if (place === undefined) throw mismatch(`clip ${quote(id)} is in the first only`)
    if (second.clips[place]!.label !== label) throw mismatch(`clip ${quote(id)} has the labels ${quote(label)} and ${quote(second.clips[place]!.label)}`)
    return place
  })
  if (first.clips.length !== second.clips.length) {
    const known = new Set(first.clips.map(({ id }) => id))
    throw mismatch(`clip ${quote(second.clips.find(({ id }) => !known.has(id))!.id)} is in the second only`)
  }
  const patchesOf = ({ clips, clipOfPatch }: PatchScores) => {
    const lists = clips.map((): number[] => [])
    clipOfPatch.forEach((clip, patch) => lists[clip]!.push(patch))
    return lists
  }
  const [lists, others] = [patchesOf(first), patchesOf(second)]
  if (lists.some((list, clip) => list.length !== others[clipOf[clip]!]!.length)) return { clipOf, patchOf: null }
  const patchOf = new Int32Array(first.clipOfPatch.length)
  lists.forEach((list, clip) => list.forEach((patch, i) => (patchOf[patch] = others[clipOf[clip]!]![i]!)))
  return { clipOf, patchOf }
}

type Scored = { readonly scores: ArrayLike<number> }

function movementOf(first: Scored, second: Scored, rows: number, rowOf: Int32Array, width: number, nameOf: (row: number, c: number) => { clip: string; class: string }): Movement & { readonly ofRow: Float64Array } {
  const ofRow = new Float64Array(rows)
  let [sum, squares, max, where] = [0, 0, 0, -1]
  for (let row = 0; row < rows; row++)
    for (let c = 0; c < width; c++) {
      const moved = Math.abs(second.scores[rowOf[row]! * width + c]! - first.scores[row * width + c]!)
      sum += moved
      squares += moved * moved
      if (moved > ofRow[row]!) ofRow[row] = moved
      if (moved > max || where < 0) [max, where] = [moved, row * width + c]
    }
  const n = rows * width
  return { mean: n === 0 ? 0 : sum / n, rms: n === 0 ? 0 : Math.sqrt(squares / n), max, at: where < 0 ? null : nameOf(Math.floor(where / width), where % width), ofRow }
}

/**
 * Compares two sets of scores of the same clips: which decisions changed, by how much scores moved, whether the difference could be chance. Clips and classes may stand in other orders.
 * @throws AedError `INVALID_INPUT` for other clips, labels or classes, with the first; as `evaluate` for scores that are not whole
 */
export function compareScores(input: { readonly first: PatchScores; readonly second: PatchScores }, options: OptionsInput<typeof compareOptionsSchema> = {}, context: StageContext = {}): Comparison {
  const settings = parseOptions(compareOptionsSchema, options, 'comparison')
  throwIfAborted(context.signal)
  const { first } = input
  const { reference } = checkScores(first)
  checkScores(input.second)
  requireOneLabel(first.clips)
  const { classes, clips } = first
  const width = classes.length
  const second = inOrder(classes, input.second)
  const { clipOf, patchOf } = aligned(first, second)
  const [a, b] = [first, second].map((scores): Aggregated => aggregate(scores, { ...settings, multiLabel: false, threshold: 0 })) as [Aggregated, Aggregated]
  const ours = decide(a, a.patches, width)
  const decidedB = decide(b, b.patches, width)
  const theirs = clipOf.map((clip) => decidedB[clip]!)
  const right = [ours, theirs].map((estimated) => Array.from(reference, (wanted, clip) => estimated[clip] === wanted)) as [boolean[], boolean[]]
  const accuracies = right.map((list) => list.filter(Boolean).length / clips.length) as [number, number]
  const difference = (weights: Int32Array) => {
    let [sum, count] = [0, 0]
    weights.forEach((weight, clip) => {
      count += weight
      sum += weight * (Number(right[1][clip]) - Number(right[0][clip]))
    })
    return sum / count
  }
  const { ofRow, ...clipMovement } = movementOf(a, b, clips.length, clipOf, width, (clip, c) => ({ clip: clips[clip]!.id, class: classes[c]! }))
  const patches = patchOf && {
    ...movementOf(first, second, patchOf.length, patchOf, width, (patch, c) => ({ clip: clips[first.clipOfPatch[patch]!]!.id, class: classes[c]! })),
    agree: patchOf.reduce((sum, other, patch) => sum + Number(estimatedClass(first, patch, width) === estimatedClass(second, other, width)), 0),
  }
  const nameOf = (c: number) => (c === -1 ? null : classes[c]!)
  const changed = clips
    .map(({ id, label }, clip): ChangedClip => ({ id, label, first: nameOf(ours[clip]!), second: nameOf(theirs[clip]!), movement: ofRow[clip]! }))
    .filter((clip) => clip.first !== clip.second)
    .sort((x, y) => y.movement - x.movement)
  return {
    schema: COMPARISON_SCHEMA,
    clips: clips.length,
    accuracy: { first: accuracies[0], second: accuracies[1], difference: accuracies[1] - accuracies[0], interval: bootstrapByRecording(clips.map(({ source }) => source), [difference], settings)[0]! },
    agreement: { clip: 1 - changed.length / clips.length, patch: patches && patches.agree / Math.max(1, patchOf.length) },
    mcNemar: compareMcNemar(...right),
    movement: { clip: clipMovement, patch: patches && { mean: patches.mean, rms: patches.rms, max: patches.max, at: patches.at } },
    changed,
  }
}

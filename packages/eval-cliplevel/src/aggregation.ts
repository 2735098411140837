import { exp, log, option, parseOptions, throwIfAborted, type LabelledClip, type OptionsInput, type OptionsOf, type PatchScores, type StageContext } from '@aed/core'
import * as v from 'valibot'
import { checkScores } from './check-scores.ts'
import { estimatedClass, type RankedScores } from './ranking.ts'

/** The one option of aggregation, also part of the options of `evaluate`. */
export const aggregation = option.choice(
  ['mean', 'logMean', 'max', 'vote'],
  'mean',
  'scores of a clip from those of its patches: mean of probabilities, mean of their logarithms, maximum, or majority vote',
)

export const clipScoresOptionsSchema = v.strictObject({ aggregation })
export type ClipScoresOptions = OptionsOf<typeof clipScoresOptionsSchema>
export type Aggregation = ClipScoresOptions['aggregation']

/** What a network says of clips. */
export interface ClipScores {
  /** Class names in the order of the scores. */
  readonly classes: readonly string[]
  readonly clips: readonly LabelledClip[]
  /** Row-major `[clips, classes]`; zeros for a clip without a patch. */
  readonly scores: Float64Array
  /** Patches of each clip. */
  readonly patches: Int32Array
  /** Index of the class decided for, ties resolved; −1 for a clip without a patch. */
  readonly estimated: Int32Array
}

/** Smallest probability whose logarithm is averaged (the step of float32 at 1): an int8 score of 0 is a small value, not a veto. */
const LOG_FLOOR = 1.1920928955078125e-7

type Matrix = { readonly patches: Int32Array; readonly classes: number; readonly clipOfPatch: Int32Array; readonly scores: Float32Array }

/** Mean over the patches of each clip of `valueOf` a score, in float64, patches in their order. */
function meanOver({ patches, classes, clipOfPatch, scores }: Matrix, valueOf: (score: number) => number): Float64Array {
  const sums = new Float64Array(patches.length * classes)
  for (let patch = 0; patch < clipOfPatch.length; patch++)
    for (let c = 0; c < classes; c++) sums[clipOfPatch[patch]! * classes + c]! += valueOf(scores[patch * classes + c]!)
  for (let i = 0; i < sums.length; i++) {
    const n = patches[Math.floor(i / classes)]!
    if (n > 0) sums[i]! /= n
  }
  return sums
}

/** Geometric means, scaled so that each clip's sum to 1. */
function logMean(matrix: Matrix): Float64Array {
  const { patches, classes } = matrix
  const result = meanOver(matrix, (score) => log(Math.max(score, LOG_FLOOR)))
  for (let clip = 0; clip < patches.length; clip++) {
    if (patches[clip] === 0) continue
    const row = result.subarray(clip * classes, (clip + 1) * classes)
    const largest = row.reduce((a, b) => Math.max(a, b), -Infinity)
    let sum = 0
    for (let c = 0; c < classes; c++) sum += row[c] = exp(row[c]! - largest)
    for (let c = 0; c < classes; c++) row[c]! /= sum
  }
  return result
}

function maximum({ patches, classes, clipOfPatch, scores }: Matrix): Float64Array {
  const result = new Float64Array(patches.length * classes)
  for (let patch = 0; patch < clipOfPatch.length; patch++)
    for (let c = 0; c < classes; c++) {
      const at = clipOfPatch[patch]! * classes + c
      result[at] = Math.max(result[at]!, scores[patch * classes + c]!)
    }
  return result
}

/** Share of the patches whose highest score is each class's; the first of equal scores has the patch's vote. */
function votes({ patches, classes, clipOfPatch, scores }: Matrix): Float64Array {
  const result = new Float64Array(patches.length * classes)
  for (let patch = 0; patch < clipOfPatch.length; patch++) {
    const clip = clipOfPatch[patch]!
    result[clip * classes + estimatedClass({ scores }, patch, classes)]!++
  }
  return result.map((count, i) => (count === 0 ? 0 : count / patches[Math.floor(i / classes)]!))
}

/** Aggregates scores that were checked; `tieBreak` where class order alone does not decide between equals. */
export function aggregate({ classes, clips, clipOfPatch, scores }: PatchScores, kind: Aggregation): RankedScores & { readonly scores: Float64Array; readonly patches: Int32Array } {
  const patches = new Int32Array(clips.length)
  for (const clip of clipOfPatch) patches[clip]!++
  const matrix = { patches, classes: classes.length, clipOfPatch, scores }
  const mean = () => meanOver(matrix, (score) => score)
  switch (kind) {
    case 'mean':
      return { patches, scores: mean() }
    case 'logMean':
      return { patches, scores: logMean(matrix) }
    case 'max':
      return { patches, scores: maximum(matrix) }
    case 'vote':
      return { patches, scores: votes(matrix), tieBreak: mean() }
  }
}

/** The class of each clip that the scores decide for; −1 for a clip without a patch. */
export function decide(ranked: RankedScores, patches: Int32Array, classes: number): Int32Array {
  return patches.map((count, clip) => (count === 0 ? -1 : estimatedClass(ranked, clip, classes)))
}

/**
 * Scores of clips from the scores of their patches, in float64.
 *
 * - `mean`: arithmetic mean of the probabilities;
 * - `logMean`: geometric mean (probabilities below 2⁻²³ count as that), scaled to sum to 1;
 * - `max`: the highest probability that any patch gives to the class (the scores do not sum to 1);
 * - `vote`: share of the patches that decide for the class; equal shares are decided by mean probability.
 *
 * What is then still equal is decided by class order.
 * @throws AedError `INVALID_INPUT`, `UNKNOWN_CLASS` or `INVALID_OPTION`
 */
export function clipScores(scores: PatchScores, options: OptionsInput<typeof clipScoresOptionsSchema> = {}, context: StageContext = {}): ClipScores {
  const { aggregation: kind } = parseOptions(clipScoresOptionsSchema, options, 'clip scores')
  throwIfAborted(context.signal)
  checkScores(scores)
  const { classes, clips } = scores
  const ranked = aggregate(scores, kind)
  const { patches } = ranked
  return { classes, clips, scores: ranked.scores, patches, estimated: decide(ranked, patches, classes.length) }
}

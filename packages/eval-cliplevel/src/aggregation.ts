import { AedError, exp, log, movingMean, option, parseOptions, throwIfAborted, type LabelledClip, type OptionsInput, type OptionsOf, type PatchScores, type StageContext } from '@aed/core'
import * as v from 'valibot'
import { checkScores } from './check-scores.ts'
import { estimatedClass, type RankedScores } from './ranking.ts'

const AGGREGATIONS = ['mean', 'logMean', 'max', 'vote', 'energyMean'] as const
export type Aggregation = (typeof AGGREGATIONS)[number]

/** Options of aggregation, also part of those of `evaluate` and of all that works on clips. */
export const aggregationEntries = {
  aggregation: option.choice(
    AGGREGATIONS,
    'mean',
    'scores of a clip from those of its patches: mean of probabilities, mean of their logarithms, maximum, majority vote, or mean weighted by the energy of the patch',
  ),
  smoothing: option.integer(1, 'patches of a moving mean over time before that, as in detection; 1: none', { min: 1 }),
  multiLabel: option.boolean(false, 'several classes of a clip may be true, each has a probability of its own (sigmoid)'),
  threshold: option.number(0.5, 'with multiLabel: lowest score of a class that is decided for', { min: 0, max: 1 }),
}

export const clipScoresOptionsSchema = v.strictObject(aggregationEntries)
export type ClipScoresOptions = OptionsOf<typeof clipScoresOptionsSchema>

/** What a network says of clips. */
export interface ClipScores {
  /** Class names in the order of the scores. */
  readonly classes: readonly string[]
  readonly clips: readonly LabelledClip[]
  /** Row-major `[clips, classes]`; zeros for a clip without a patch. */
  readonly scores: Float64Array
  /** Patches of each clip. */
  readonly patches: Int32Array
  /** Index of the class decided for, ties resolved; −1 for a clip without a patch. With `multiLabel` the highest, decided for or not. */
  readonly estimated: Int32Array
  /** With `multiLabel`: row-major `[clips, classes]`, 1 for every class decided for. */
  readonly decided?: Uint8Array
}

/** Smallest probability whose logarithm is averaged (the step of float32 at 1): an int8 score of 0 is a small value, not a veto. */
const LOG_FLOOR = 1.1920928955078125e-7

type Matrix = { readonly patches: Int32Array; readonly classes: number; readonly clipOfPatch: Int32Array; readonly scores: Float32Array }

/** Divides the sums of each clip by what they were summed over. */
function divide(sums: Float64Array, by: ArrayLike<number>, classes: number): Float64Array {
  for (let i = 0; i < sums.length; i++) {
    const n = by[Math.floor(i / classes)]!
    if (n > 0) sums[i]! /= n
  }
  return sums
}

function addRow(sums: Float64Array, to: number, scores: Float32Array, from: number, classes: number): void {
  for (let c = 0; c < classes; c++) sums[to + c]! += scores[from + c]!
}

/** Mean over the patches of each clip, in float64, patches in their order. */
function mean({ patches, classes, clipOfPatch, scores }: Matrix): Float64Array {
  const sums = new Float64Array(patches.length * classes)
  for (let patch = 0; patch < clipOfPatch.length; patch++) {
    addRow(sums, clipOfPatch[patch]! * classes, scores, patch * classes, classes)
  }
  return divide(sums, patches, classes)
}

/** Geometric means; of single-label scores scaled so that each clip's sum to 1. */
function logMean(matrix: Matrix, multiLabel: boolean): Float64Array {
  const { patches, classes, clipOfPatch, scores } = matrix
  const sums = new Float64Array(patches.length * classes)
  for (let i = 0; i < scores.length; i++) sums[clipOfPatch[Math.floor(i / classes)]! * classes + (i % classes)]! += log(Math.max(scores[i]!, LOG_FLOOR))
  const result = divide(sums, patches, classes)
  for (let clip = 0; clip < patches.length; clip++) {
    if (patches[clip] === 0) continue
    const row = result.subarray(clip * classes, (clip + 1) * classes)
    const largest = multiLabel ? 0 : row.reduce((a, b) => Math.max(a, b), -Infinity)
    let sum = 0
    for (let c = 0; c < classes; c++) sum += row[c] = exp(row[c]! - largest)
    if (!multiLabel) for (let c = 0; c < classes; c++) row[c]! /= sum
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

/** Share of the patches that decide for each class: by their highest score, the first of equals, or with `multiLabel` by the threshold. */
function votes({ patches, classes, clipOfPatch, scores }: Matrix, threshold: number | null): Float64Array {
  const result = new Float64Array(patches.length * classes)
  for (let patch = 0; patch < clipOfPatch.length; patch++) {
    const to = clipOfPatch[patch]! * classes
    if (threshold === null) result[to + estimatedClass({ scores }, patch, classes)]!++
    else for (let c = 0; c < classes; c++) if (scores[patch * classes + c]! >= threshold) result[to + c]!++
  }
  return divide(result, patches, classes)
}

/** Mean weighted by energy; the plain mean of a clip whose patches have none (digital silence). */
function energyMean(matrix: Matrix, energies: Float32Array | undefined): Float64Array {
  if (!energies) throw new AedError('INVALID_INPUT', 'scores: the energy-weighted mean takes the energy of each patch, there are none', { hint: 'give energies beside the scores; a table of scores has none' })
  const { patches, classes, clipOfPatch, scores } = matrix
  const weights = new Float64Array(patches.length)
  clipOfPatch.forEach((clip, patch) => (weights[clip]! += energies[patch]!))
  const silent = weights.map((weight) => (weight > 0 ? 0 : 1))
  const sums = new Float64Array(patches.length * classes)
  for (let patch = 0; patch < clipOfPatch.length; patch++) {
    const clip = clipOfPatch[patch]!
    const weight = silent[clip]! || energies[patch]!
    for (let c = 0; c < classes; c++) sums[clip * classes + c]! += weight * scores[patch * classes + c]!
  }
  return divide(sums, weights.map((weight, clip) => (silent[clip] === 1 ? patches[clip]! : weight)), classes)
}

/** Replaces the scores of each clip by their moving mean over time. */
function smoothed({ classes, clips, clipOfPatch, scores }: PatchScores, span: number): Float32Array {
  const width = classes.length
  const patchesOf = clips.map((): number[] => [])
  clipOfPatch.forEach((clip, patch) => patchesOf[clip]!.push(patch))
  const result = new Float32Array(scores.length)
  for (const patches of patchesOf) {
    const rows = new Float32Array(patches.length * width)
    patches.forEach((patch, i) => rows.set(scores.subarray(patch * width, (patch + 1) * width), i * width))
    const means = movingMean(rows, width, span)
    patches.forEach((patch, i) => result.set(means.subarray(i * width, (i + 1) * width), patch * width))
  }
  return result
}

/** Scores of clips by which their classes are ranked. */
export interface Aggregated extends RankedScores {
  readonly scores: Float64Array
  readonly patches: Int32Array
}

/** Aggregates scores that were checked; `tieBreak` where class order alone does not decide between equals. */
export function aggregate(input: PatchScores, { aggregation: kind, smoothing, multiLabel, threshold }: ClipScoresOptions): Aggregated {
  const { classes, clips, clipOfPatch, energies } = input
  const patches = new Int32Array(clips.length)
  for (const clip of clipOfPatch) patches[clip]!++
  const matrix = { patches, classes: classes.length, clipOfPatch, scores: smoothing > 1 ? smoothed(input, smoothing) : input.scores }
  switch (kind) {
    case 'mean':
      return { patches, scores: mean(matrix) }
    case 'logMean':
      return { patches, scores: logMean(matrix, multiLabel) }
    case 'max':
      return { patches, scores: maximum(matrix) }
    case 'vote':
      return { patches, scores: votes(matrix, multiLabel ? threshold : null), tieBreak: mean(matrix) }
    case 'energyMean':
      return { patches, scores: energyMean(matrix, energies) }
  }
}

/** The class of each clip that the scores decide for; −1 for a clip without a patch. */
export function decide(ranked: RankedScores, patches: Int32Array, classes: number): Int32Array {
  return patches.map((count, clip) => (count === 0 ? -1 : estimatedClass(ranked, clip, classes)))
}

/** Scores that are decided by one call of a function: one that is called often is compiled far better than a long loop that is entered once. */
const CHUNK = 4096

function decideSome(scores: Float32Array | Float64Array, threshold: number, from: number, to: number, decided: Uint8Array): void {
  for (let i = from; i < to; i++) decided[i] = scores[i]! >= threshold ? 1 : 0
}

/** Every class that multi-label scores decide for. A vote decides by more than half of the patches; of exactly half the mean decides. */
export function decideEach({ scores, tieBreak }: RankedScores, threshold: number): Uint8Array {
  if (tieBreak) return Uint8Array.from(scores, (share, i) => (share > 0.5 || (share === 0.5 && tieBreak[i]! >= threshold) ? 1 : 0))
  const decided = new Uint8Array(scores.length)
  for (let from = 0; from < scores.length; from += CHUNK) decideSome(scores, threshold, from, Math.min(scores.length, from + CHUNK), decided)
  return decided
}

/**
 * Scores of clips from the scores of their patches, in float64.
 *
 * - `mean`: arithmetic mean of the probabilities;
 * - `logMean`: geometric mean (probabilities below 2⁻²³ count as that), of single-label scores scaled to sum to 1;
 * - `max`: the highest probability that any patch gives to the class (the scores do not sum to 1);
 * - `vote`: share of the patches that decide for the class; equal shares are decided by mean probability;
 * - `energyMean`: mean weighted by the energy of the patch, so that loud moments count for more.
 *
 * What is then still equal is decided by class order. With `smoothing` above 1 each score is first replaced by the moving mean that detection takes.
 * @throws AedError `INVALID_INPUT`, `UNKNOWN_CLASS` or `INVALID_OPTION`
 */
export function clipScores(scores: PatchScores, options: OptionsInput<typeof clipScoresOptionsSchema> = {}, context: StageContext = {}): ClipScores {
  const settings = parseOptions(clipScoresOptionsSchema, options, 'clip scores')
  throwIfAborted(context.signal)
  checkScores(scores)
  const { classes, clips } = scores
  const ranked = aggregate(scores, settings)
  const { patches } = ranked
  return { classes, clips, scores: ranked.scores, patches, estimated: decide(ranked, patches, classes.length), ...(settings.multiLabel && { decided: unscoredNone(decideEach(ranked, settings.threshold), patches, classes.length) }) }
}

/** A clip without a patch is decided for no class, also at threshold 0. */
export function unscoredNone(decided: Uint8Array, patches: Int32Array, classes: number): Uint8Array {
  patches.forEach((count, clip) => {
    if (count === 0) decided.fill(0, clip * classes, (clip + 1) * classes)
  })
  return decided
}

import { AedError, option, parseOptions, throwIfAborted, type OptionsInput, type OptionsOf, type PatchScores, type StageContext } from '@aed/core'
import * as v from 'valibot'
import { aggregate, aggregationEntries, decide } from './aggregation.ts'
import { binaryCurve } from './binary-curves.ts'
import { checkPatches, checkScores, requireOneLabel } from './check-scores.ts'
import { classAreas } from './class-areas.ts'
import { quote } from './text.ts'
import type { UndefinedMetric } from './undefined-metric.ts'

/** Version of {@link OpenSet}. */
export const OPEN_SET_SCHEMA = 'aed-open-set/1'

const { aggregation, smoothing } = aggregationEntries
export const openSetOptionsSchema = v.strictObject({
  aggregation,
  smoothing,
  unknownThreshold: option.numberOrNone(null, 'lowest score of the class decided for with which a clip is accepted; none: chosen by one of the next two', { min: 0, max: 1 }),
  maxFalseAccepts: option.numberOrNone(null, 'choose the threshold that accepts at most this part of the clips outside', { min: 0, max: 1 }),
  minAccepted: option.numberOrNone(null, 'choose the threshold that accepts at least this part of the clips of the classes', { min: 0, max: 1 }),
  perClass: option.boolean(false, 'choose a threshold for each class'),
  garbageClass: option.textOrNone(null, 'class that stands for everything else: what is decided for it is unknown'),
})
export type OpenSetOptions = OptionsOf<typeof openSetOptionsSchema>

/** What a threshold accepts, as parts of 1. */
export interface AcceptancePoint {
  readonly threshold: number
  /** Of the clips of the classes. */
  readonly accepted: number
  /** Of the clips of the classes: accepted and right. */
  readonly right: number
  /** Accuracy among the accepted clips of the classes; null where none is accepted. */
  readonly correct: number | null
  /** Of the clips outside. */
  readonly falseAccepts: number | null
}

/** How a model does where sounds outside its classes occur. */
export interface OpenSet {
  readonly schema: typeof OPEN_SET_SCHEMA
  readonly classes: readonly string[]
  readonly garbageClass: string | null
  /** One a class, in the order of the classes; equal unless `perClass` or given. Above 1: the class is never the answer. */
  readonly thresholds: readonly number[]
  readonly chosenBy: 'given' | 'threshold' | 'maxFalseAccepts' | 'minAccepted'
  /** Clips of the classes (the garbage class not among them) and how many were accepted and right, accepted and wrong, or called unknown. */
  readonly known: { readonly count: number; readonly right: number; readonly wrong: number; readonly unknown: number }
  /** Clips outside (those of the garbage class among them), how many were accepted, and as which class. */
  readonly outside: { readonly count: number; readonly accepted: number; readonly acceptedAs: readonly { readonly class: string; readonly count: number }[] }
  /** Accepted and right, or outside and called unknown, of all clips. */
  readonly accuracy: number
  /** Area under the ROC curve of clips of the classes against those outside, by the score of the class decided for. */
  readonly rocAuc: number | null
  /** Over all thresholds, from the highest down, at most 200 points. */
  readonly curve: readonly AcceptancePoint[]
  readonly undefinedMetrics: readonly UndefinedMetric[]
}

/** What was decided for clips, and how surely. */
interface Decided {
  readonly estimated: Int32Array
  /** Score of the class decided for; −1 where the clip is unknown whatever the threshold: no patch, or the garbage class. */
  readonly score: Float64Array
}

function decisionsOf(scores: PatchScores, options: OpenSetOptions, isGarbage: (c: number) => boolean): Decided {
  const width = scores.classes.length
  const ranked = aggregate(scores, { ...options, multiLabel: false, threshold: 0 })
  const estimated = decide(ranked, ranked.patches, width)
  return { estimated, score: Float64Array.from(estimated, (c, clip) => (c === -1 || isGarbage(c) ? -1 : ranked.scores[clip * width + c]!)) }
}

/** The lowest threshold that at most `part` of the scores reach. */
function rejectingThreshold(scores: readonly number[], part: number): number {
  const sorted = Float64Array.from(scores).sort()
  const may = Math.floor(part * sorted.length)
  if (may >= sorted.length) return 0
  // The next one must stay below: a threshold just above it, halfway to the lowest that may pass.
  const barrier = sorted[sorted.length - 1 - may]!
  const above = sorted.find((score) => score > barrier)
  if (barrier < 0) return 0
  return above === undefined ? Math.min(1, barrier + (1 - barrier) / 2) : barrier + (above - barrier) / 2
}

/** The highest threshold that at least `part` of the scores reach. */
function acceptingThreshold(scores: readonly number[], part: number): number {
  const sorted = Float64Array.from(scores).sort()
  const must = Math.ceil(part * sorted.length)
  return must === 0 ? 1 : Math.max(0, sorted[sorted.length - must]!)
}

/** What is evaluated. */
export interface OpenSetInput {
  readonly known: PatchScores
  readonly outside: PatchScores | null
  readonly thresholds?: readonly number[]
}

const POINTS = 200

/**
 * Open-set evaluation: a clip whose best class scores below the threshold of that class, or that is decided for the garbage class, is *unknown* (ST model zoo:
 * `unknown_class_threshold`, garbage class). The threshold is given, or chosen on these clips for a wanted part of false accepts or of accepted clips; of thresholds chosen per
 * class each holds among the clips decided for that class.
 * @param input.known scores of clips of the classes
 * @param input.outside scores of clips outside of them, by the same model; their labels mean nothing; null: there are none, and the figures of them are null or 0
 * @param input.thresholds one a class, as a model's card has them (core's `unknownThresholds`), in place of the options about the threshold and of the garbage class: a class whose
 * threshold is above 1 is one
 * @throws AedError `INVALID_INPUT`, `UNKNOWN_CLASS` (also for a garbage class that is none), `INVALID_OPTION` unless thresholds or exactly one of the three options about them is given
 */
export function evaluateOpenSet(input: OpenSetInput, options: OptionsInput<typeof openSetOptionsSchema> = {}, context: StageContext = {}): OpenSet {
  const settings = parseOptions(openSetOptionsSchema, options, 'open set')
  throwIfAborted(context.signal)
  const { unknownThreshold, maxFalseAccepts, minAccepted, perClass, garbageClass } = settings
  const { known, outside, thresholds: given } = input
  const { classes } = known
  if ([given ?? null, unknownThreshold, maxFalseAccepts, minAccepted].filter((value) => value !== null).length !== 1)
    throw new AedError('INVALID_OPTION', 'open set: takes one of unknownThreshold, maxFalseAccepts, minAccepted, and thresholds', { hint: 'give a threshold, or what it is to be chosen for' })
  if (given && (given.length !== classes.length || given.some((value) => !(value >= 0 && value < Infinity)))) throw new AedError('INVALID_OPTION', `open set: takes ${classes.length} thresholds of 0 or more, one a class, got ${given.join(', ')}`)
  const { reference } = checkScores(known)
  requireOneLabel(known.clips)
  if (outside) checkPatches(outside)
  if (outside && (outside.classes.length !== classes.length || outside.classes.some((name, c) => name !== classes[c]))) throw new AedError('INVALID_INPUT', 'open set: the clips outside were scored with other classes', { hint: 'score both with one model' })
  const garbage = garbageClass === null ? -1 : classes.indexOf(garbageClass)
  if (garbageClass !== null && garbage < 0) throw new AedError('UNKNOWN_CLASS', `open set: the garbage class ${quote(garbageClass)} is not among the classes`)
  const isGarbage = (c: number) => c === garbage || (given?.[c] ?? 0) > 1

  const inside = decisionsOf(known, settings, isGarbage)
  const beyond = outside && decisionsOf(outside, settings, isGarbage)
  // Clips of the garbage class are of no class that counts: they stand outside.
  const isKnown = (clip: number) => !isGarbage(reference[clip]!)
  const items = [
    ...known.clips.map((_clip, i) => ({ known: isKnown(i), right: isKnown(i) && inside.estimated[i] === reference[i], as: inside.estimated[i]!, score: inside.score[i]! })),
    ...(beyond ? Array.from(beyond.estimated, (as, i) => ({ known: false, right: false, as, score: beyond.score[i]! })) : []),
  ]
  const ours = items.filter((item) => item.known)
  const others = items.filter((item) => !item.known)
  if (ours.length === 0) throw new AedError('INVALID_INPUT', 'open set: every clip is of the garbage class')

  const choose = (c: number | null): number => {
    const among = (some: typeof items) => some.filter(({ as }) => c === null || as === c).map(({ score }) => score)
    if (unknownThreshold !== null) return unknownThreshold
    return maxFalseAccepts !== null ? rejectingThreshold(among(others), maxFalseAccepts) : acceptingThreshold(among(ours), minAccepted!)
  }
  const whole = given ? 0 : choose(null)
  const thresholds = given ?? classes.map((_name, c) => (perClass && items.some(({ as }) => as === c) ? choose(c) : whole))
  const accepted = ({ as, score }: (typeof items)[number]) => score >= 0 && score >= thresholds[as]!
  const count = (some: typeof items, test: (item: (typeof items)[number]) => boolean) => some.filter(test).length
  const right = count(ours, (item) => item.right && accepted(item))
  const unknown = count(ours, (item) => !accepted(item))
  const falseAccepts = count(others, accepted)

  const undefinedMetrics: UndefinedMetric[] = []
  const scores = Float64Array.from(items, ({ score }) => Math.max(score, 0))
  const areas = others.length === 0 ? null : classAreas(scores, 1, { targets: Uint8Array.from(items, (item) => Number(item.known)) })[0]!
  if (!areas) undefinedMetrics.push({ metric: 'rocAuc', class: null, reason: 'there is no clip outside the classes' })
  return {
    schema: OPEN_SET_SCHEMA,
    classes,
    garbageClass,
    thresholds,
    chosenBy: given ? 'given' : unknownThreshold !== null ? 'threshold' : maxFalseAccepts !== null ? 'maxFalseAccepts' : 'minAccepted',
    known: { count: ours.length, right, wrong: ours.length - right - unknown, unknown },
    outside: { count: others.length, accepted: falseAccepts, acceptedAs: classes.map((name, c) => ({ class: name, count: count(others, (item) => item.as === c && accepted(item)) })) },
    accuracy: (right + others.length - falseAccepts) / items.length,
    rocAuc: areas?.rocAuc ?? null,
    curve: curveOf(ours, others),
    undefinedMetrics,
  }
}

type Item = { readonly right: boolean; readonly score: number }

/** Accepted against correct, over all thresholds. */
function curveOf(ours: readonly Item[], others: readonly Item[]): AcceptancePoint[] {
  // Decisions whose score is −1 are unknown at every threshold.
  const at = (some: readonly Item[], positive: (item: Item) => boolean) => {
    const kept = some.filter(({ score }) => score >= 0)
    return binaryCurve({ scores: Float64Array.from(kept, ({ score }) => score), positive: Uint8Array.from(kept, (item) => Number(positive(item))) })
  }
  const known = at(ours, ({ right }) => right)
  const outside = at(others, () => false)
  const thresholds = [...new Set([...known.thresholds, ...outside.thresholds])].sort((a, b) => b - a)
  const step = Math.max(1, Math.ceil(thresholds.length / POINTS))
  const points: AcceptancePoint[] = []
  let [k, o] = [0, 0]
  thresholds.forEach((threshold, i) => {
    while (k < known.thresholds.length && known.thresholds[k]! >= threshold) k++
    while (o < outside.thresholds.length && outside.thresholds[o]! >= threshold) o++
    if (i % step !== 0 && i + 1 < thresholds.length) return
    const right = k === 0 ? 0 : known.truePositives[k - 1]!
    const accepted = k === 0 ? 0 : right + known.falsePositives[k - 1]!
    const alarms = o === 0 ? 0 : outside.falsePositives[o - 1]!
    points.push({ threshold, accepted: accepted / ours.length, right: right / ours.length, correct: accepted === 0 ? null : right / accepted, falseAccepts: others.length === 0 ? null : alarms / others.length })
  })
  return points
}

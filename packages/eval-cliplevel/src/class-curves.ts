import { parseOptions, type OptionsInput, type PatchScores } from '@aed/core'
import { aggregate, clipScoresOptionsSchema } from './aggregation.ts'
import { binaryCurve } from './binary-curves.ts'
import { checkScores } from './check-scores.ts'

/** Curves of one class against the rest, on clips, thinned to what a picture shows. */
export interface ClassCurves {
  readonly class: string
  /** `[false positive rate, true positive rate]` from [0, 0] to [1, 1]; null without a clip of either kind. */
  readonly roc: readonly (readonly [number, number])[] | null
  /** `[recall, precision]` from the highest threshold down; null without a clip of this class. */
  readonly precisionRecall: readonly (readonly [number, number])[] | null
}

const POINTS = 100

/** Every so many of a curve's points, the last among them. */
function thin<T>(points: readonly T[]): readonly T[] {
  const step = Math.max(1, Math.ceil(points.length / POINTS))
  return points.filter((_point, i) => i % step === 0 || i === points.length - 1)
}

/**
 * ROC and precision-recall curves of every class, on clips.
 * @throws AedError as `clipScores`
 */
export function classCurves(scores: PatchScores, options: OptionsInput<typeof clipScoresOptionsSchema> = {}): ClassCurves[] {
  const settings = parseOptions(clipScoresOptionsSchema, options, 'curves')
  const { targets } = checkScores(scores)
  const { classes, clips } = scores
  const width = classes.length
  const ranked = aggregate(scores, settings)
  return classes.map((name, c) => {
    const column = Float64Array.from(clips, (_clip, i) => ranked.scores[i * width + c]!)
    const { truePositives: tp, falsePositives: fp, positives, negatives } = binaryCurve({ scores: column, positive: Uint8Array.from(clips, (_clip, i) => targets[i * width + c]!) })
    const at = (make: (hits: number, alarms: number) => readonly [number, number]) => Array.from(tp, (hits, i) => make(hits, fp[i]!))
    return {
      class: name,
      roc: positives === 0 || negatives === 0 ? null : thin([[0, 0] as const, ...at((hits, alarms) => [alarms / negatives, hits / positives])]),
      precisionRecall: positives === 0 ? null : thin(at((hits, alarms) => [hits / positives, hits / (hits + alarms)])),
    }
  })
}

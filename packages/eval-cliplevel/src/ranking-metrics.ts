import { AedError } from '@aed/core'
import { binaryAreas, type BinaryAreas } from './binary-curves.ts'
import type { UndefinedMetric } from './metrics.ts'

/** Scores and truth of some items; several classes of an item may be true (FSD50K), or one, or none. */
export interface MultiLabelScores {
  readonly classes: readonly string[]
  /** Row-major `[items, classes]`, finite, 0 or more. */
  readonly scores: Float32Array | Float64Array
  /** Of the same shape: 1 where the class is true of the item, else 0. */
  readonly targets: Uint8Array
}

/** Figures that need scores alone, no decision; `null` is explained in `undefinedMetrics`. */
export interface RankingMetrics {
  readonly perClass: readonly (BinaryAreas & { readonly class: string })[]
  /** Mean of the classes' average precision, over those where it is defined (scikit-learn, macro). */
  readonly meanAveragePrecision: number | null
  /** Mean of the classes' ROC AUC, one class against the rest, over those where it is defined. */
  readonly macroRocAuc: number | null
  /** Label-weighted label-ranking average precision: scikit-learn's LRAP with items weighted by their number of labels (DCASE 2019 task 2). */
  readonly lwlrap: number | null
  readonly undefinedMetrics: readonly UndefinedMetric[]
}

/** Over every true label: the share of true labels among the classes that score as high or higher. */
function lwlrapOf({ classes, scores, targets }: MultiLabelScores): number | null {
  const width = classes.length
  let [sum, labels] = [0, 0]
  for (let label = 0; label < targets.length; label++) {
    if (targets[label] === 0) continue
    const start = label - (label % width)
    const score = scores[label]!
    let [rank, right] = [0, 0]
    for (let i = start; i < start + width; i++) {
      if (scores[i]! < score) continue
      rank++
      right += targets[i]!
    }
    sum += right / rank
    labels++
  }
  return labels === 0 ? null : sum / labels
}

const meanOf = (values: readonly number[]) => (values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length)

/**
 * Average precision, ROC AUC and lwlrap, single- or multi-label; definitions are scikit-learn's.
 * @throws AedError `INVALID_INPUT` for mismatched lengths, or with the first score or target that is not one
 */
export function rankingMetrics(input: MultiLabelScores): RankingMetrics {
  const { classes, scores, targets } = input
  const width = classes.length
  if (width === 0 || scores.length !== targets.length || scores.length % width !== 0)
    throw new AedError('INVALID_INPUT', `ranking metrics: takes as many targets as scores, whole rows of ${width} classes, got ${targets.length} and ${scores.length}`)
  for (let i = 0; i < scores.length; i++) {
    const place = () => `ranking metrics: row ${Math.floor(i / width)}, class '${classes[i % width]!}'`
    if (!(scores[i]! >= 0 && scores[i]! < Infinity)) throw new AedError('INVALID_INPUT', `${place()}: takes a finite score of 0 or more, got ${scores[i]!}`)
    if (targets[i]! > 1) throw new AedError('INVALID_INPUT', `${place()}: takes the target 0 or 1, got ${targets[i]!}`)
  }
  const items = scores.length / width
  const column = scores.BYTES_PER_ELEMENT === 4 ? new Float32Array(items) : new Float64Array(items)
  const positive = new Uint8Array(items)
  const undefinedMetrics: UndefinedMetric[] = []
  const perClass = classes.map((name, c) => {
    for (let item = 0; item < items; item++) {
      column[item] = scores[item * width + c]!
      positive[item] = targets[item * width + c]!
    }
    const areas = binaryAreas({ scores: column, positive })
    if (areas.averagePrecision === null) undefinedMetrics.push({ metric: 'averagePrecision', class: name, reason: 'no item is of this class' })
    if (areas.rocAuc === null) undefinedMetrics.push({ metric: 'rocAuc', class: name, reason: areas.averagePrecision === null ? 'no item is of this class' : 'every item is of this class' })
    return { class: name, ...areas }
  })
  const whole = {
    meanAveragePrecision: meanOf(perClass.flatMap(({ averagePrecision }) => averagePrecision ?? [])),
    macroRocAuc: meanOf(perClass.flatMap(({ rocAuc }) => rocAuc ?? [])),
    lwlrap: lwlrapOf(input),
  }
  for (const [metric, value] of Object.entries(whole)) if (value === null) undefinedMetrics.push({ metric, class: null, reason: 'it is defined for no class' })
  return { perClass, ...whole, undefinedMetrics }
}

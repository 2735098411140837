import { AedError } from '@aed/core'
import type { BinaryAreas } from './binary-curves.ts'
import { classAreas } from './class-areas.ts'
import { trueClasses, type Truth } from './truth.ts'
import type { UndefinedMetric } from './undefined-metric.ts'

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

type Floats = Float32Array | Float64Array

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
  return rankingOf(classes, scores, { targets }, 'item')
}

/** How many scores of a row are as high or higher. */
function rankOfScore(scores: Floats, start: number, width: number, score: number): number {
  let rank = 0
  for (let at = start; at < start + width; at++) if (scores[at]! >= score) rank++
  return rank
}

/** The same of float32: not negative, they are ordered as their bits are, and integers compare without a branch: half of the branches would be guessed wrong. */
function rankOfBits(bits: Int32Array, start: number, width: number, wanted: number): number {
  const below = (wanted & 0x7fffffff) - 1
  let rank = 0
  for (let at = start; at < start + width; at++) rank += (below - (bits[at]! & 0x7fffffff)) >>> 31
  return rank
}

/** Over every true label: the share of true labels among the classes that score as high or higher. */
function lwlrapOf(scores: Floats, width: number, { targets, rowOf }: Truth): number | null {
  const items = scores.length / width
  const { starts, classes } = trueClasses(targets, width)
  const bits = scores.BYTES_PER_ELEMENT === 4 ? new Int32Array(scores.buffer, scores.byteOffset, scores.length) : null
  let sum = 0
  let labels = 0
  for (let item = 0; item < items; item++) {
    const start = item * width
    const row = rowOf ? rowOf[item]! : item
    for (let i = starts[row]!; i < starts[row + 1]!; i++) {
      const score = scores[start + classes[i]!]!
      let right = 0
      for (let j = starts[row]!; j < starts[row + 1]!; j++) if (scores[start + classes[j]!]! >= score) right++
      sum += right / (bits ? rankOfBits(bits, start, width, bits[start + classes[i]!]!) : rankOfScore(scores, start, width, score))
      labels++
    }
  }
  return labels === 0 ? null : sum / labels
}

/** The figures of scores that were checked. */
export function rankingOf(classes: readonly string[], scores: Floats, truth: Truth, unit: string): RankingMetrics {
  const undefinedMetrics: UndefinedMetric[] = []
  const perClass = classAreas(scores, classes.length, truth).map((areas, c) => {
    const name = classes[c]!
    if (areas.averagePrecision === null) undefinedMetrics.push({ metric: 'averagePrecision', class: name, reason: `no ${unit} is of this class` })
    if (areas.rocAuc === null) undefinedMetrics.push({ metric: 'rocAuc', class: name, reason: `${areas.averagePrecision === null ? 'no' : 'every'} ${unit} is of this class` })
    return { class: name, ...areas }
  })
  const whole = {
    meanAveragePrecision: meanOf(perClass.flatMap(({ averagePrecision }) => averagePrecision ?? [])),
    macroRocAuc: meanOf(perClass.flatMap(({ rocAuc }) => rocAuc ?? [])),
    lwlrap: lwlrapOf(scores, classes.length, truth),
  }
  for (const [metric, value] of Object.entries(whole)) if (value === null) undefinedMetrics.push({ metric, class: null, reason: 'it is defined for no class' })
  return { perClass, ...whole, undefinedMetrics }
}

import { log } from '@aed/core'
import type { Statistic } from './bootstrap.ts'
import { collectCalibration, type Calibration } from './calibration.ts'
import { createUndefined, sharedMetrics, type Counts, type Metrics } from './metrics.ts'
import { rankingOf } from './ranking-metrics.ts'
import { distinct, slotsOf } from './score-slots.ts'
import { trueClasses, type Truth } from './truth.ts'

/** Items of any number of classes each, and what was decided for them. */
export interface MultiLabelDecisions {
  readonly unit: 'patch' | 'clip'
  /** Row-major `[items, classes]`. */
  readonly scores: Float32Array | Float64Array
  /** Of the same shape: 1 for every class decided for. */
  readonly decided: Uint8Array
  /** 1 for items that have scores; absent where all have. */
  readonly scored?: Uint8Array
}

const EPSILON = Number.EPSILON
const ONE_LABEL = 'it is defined for items of one class each'

/**
 * Mean binary cross-entropy over items and classes (an item without scores counts as scored 1/2), and how far the scores of every class of the items that have them can be taken at
 * their word.
 */
function probabilityFigures({ scores, scored }: MultiLabelDecisions, classes: number, { targets, rowOf }: Truth): { readonly logLoss: number; readonly calibration: Calibration | null } {
  const collected = collectCalibration()
  /** A function of its own, as others of one row here: an engine compiles what is called often far better than one long loop that is entered once. */
  const lossOf = (start: number, row: number): number => {
    let loss = 0
    // The logarithm of a product is the sum of logarithms, and a product costs a tenth.
    let product = 1
    // Most scores of many classes are low: they are summed up here.
    let [low, lowSum, lowHits] = [0, 0, 0]
    for (let c = 0; c < classes; c++) {
      const score = scores[start + c]!
      const wanted = targets[row + c]!
      if (score <= collected.firstEdge) {
        low++
        lowSum += score
        lowHits += wanted
      } else collected.add(score, wanted === 1)
      const likelihood = wanted === 1 ? score : 1 - score
      product *= likelihood < EPSILON ? EPSILON : likelihood > 1 - EPSILON ? 1 - EPSILON : likelihood
      if (product > 1e-280) continue
      loss -= log(product)
      product = 1
    }
    collected.addToFirst(low, lowSum, lowHits)
    return loss - log(product)
  }
  let loss = 0
  for (let item = 0; item * classes < scores.length; item++) loss += scored?.[item] === 0 ? classes * log(2) : lossOf(item * classes, (rowOf ? rowOf[item]! : item) * classes)
  return { logLoss: loss / scores.length, calibration: collected.result() }
}

/** All figures of some items that may be of several classes; there must be one item or more, and no score above 1. */
export function multiLabelMetricsOf(names: readonly string[], decisions: MultiLabelDecisions, truth: Truth, k: number): Metrics {
  const { unit, scores, decided, scored } = decisions
  const { targets, rowOf } = truth
  const classes = names.length
  const items = scores.length / classes
  const wanted = trueClasses(targets, classes)
  const counts = { support: new Int32Array(classes), decided: new Int32Array(classes), hits: new Int32Array(classes) }
  const unscored = new Array<number>(classes).fill(0)
  let exact = 0
  for (let item = 0; item < items; item++) {
    const row = rowOf ? rowOf[item]! : item
    const start = item * classes
    let [found, right] = [0, 0]
    for (let c = 0; c < classes; c++) {
      if (decided[start + c] === 0) continue
      found++
      counts.decided[c]!++
    }
    for (let i = wanted.starts[row]!; i < wanted.starts[row + 1]!; i++) {
      const c = wanted.classes[i]!
      counts.support[c]!++
      if (scored?.[item] === 0) unscored[c]!++
      if (decided[start + c] === 0) continue
      right++
      counts.hits[c]!++
    }
    if (scored?.[item] !== 0 && right === found && right === wanted.starts[row + 1]! - wanted.starts[row]!) exact++
  }
  const undefinedOnes = createUndefined()
  const { defined, metrics } = undefinedOnes
  const shared = sharedMetrics(names, unit, counts, rankingOf(names, scores, truth, unit), undefinedOnes)
  const { logLoss, calibration } = probabilityFigures(decisions, classes, truth)
  return {
    count: items,
    accuracy: exact / items,
    balancedAccuracy: defined(null, 'balancedAccuracy', null, ONE_LABEL),
    ...shared,
    topK: { k, accuracy: defined(null, 'topK', null, ONE_LABEL) },
    logLoss,
    calibration: defined(calibration, 'calibration', null, `no ${unit} has scores`),
    confusion: defined(null, 'confusion', null, ONE_LABEL),
    unscored,
    undefinedMetrics: metrics,
  }
}

/** Counts of clips that each count `weights[clip]` times. */
export function weightedCounts(decided: Uint8Array, targets: Uint8Array, classes: number): (weights: Int32Array) => Counts {
  // Most cells are 0: only the others are visited.
  let count = 0
  for (let i = 0; i < decided.length; i++) count += decided[i]! | targets[i]!
  const cells = new Int32Array(count)
  for (let i = 0, n = 0; i < decided.length; i++) if (decided[i] === 1 || targets[i] === 1) cells[n++] = i
  return (weights) => {
    const counts = { support: new Float64Array(classes), decided: new Float64Array(classes), hits: new Float64Array(classes) }
    for (const cell of cells) {
      const weight = weights[Math.floor(cell / classes)]!
      const c = cell % classes
      counts.support[c]! += weight * targets[cell]!
      counts.decided[c]! += weight * decided[cell]!
      counts.hits[c]! += weight * (targets[cell]! & decided[cell]!)
    }
    return counts
  }
}

function columnOf(scores: Float64Array, classes: number, c: number): Float64Array {
  const column = new Float64Array(scores.length / classes)
  for (let i = 0, at = c; i < column.length; i++, at += classes) column[i] = scores[at]! + 0
  return column
}

/** mAP of clips that each count `weights[clip]` times: where each clip stands among the thresholds of each class is found once. */
export function weightedMeanAveragePrecision(scores: Float64Array, targets: Uint8Array, classes: number): Statistic {
  const clips = scores.length / classes
  const positivesOf = Array.from({ length: classes }, (): number[] => [])
  const { starts, classes: wanted } = trueClasses(targets, classes)
  for (let clip = 0; clip < clips; clip++) for (let i = starts[clip]!; i < starts[clip + 1]!; i++) positivesOf[wanted[i]!]!.push(clip)
  const columns = positivesOf.map((positives, c) => {
    const { values } = distinct(Float64Array.from(positives, (clip) => scores[clip * classes + c]!).sort())
    const slots = slotsOf(columnOf(scores, classes, c), values)
    return { positives, slots, above: new Float64Array(2 * values.length + 1), hits: new Float64Array(2 * values.length + 1) }
  })
  return (weights) => {
    let [sum, defined] = [0, 0]
    for (const { positives, slots, above, hits } of columns) {
      above.fill(0)
      hits.fill(0)
      for (let clip = 0; clip < clips; clip++) above[slots[clip]!]! += weights[clip]!
      for (const clip of positives) hits[slots[clip]!]! += weights[clip]!
      let [right, decided, precisions] = [0, 0, 0]
      for (let slot = above.length - 1; slot >= 0; slot--) {
        decided += above[slot]!
        if (hits[slot] === 0) continue
        right += hits[slot]!
        precisions += (hits[slot]! * right) / decided
      }
      if (right === 0) continue
      sum += precisions / right
      defined++
    }
    return defined === 0 ? null : sum / defined
  }
}

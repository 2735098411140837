import { log } from '@aed/core'
import type { Statistic } from './bootstrap.ts'
import { collectCalibration } from './calibration.ts'
import { distinct, slotOf, type Truth } from './class-areas.ts'
import { createUndefined, sharedMetrics, type Counts, type Metrics } from './metrics.ts'
import { rankingOf } from './ranking-metrics.ts'

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

/** Mean binary cross-entropy over items and classes; an item without scores counts as scored 1/2. */
function logLossOf({ scores, scored }: MultiLabelDecisions, classes: number, { targets, rowOf }: Truth): number {
  let sum = 0
  // The logarithm of a product is the sum of logarithms, and a product costs a tenth.
  let product = 1
  for (let item = 0; item * classes < scores.length; item++) {
    const start = item * classes
    const row = (rowOf ? rowOf[item]! : item) * classes
    const silent = scored?.[item] === 0
    for (let c = 0; c < classes; c++) {
      const score = silent ? 0.5 : Math.min(Math.max(scores[start + c]!, EPSILON), 1 - EPSILON)
      product *= targets[row + c] === 1 ? score : 1 - score
      if (product > 1e-280) continue
      sum -= log(product)
      product = 1
    }
  }
  return (sum - log(product)) / scores.length
}

/** Of every class of every item that has scores: the score, and whether the class is true. */
function calibrationOf({ scores, scored }: MultiLabelDecisions, classes: number, { targets, rowOf }: Truth) {
  const collected = collectCalibration()
  for (let item = 0; item * classes < scores.length; item++) {
    if (scored?.[item] === 0) continue
    const row = (rowOf ? rowOf[item]! : item) * classes
    for (let c = 0; c < classes; c++) collected.add(scores[item * classes + c]!, targets[row + c] === 1)
  }
  return collected.result()
}

/** All figures of some items that may be of several classes; there must be one item or more, and no score above 1. */
export function multiLabelMetricsOf(names: readonly string[], decisions: MultiLabelDecisions, truth: Truth, k: number): Metrics {
  const { unit, scores, decided, scored } = decisions
  const { targets, rowOf } = truth
  const classes = names.length
  const items = scores.length / classes
  const counts = { support: new Int32Array(classes), decided: new Int32Array(classes), hits: new Int32Array(classes) }
  const unscored = new Array<number>(classes).fill(0)
  let exact = 0
  for (let item = 0; item < items; item++) {
    const row = (rowOf ? rowOf[item]! : item) * classes
    let wrong = 0
    for (let c = 0; c < classes; c++) {
      const wanted = targets[row + c]!
      const found = decided[item * classes + c]!
      counts.support[c]! += wanted
      counts.decided[c]! += found
      counts.hits[c]! += wanted & found
      wrong |= wanted ^ found
    }
    if (scored?.[item] === 0) for (let c = 0; c < classes; c++) unscored[c]! += targets[row + c]!
    else if (wrong === 0) exact++
  }
  const undefinedOnes = createUndefined()
  const { defined, metrics } = undefinedOnes
  const shared = sharedMetrics(names, unit, counts, rankingOf(names, scores, truth, unit), undefinedOnes)
  return {
    count: items,
    accuracy: exact / items,
    balancedAccuracy: defined(null, 'balancedAccuracy', null, ONE_LABEL),
    ...shared,
    topK: { k, accuracy: defined(null, 'topK', null, ONE_LABEL) },
    logLoss: logLossOf(decisions, classes, truth),
    calibration: defined(calibrationOf(decisions, classes, truth), 'calibration', null, `no ${unit} has scores`),
    confusion: defined(null, 'confusion', null, ONE_LABEL),
    unscored,
    undefinedMetrics: metrics,
  }
}

/** Counts of clips that each count `weights[clip]` times. */
export function weightedCounts(decided: Uint8Array, targets: Uint8Array, classes: number): (weights: Int32Array) => Counts {
  // Most cells are 0: only the others are visited.
  const cells = Int32Array.from([...decided.keys()].filter((i) => decided[i] === 1 || targets[i] === 1))
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

/** mAP of clips that each count `weights[clip]` times: where each clip stands among the thresholds of each class is found once. */
export function weightedMeanAveragePrecision(scores: Float64Array, targets: Uint8Array, classes: number): Statistic {
  const clips = scores.length / classes
  const columns = Array.from({ length: classes }, (_, c) => {
    const positives = [...Array(clips).keys()].filter((clip) => targets[clip * classes + c] === 1)
    const { values } = distinct(Float64Array.from(positives, (clip) => scores[clip * classes + c]!).sort())
    const slots = Int32Array.from({ length: clips }, (_clip, clip) => slotOf(values, scores[clip * classes + c]!))
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

import type { Interval } from './bootstrap.ts'
import type { ClipMetrics, Evaluation } from './evaluate.ts'
import type { Metrics } from './metrics.ts'
import { table } from './text.ts'

/** Widest confusion matrix that is printed; of more classes the most frequent confusions are. */
const MATRIX_CLASSES = 20
const CONFUSIONS = 10

/** A part as per cent: `92.5 %`; `–` where it is not defined. */
function percent(value: number | null): string {
  return value === null ? '–' : `${(100 * value).toFixed(1)} %`
}

const decimal = (value: number | null) => (value === null ? '–' : value.toFixed(3))

function summary(levels: readonly (readonly [string, Metrics | ClipMetrics])[], multiLabel: boolean): string[] {
  const calibrationError = ({ calibration }: Metrics) => decimal(calibration && calibration.expectedCalibrationError)
  const columns: readonly (readonly [string, (m: Metrics) => string])[] = multiLabel
    ? [['exact', (m) => percent(m.accuracy)], ['micro F1', (m) => percent(m.microF1)], ['macro F1', (m) => percent(m.macroF1)], ['mAP', (m) => percent(m.meanAveragePrecision)], ['lwlrap', (m) => percent(m.lwlrap)], ['ROC AUC', (m) => percent(m.macroRocAuc)], ['log loss', (m) => decimal(m.logLoss)], ['ECE', calibrationError]]
    : [['accuracy', (m) => percent(m.accuracy)], ['balanced', (m) => percent(m.balancedAccuracy)], ['macro F1', (m) => percent(m.macroF1)], [`top ${levels[0]![1].topK.k}`, (m) => percent(m.topK.accuracy)], ['mAP', (m) => percent(m.meanAveragePrecision)], ['log loss', (m) => decimal(m.logLoss)], ['ECE', calibrationError]]
  return table([['', 'count', ...columns.map(([name]) => name)], ...levels.map(([name, m]) => [name, String(m.count), ...columns.map(([, value]) => value(m))])])
}

type Confusion = NonNullable<Metrics['confusion']>

function matrix(classes: readonly string[], confusion: Confusion, unscored: readonly number[]): string[] {
  const missing = unscored.some((count) => count > 0)
  const rows = confusion.map((row, c) => [`${c + 1} ${classes[c]!}`, ...row.map((count) => (count === 0 ? '·' : String(count))), ...(missing ? [String(unscored[c])] : [])])
  return ['rows: reference, columns: estimated', ...table([['', ...classes.map((_class, c) => String(c + 1)), ...(missing ? ['no patch'] : [])], ...rows])]
}

function mostConfused(classes: readonly string[], confusion: Confusion): string[] {
  const cells = confusion.flatMap((row, reference) => row.map((count, estimated) => ({ reference, estimated, count })))
  const wrong = cells.filter(({ reference, estimated, count }) => reference !== estimated && count > 0).sort((a, b) => b.count - a.count)
  return ['most frequent confusions', ...wrong.slice(0, CONFUSIONS).map(({ reference, estimated, count }) => `${count}  ${classes[reference]!} taken for ${classes[estimated]!}`)]
}

const AGGREGATIONS = { mean: 'mean of scores', logMean: 'mean of log scores', max: 'highest score', vote: 'majority vote', energyMean: 'energy-weighted mean of scores' } as const

/** A figure with its interval as papers state it: `92.5 % [89.7, 95.0]`. */
export function formatInterval(value: number | null, interval: Interval | null): string {
  return `${percent(value)}${interval ? ` [${interval.map((bound) => (100 * bound).toFixed(1)).join(', ')}]` : ''}`
}

/** An evaluation as text for a terminal: the figure that matters with its interval, both levels, classes, and the confusion matrix of the clips. */
export function formatEvaluation(evaluation: Evaluation): string {
  const { classes, clip, patch, clipsWithoutPatches, multiLabel, smoothing, recordings } = evaluation
  const head = multiLabel ? `clip mAP ${formatInterval(clip.meanAveragePrecision, clip.meanAveragePrecisionInterval)}` : `clip accuracy ${formatInterval(clip.accuracy, clip.interval)}`
  const uncertainty = recordings < 2 ? ' (no interval: one recording)' : ` (${Number((100 * evaluation.confidence).toFixed(2))} %, bootstrap over ${recordings} recordings)`
  const lines = [
    `${head}${uncertainty}, ${AGGREGATIONS[evaluation.aggregation]}${smoothing > 1 ? ` smoothed over ${smoothing} patches` : ''}`,
    '',
    ...summary(
      [
        ['clips', clip],
        ['patches', patch],
      ],
      multiLabel,
    ),
    '',
    ...table([['class', 'clips', 'precision', 'recall', 'F1', 'AP', 'ROC AUC'], ...clip.perClass.map((c) => [c.class, String(c.support), ...[c.precision, c.recall, c.f1, c.averagePrecision, c.rocAuc].map(percent)])]),
  ]
  if (clip.confusion) lines.push('', ...(classes.length <= MATRIX_CLASSES ? matrix(classes, clip.confusion, clip.unscored) : mostConfused(classes, clip.confusion)))
  if (clipsWithoutPatches.length > 0) lines.push('', `counted as wrong, without a patch: ${clipsWithoutPatches.join(', ')}`)
  return `${lines.join('\n')}\n`
}

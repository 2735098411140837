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

function summary(levels: readonly (readonly [string, Metrics | ClipMetrics])[]): string[] {
  return table([
    ['', 'count', 'accuracy', 'balanced', 'macro F1', `top ${levels[0]![1].topK.k}`, 'log loss'],
    ...levels.map(([name, m]) => [name, String(m.count), percent(m.accuracy), percent(m.balancedAccuracy), percent(m.macroF1), percent(m.topK.accuracy), m.logLoss === null ? '–' : m.logLoss.toFixed(3)]),
  ])
}

function matrix(classes: readonly string[], { confusion, unscored }: Metrics): string[] {
  const missing = unscored.some((count) => count > 0)
  const rows = confusion.map((row, c) => [`${c + 1} ${classes[c]!}`, ...row.map((count) => (count === 0 ? '·' : String(count))), ...(missing ? [String(unscored[c])] : [])])
  return ['rows: reference, columns: estimated', ...table([['', ...classes.map((_class, c) => String(c + 1)), ...(missing ? ['no patch'] : [])], ...rows])]
}

function mostConfused(classes: readonly string[], { confusion }: Metrics): string[] {
  const cells = confusion.flatMap((row, reference) => row.map((count, estimated) => ({ reference, estimated, count })))
  const wrong = cells.filter(({ reference, estimated, count }) => reference !== estimated && count > 0).sort((a, b) => b.count - a.count)
  return ['most frequent confusions', ...wrong.slice(0, CONFUSIONS).map(({ reference, estimated, count }) => `${count}  ${classes[reference]!} taken for ${classes[estimated]!}`)]
}

const AGGREGATIONS = { mean: 'mean of scores', logMean: 'mean of log scores', max: 'highest score', vote: 'majority vote' } as const

/** An evaluation as text for a terminal: accuracy with its interval, both levels, classes, and the confusion matrix of the clips. */
export function formatEvaluation(evaluation: Evaluation): string {
  const { classes, clip, patch, clipsWithoutPatches } = evaluation
  const bounds = clip.interval && `[${clip.interval.map((bound) => (100 * bound).toFixed(1)).join(', ')}]`
  const uncertainty = bounds ? ` ${bounds} (${Number((100 * evaluation.confidence).toFixed(2))} %, bootstrap over ${evaluation.recordings} recordings)` : ' (no interval: one recording)'
  const lines = [
    `clip accuracy ${percent(clip.accuracy)}${uncertainty}, ${AGGREGATIONS[evaluation.aggregation]}`,
    '',
    ...summary([
      ['clips', clip],
      ['patches', patch],
    ]),
    '',
    ...table([['class', 'clips', 'precision', 'recall', 'F1'], ...clip.perClass.map((c) => [c.class, String(c.support), percent(c.precision), percent(c.recall), percent(c.f1)])]),
    '',
    ...(classes.length <= MATRIX_CLASSES ? matrix(classes, clip) : mostConfused(classes, clip)),
  ]
  if (clipsWithoutPatches.length > 0) lines.push('', `counted as wrong, without a patch: ${clipsWithoutPatches.join(', ')}`)
  return `${lines.join('\n')}\n`
}

import type { ClassCurves, Evaluation, OpenSet } from '@aed/eval-cliplevel'
import { toSvg } from './chart.ts'

const PART = { scale: { domain: [0, 1] }, axis: { format: '.0%' } }
/** Most lines that a picture can tell apart. */
const LINES = 12

/** Counts of clips: rows are the true class, columns the one that was heard. */
export function confusionChart(classes: readonly string[], matrix: readonly (readonly number[])[]): Promise<string> {
  const values = matrix.flatMap((row, reference) => row.map((count, estimated) => ({ reference: classes[reference], estimated: classes[estimated], count })))
  const largest = Math.max(1, ...matrix.flat())
  const small = classes.length > 20
  return toSvg({
    data: { values },
    width: { step: small ? 12 : 34 },
    height: { step: small ? 12 : 26 },
    encoding: {
      x: { field: 'estimated', title: 'heard as', sort: [...classes], axis: { labelAngle: small ? -90 : -45 } },
      y: { field: 'reference', title: 'is', sort: [...classes] },
    },
    layer: [
      // Only what occurs is filled: on dark paper a sheet of zeros would glare.
      { mark: { type: 'rect', fill: null, stroke: 'currentColor', strokeOpacity: 0.15 } },
      { transform: [{ filter: 'datum.count > 0' }], mark: 'rect', encoding: { color: { field: 'count', type: 'quantitative', legend: null, scale: { domain: [0, largest], range: ['#d9e4f0', '#1f4e79'] } } } },
      {
        transform: [{ filter: 'datum.count > 0' }],
        mark: { type: 'text', fontSize: small ? 7 : 11 },
        encoding: { text: { field: 'count' }, color: { condition: { test: `datum.count > ${largest / 2}`, value: 'white' }, value: 'black' } },
      },
    ],
  })
}

/** The classes whose curves are drawn: of many those that do worst. */
function drawn(curves: readonly ClassCurves[], { clip }: Evaluation): readonly ClassCurves[] {
  if (curves.length <= LINES) return curves
  const precision = new Map(clip.perClass.map((c) => [c.class, c.averagePrecision ?? 2]))
  return [...curves].sort((a, b) => precision.get(a.class)! - precision.get(b.class)!).slice(0, LINES)
}

/** ROC or precision-recall curves of the classes. */
export function curveChart(kind: 'roc' | 'precisionRecall', curves: readonly ClassCurves[], evaluation: Evaluation): Promise<string> {
  const values = drawn(curves, evaluation).flatMap((one) => (one[kind] ?? []).map(([x, y], order) => ({ class: one.class, x, y, order })))
  const [x, y] = kind === 'roc' ? ['false positive rate', 'true positive rate'] : ['recall', 'precision']
  return toSvg({
    data: { values },
    mark: { type: 'line', strokeWidth: 1.5, interpolate: kind === 'roc' ? 'linear' : 'step-before' },
    width: 260,
    height: 260,
    encoding: {
      x: { field: 'x', type: 'quantitative', title: x, ...PART },
      y: { field: 'y', type: 'quantitative', title: y, ...PART },
      order: { field: 'order' },
      color: { field: 'class', title: null, sort: curves.map((one) => one.class), scale: { scheme: 'tableau20' } },
    },
  })
}

/** How often a confidence was right: on the diagonal it can be taken at its word. */
export function reliabilityChart({ clip }: Evaluation): Promise<string> {
  const values = (clip.calibration?.bins ?? []).filter(({ count }) => count > 0)
  return toSvg({
    width: 260,
    height: 260,
    layer: [
      { data: { values: [{ x: 0, y: 0 }, { x: 1, y: 1 }] }, mark: { type: 'line', strokeDash: [4, 4], color: '#888' }, encoding: { x: { field: 'x', type: 'quantitative' }, y: { field: 'y', type: 'quantitative' } } },
      {
        data: { values },
        mark: { type: 'bar', opacity: 0.75, color: '#2f6ba5' },
        encoding: {
          x: { field: 'low', type: 'quantitative', bin: { binned: true }, title: 'confidence', ...PART },
          x2: { field: 'high' },
          y: { field: 'accuracy', type: 'quantitative', title: 'accuracy', ...PART },
        },
      },
    ],
  })
}

/** Accepted against correct over the threshold, and false accepts of what lies outside. */
export function openSetChart({ curve, thresholds }: OpenSet): Promise<string> {
  const lines = { accepted: 'accepted', right: 'accepted and right', falseAccepts: 'outside, accepted' } as const
  const values = curve.flatMap((point) => Object.entries(lines).flatMap(([field, name]) => (point[field as keyof typeof lines] === null ? [] : [{ threshold: point.threshold, part: point[field as keyof typeof lines], name }])))
  return toSvg({
    width: 360,
    height: 240,
    layer: [
      {
        data: { values },
        mark: { type: 'line', interpolate: 'step-before' },
        encoding: {
          x: { field: 'threshold', type: 'quantitative', title: 'threshold', scale: { domain: [0, 1] } },
          y: { field: 'part', type: 'quantitative', title: 'of the clips', ...PART },
          color: { field: 'name', title: null, scale: { range: ['#8fb8de', '#2f6ba5', '#c4552d'] } },
        },
      },
      { data: { values: [...new Set(thresholds)].filter((threshold) => threshold <= 1).map((threshold) => ({ threshold })) }, mark: { type: 'rule', strokeDash: [2, 3], color: '#888' }, encoding: { x: { field: 'threshold', type: 'quantitative' } } },
    ],
  })
}

/** Scores of a clip over time: its true class, the one decided for, and the next. */
export function timelineChart(classes: readonly string[], scores: Float32Array, period: number, patchLength: number, first: readonly string[]): Promise<string> {
  const width = classes.length
  const patches = scores.length / width
  const mean = classes.map((_name, c) => Array.from({ length: patches }, (_, patch) => scores[patch * width + c]!).reduce((a, b) => a + b, 0))
  const shown = [...new Set([...first, ...[...classes].sort((a, b) => mean[classes.indexOf(b)]! - mean[classes.indexOf(a)]!)])].slice(0, 3)
  const values = shown.flatMap((name) => Array.from({ length: patches }, (_, patch) => ({ name, time: patch * period + patchLength / 2, score: scores[patch * width + classes.indexOf(name)]! })))
  return toSvg({
    data: { values },
    mark: { type: 'line', point: { size: 20 } },
    width: 300,
    height: 70,
    encoding: {
      x: { field: 'time', type: 'quantitative', title: 's', scale: { domain: [0, Math.max(patchLength, (patches - 1) * period + patchLength)], nice: false } },
      y: { field: 'score', type: 'quantitative', title: null, scale: { domain: [0, 1] }, axis: { values: [0, 0.5, 1] } },
      color: { field: 'name', title: null, sort: shown, scale: { range: ['#2f6ba5', '#c4552d', '#7a9a3a'] } },
    },
  })
}

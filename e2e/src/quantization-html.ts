import { escapeHtml, htmlPage, htmlTable, percent, toSvg } from '@aed/report'
import type { QuantizationReport, TensorRange } from '@aed/quantize-int8'
import type { Int8Comparison } from './compare-int8.ts'

/** What a report of a quantization tells beside the quantizer's own. */
export interface QuantizationPage {
  readonly name: string
  readonly bytes: number
  readonly sha256: string
  readonly report: QuantizationReport
  /** Where there are labels. */
  readonly comparison: Int8Comparison | null
  /** What a reader must know first. */
  readonly notes: readonly string[]
}

const decibels = (value: number | null) => (value === null ? 'exact' : value.toFixed(1))

/** The error report of a quantization as one page. */
export async function renderQuantizationHtml({ name, bytes, sha256, report, comparison, notes }: QuantizationPage): Promise<string> {
  const ranges = new Map(report.tensors.map((tensor) => [tensor.name, tensor]))
  return htmlPage({
    title: `int8: ${name}`,
    notes,
    body: `<p>${bytes} bytes, SHA-256 <code>${escapeHtml(sha256)}</code>. Ranges by ${report.method} from ${report.calibrationPatches} patches; float and int8 compared on ${report.comparedPatches} of them.</p>
${comparison ? accuracySection(comparison) : ''}
<h2>Layers that cost most</h2>
<p>Signal-to-noise ratio of <code>${escapeHtml(report.result)}</code>, the network's result, where one layer alone is int8: ${report.costliest.map((layer) => `${escapeHtml(layer)} ${decibels(report.layers.find((row) => row.name === layer)!.aloneDb)} dB`).join(', ')}.</p>
<h2>How many calibration patches are enough</h2>
<p>${report.enoughPatches === null ? `More than ${report.learningCurve.at(-2)?.patches ?? 0} are needed to come within 0.5 dB of what all ${report.calibrationPatches} give; more may help.` : `${report.enoughPatches} patches come within 0.5 dB of what all ${report.calibrationPatches} give.`}</p>
${await curveChart(report)}
<h2>Layers</h2>
<p>SQNR and cosine have the errors of all layers before in them; alone: of the result, with this layer alone in int8.</p>
${htmlTable(
  ['layer', 'operator', 'SQNR, dB', 'cosine', 'saturated', 'alone, dB'],
  report.layers.map(({ name: layer, op, sqnrDb, cosine, saturation, aloneDb }) => [layer, op, decibels(sqnrDb), cosine.toFixed(5), percent(saturation), aloneDb === null ? '–' : aloneDb.toFixed(1)]),
)}
<h2>Ranges</h2>
<p>Float values of each tensor (bars, logarithmic height, zeros left out) and what its int8 form can hold.</p>
<table><thead><tr>${['tensor', 'values', 'float', 'int8', 'scale', 'zero point'].map((title) => `<th>${title}</th>`).join('')}</tr></thead><tbody>
${[...ranges.values()].map(rangeRow).join('\n')}
</tbody></table>`,
  })
}

function accuracySection({ clips, patches, patch, clip, mcNemar, sha256 }: Int8Comparison): string {
  return `<h2>Accuracy</h2>
<p>${clips} clips, ${patches} patches, by the file of SHA-256 <code>${escapeHtml(sha256)}</code>. Exact McNemar test of the clips: ${mcNemar.onlyFirstRight} right in float alone, ${mcNemar.onlySecondRight} in int8 alone, p = ${mcNemar.p.toFixed(3)}.</p>
${htmlTable(['', 'float', 'int8'], [['patches', percent(patch.float), percent(patch.int8)], ['clips', percent(clip.float), percent(clip.int8)]])}`
}

function curveChart({ learningCurve }: QuantizationReport): Promise<string> {
  return toSvg({
    data: { values: learningCurve.filter(({ sqnrDb }) => sqnrDb !== null).map(({ patches, sqnrDb }) => ({ patches, sqnr: sqnrDb })) },
    mark: { type: 'line', point: true },
    width: 420,
    height: 160,
    encoding: { x: { field: 'patches', type: 'quantitative', scale: { type: 'log' }, title: 'calibration patches' }, y: { field: 'sqnr', type: 'quantitative', scale: { zero: false }, title: 'SQNR of the result, dB' } },
  })
}

const [WIDTH, HEIGHT] = [192, 32]

/** A histogram of the width of the table's cell: too many of them for a chart each. */
function bars({ histogram, observedMin, observedMax, min, max }: TensorRange): string {
  const tallest = histogram.reduce((a, b) => Math.max(a, b), 1)
  const width = WIDTH / histogram.length
  // Bits of the count: a logarithm that is the same everywhere.
  const height = (count: number) => (count === 0 ? 0 : (HEIGHT * (1 + count.toString(2).length)) / (1 + tallest.toString(2).length))
  const rects = histogram.map((count, i) => (count === 0 ? '' : `<rect x="${(i * width).toFixed(1)}" y="${(HEIGHT - height(count)).toFixed(1)}" width="${width.toFixed(1)}" height="${height(count).toFixed(1)}"/>`))
  const at = (value: number) => (observedMax > observedMin ? (Math.min(1, Math.max(0, (value - observedMin) / (observedMax - observedMin))) * WIDTH).toFixed(1) : '0')
  return `<svg width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="histogram"><g fill="#2f6ba5">${rects.join('')}</g>${[min, max].map((end) => `<path d="M${at(end)} 0V${HEIGHT}" stroke="currentColor" stroke-dasharray="3 2"/>`).join('')}</svg>`
}

function rangeRow(tensor: TensorRange): string {
  const span = (a: number, b: number) => `${a.toPrecision(4)} … ${b.toPrecision(4)}`
  const cells = [span(tensor.observedMin, tensor.observedMax), span(tensor.min, tensor.max), tensor.scale.toPrecision(5), String(tensor.zeroPoint)]
  return `<tr><td>${escapeHtml(tensor.name)}</td><td>${bars(tensor)}</td>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
}

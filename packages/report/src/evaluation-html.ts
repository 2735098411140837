import { formatInterval, type Evaluation } from '@aed/eval-cliplevel'
import { logMelUri, waveformSvg, wavUri, type ClipMedia } from './clip-media.ts'
import { confusionChart, curveChart, openSetChart, reliabilityChart, timelineChart } from './evaluation-charts.ts'
import type { EvaluationReport, WorstClip } from './evaluation-report.ts'
import { percent, thresholdRange } from './figures.ts'
import { escapeHtml, htmlPage, htmlTable } from './page.ts'

/** What the report shows of clips: by id, for those that it is there for. */
export interface EvaluationMedia {
  readonly clips: ReadonlyMap<string, ClipMedia>
  /** From patch to patch, and length of a patch, in s. */
  readonly period: number
  readonly patchLength: number
}

const STYLE = `<style>
nav a { margin-right: 1rem } .skip { position: absolute; left: -999px } .skip:focus { left: 1rem }
a { color: inherit } a:focus-visible, summary:focus-visible, audio:focus-visible { outline: 2px solid #e0a800; outline-offset: 2px }
.headline { font-size: 1.9rem; margin: .2rem 0 } .quiet { opacity: .75 } summary { cursor: pointer }
.clips { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(23rem, 100%), 1fr)); gap: 1.2rem }
.clip { border: 1px solid var(--line); border-radius: 6px; padding: .6rem .8rem; break-inside: avoid } .clip h3 { margin: 0; font-size: 1rem; overflow-wrap: anywhere }
.clip img { width: 100%; height: 96px; image-rendering: auto; display: block } .clip audio { width: 100%; height: 2rem }
@media print { nav, .skip, audio { display: none } }
</style>`

const decimal = (value: number | null) => (value === null ? '–' : value.toFixed(3))
const plural = (count: number, one: string) => `${count} ${one}${count === 1 ? '' : 's'}`

/** The figure that matters with its interval: `92.5 % [89.7, 95.0]`. */
export function headline({ multiLabel, clip }: Evaluation): string {
  return multiLabel ? formatInterval(clip.meanAveragePrecision, clip.meanAveragePrecisionInterval) : formatInterval(clip.accuracy, clip.interval)
}

function figures({ clip, patch, multiLabel }: Evaluation): string {
  const rows: [string, (m: Evaluation['patch']) => string][] = [
    [multiLabel ? 'exact match' : 'accuracy', (m) => percent(m.accuracy)],
    ['balanced accuracy', (m) => percent(m.balancedAccuracy)],
    ['macro F1', (m) => percent(m.macroF1)],
    ['micro F1', (m) => percent(m.microF1)],
    [`top ${clip.topK.k}`, (m) => percent(m.topK.accuracy)],
    ['mAP', (m) => percent(m.meanAveragePrecision)],
    ['lwlrap', (m) => percent(m.lwlrap)],
    ['ROC AUC (macro)', (m) => percent(m.macroRocAuc)],
    ['log loss', (m) => decimal(m.logLoss)],
    ['expected calibration error', (m) => decimal(m.calibration && m.calibration.expectedCalibrationError)],
  ]
  return htmlTable(['', plural(clip.count, 'clip'), plural(patch.count, 'patch').replace('patchs', 'patches')], rows.map(([name, value]) => [name, value(clip), value(patch)]))
}

function classTable({ clip }: Evaluation): string {
  return htmlTable(
    ['class', 'clips', 'decided', 'precision', 'recall', 'F1', 'AP', 'ROC AUC'],
    clip.perClass.map((c) => [c.class, String(c.support), String(c.estimated), ...[c.precision, c.recall, c.f1, c.averagePrecision, c.rocAuc].map(percent)]),
  )
}

function openSetSection(openSet: EvaluationReport['openSet'], chart: string): string {
  if (!openSet) return ''
  const { known, outside, thresholds, chosenBy, accuracy, rocAuc } = openSet
  const others = outside.count === 0 ? '' : `; of ${plural(outside.count, 'clip')} outside ${percent(outside.accepted / outside.count)} are taken for one of them. Right in all: ${percent(accuracy)}. ROC AUC of known against outside: ${percent(rocAuc)}`
  return `<h2 id="open-set">Sounds outside the classes</h2>
<p>Unknown below ${thresholdRange(thresholds)}${chosenBy === 'given' ? ', as the model has it' : ''}: of ${plural(known.count, 'clip')} of the classes ${percent(known.right / known.count)} are accepted and right, ${percent(known.wrong / known.count)} accepted and wrong, ${percent(known.unknown / known.count)} unknown${others}.</p>
<div class="row"><div>${chart}</div>${outside.count === 0 ? '' : `<div>${htmlTable(['outside, taken for', 'clips'], outside.acceptedAs.filter(({ count }) => count > 0).map((one) => [one.class, String(one.count)]))}</div>`}</div>`
}

function comparisonSection(comparison: EvaluationReport['comparison'], model: string): string {
  if (!comparison) return ''
  const { second, leaky, accuracy, agreement, mcNemar, movement, changed } = comparison
  const interval = accuracy.interval ? ` [${accuracy.interval.map((bound) => (100 * bound).toFixed(1)).join(', ')}]` : ''
  return `<h2 id="comparison">Beside ${escapeHtml(second)}</h2>
${leaky ? `<p class="note">${escapeHtml(second)} was trained on the recordings of ${leaky.clips} of ${leaky.of} clips: it is no fair comparison.</p>` : ''}
<p>${escapeHtml(model)} ${percent(accuracy.first)}, ${escapeHtml(second)} ${percent(accuracy.second)}: a difference of ${(100 * accuracy.difference).toFixed(1)} points${interval}. They decide alike on ${percent(agreement.clip)} of the clips and ${percent(agreement.patch)} of the patches.
Right in the first alone: ${mcNemar.onlyFirstRight}, in the second alone: ${mcNemar.onlySecondRight}; exact McNemar test p = ${mcNemar.p.toFixed(3)}. Scores of clips move by ${movement.clip.mean.toFixed(4)} on average, at most ${movement.clip.max.toFixed(4)}${movement.clip.at ? ` (${escapeHtml(movement.clip.at.clip)}, ${escapeHtml(movement.clip.at.class)})` : ''}.</p>
${changed.length === 0 ? '<p>No clip is decided differently.</p>' : htmlTable(['clip', 'is', 'first', 'second', 'movement'], changed.slice(0, 50).map((c) => [c.id, c.label, c.first ?? '–', c.second ?? '–', c.movement.toFixed(3)]))}`
}

async function clipCard(clip: WorstClip, classes: readonly string[], media: EvaluationMedia | null): Promise<string> {
  const shown = media?.clips.get(clip.id)
  const text = `<h3>${escapeHtml(clip.id)}</h3><p>is <b>${escapeHtml(clip.label)}</b>, ${clip.estimated === null ? 'has no patch' : `heard as <b>${escapeHtml(clip.estimated)}</b> (${percent(clip.score)})`}</p>`
  if (!shown || !media) return `<div class="clip">${text}</div>`
  const first = [clip.label, ...(clip.estimated === null ? [] : [clip.estimated])]
  const timeline = shown.scores.length > 0 ? await timelineChart(classes, shown.scores, media.period, media.patchLength, first) : ''
  return `<div class="clip">${text}
${waveformSvg(shown.clip)}
<img src="${logMelUri(shown.logMel)}" alt="log-mel spectrogram of ${escapeHtml(clip.id)}">
${timeline}
<audio controls preload="none" aria-label="play ${escapeHtml(clip.id)}" src="${wavUri(shown.clip)}"></audio></div>`
}

/** The report as one page that needs nothing else: charts as SVG, spectrograms as PNG, sound as WAV, all inline. */
export async function renderEvaluationHtml(report: EvaluationReport, media: EvaluationMedia | null = null): Promise<string> {
  const { evaluation, curves, openSet, comparison, worst, skipped, leaky, model, data, version } = report
  const { clip, classes, multiLabel, recordings, clipsWithoutPatches } = evaluation
  const links = [['figures', 'Figures'], ['classes', 'Classes'], ['curves', 'Curves'], ...(openSet ? [['open-set', 'Outside']] : []), ...(comparison ? [['comparison', 'Comparison']] : []), ['clips', 'Clips']] as const
  const cards = []
  for (const one of worst) cards.push(await clipCard(one, classes, media)) // one after another: each holds a chart's memory
  return htmlPage({
    title: `${model} on ${data}`,
    notes: [
      ...(leaky ? [`Leaky: the recordings of ${leaky.clips} of ${leaky.of} clips were trained on. These figures do not hold for new recordings.`] : []),
      ...(skipped.length > 0 ? [`${plural(skipped.length, 'clip')} could not be read and count nowhere: ${skipped.map(({ id }) => id).join(', ')}`] : []),
      ...(clipsWithoutPatches.length > 0 ? [`Counted as wrong, without a patch: ${clipsWithoutPatches.join(', ')}`] : []),
    ],
    body: `${STYLE}<a class="skip" href="#figures">Skip to the figures</a>
<p class="headline">${multiLabel ? 'mAP' : 'Clip accuracy'} <b>${headline(evaluation)}</b></p>
<p class="quiet">${Number((100 * evaluation.confidence).toFixed(2))} % interval, bootstrap over ${plural(recordings, 'recording')}; ${plural(clip.count, 'clip')}, ${classes.length} classes; scores of a clip: ${evaluation.aggregation} of its patches. @aed ${escapeHtml(version)}.</p>
<nav aria-label="sections">${links.map(([id, name]) => `<a href="#${id}">${name}</a>`).join('')}</nav>
<h2 id="figures">Figures</h2>
${figures(evaluation)}
${clip.confusion ? `<h2 id="confusion">Which is taken for which</h2>${await confusionChart(classes, clip.confusion)}` : ''}
<h2 id="classes">Classes</h2>
${classTable(evaluation)}
<h2 id="curves">Curves</h2>
<div class="row"><figure>${await curveChart('roc', curves, evaluation)}<figcaption>ROC, each class against the rest</figcaption></figure>
<figure>${await curveChart('precisionRecall', curves, evaluation)}<figcaption>precision and recall</figcaption></figure>
${clip.calibration ? `<figure>${await reliabilityChart(evaluation)}<figcaption>reliability: on the dashed line confidence is accuracy</figcaption></figure>` : ''}</div>
${openSetSection(openSet, openSet ? await openSetChart(openSet) : '')}
${comparisonSection(comparison, model)}
<h2 id="clips">Clips decided wrongly, the surest first</h2>
${worst.length === 0 ? '<p>There is none.</p>' : `<div class="clips">${cards.join('\n')}</div>`}
${evaluation.clip.undefinedMetrics.length > 0 ? `<h2>What is not defined, and why</h2>${htmlTable(['figure', 'class', 'reason'], clip.undefinedMetrics.map((m) => [m.metric, m.class ?? '', m.reason]))}` : ''}`,
  })
}

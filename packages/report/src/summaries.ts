import { headline } from './evaluation-html.ts'
import type { EvaluationReport } from './evaluation-report.ts'
import { percent, thresholdRange } from './figures.ts'
import { escapeHtml } from './page.ts'

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')

/** A summary in Markdown: what a pull request or a CI run shows. */
export function evaluationMarkdown({ evaluation, model, data, leaky, openSet, comparison, skipped }: EvaluationReport): string {
  const { clip, multiLabel, recordings, clipsWithoutPatches } = evaluation
  const lines = [
    `### ${cell(model)} on ${cell(data)}`,
    '',
    `**${multiLabel ? 'mAP' : 'Clip accuracy'} ${headline(evaluation)}** (${Number((100 * evaluation.confidence).toFixed(2))} % interval over ${recordings} recordings, ${clip.count} clips)`,
    '',
    '| class | clips | precision | recall | F1 | AP |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...clip.perClass.map((c) => `| ${cell(c.class)} | ${c.support} | ${[c.precision, c.recall, c.f1, c.averagePrecision].map(percent).join(' | ')} |`),
    '',
    `macro F1 ${percent(clip.macroF1)}, mAP ${percent(clip.meanAveragePrecision)}, expected calibration error ${clip.calibration ? clip.calibration.expectedCalibrationError.toFixed(3) : '–'}`,
  ]
  if (openSet) lines.push('', `Unknown below ${thresholdRange(openSet.thresholds)}: of the classes ${openSet.known.right} of ${openSet.known.count} clips accepted and right, ${openSet.known.unknown} unknown${openSet.outside.count === 0 ? '' : `; outside the classes ${openSet.outside.accepted} of ${openSet.outside.count} accepted`}.`)
  if (comparison) lines.push('', `Beside ${cell(comparison.second)}: ${(100 * comparison.accuracy.difference).toFixed(1)} points, ${comparison.changed.length} clips decided differently, McNemar p = ${comparison.mcNemar.p.toFixed(3)}.`)
  if (leaky) lines.push('', `> **Leaky**: the recordings of ${leaky.clips} of ${leaky.of} clips were trained on.`)
  if (skipped.length > 0) lines.push('', `${skipped.length} clips could not be read and count nowhere.`)
  if (clipsWithoutPatches.length > 0) lines.push('', `Without a patch, counted as wrong: ${clipsWithoutPatches.map(cell).join(', ')}`)
  return `${lines.join('\n')}\n`
}

/**
 * What was asked of the model as JUnit XML: each demand is a test case that passes or fails.
 * @param minAccuracy lowest clip accuracy that passes; undefined: none was asked for
 */
export function evaluationJunit({ evaluation, model, data, leaky, skipped }: EvaluationReport, minAccuracy?: number): string {
  const { clip, clipsWithoutPatches } = evaluation
  const cases: readonly (readonly [name: string, failure: string | null])[] = [
    [`clip accuracy${minAccuracy === undefined ? '' : ` of at least ${minAccuracy}`}`, minAccuracy !== undefined && clip.accuracy < minAccuracy ? `clip accuracy is ${clip.accuracy.toFixed(4)}` : null],
    ['every clip can be read', skipped.length > 0 ? `${skipped.length} cannot, the first is ${skipped[0]!.id}` : null],
    ['every clip has a patch', clipsWithoutPatches.length > 0 ? `${clipsWithoutPatches.length} have none, the first is ${clipsWithoutPatches[0]!}` : null],
    ['no recording was trained on', leaky ? `those of ${leaky.clips} of ${leaky.of} clips were` : null],
  ]
  const xml = (text: string) => escapeHtml(text).replaceAll(/[^\t\n\r\u0020-\uFFFD]/g, '�')
  const failures = cases.filter(([, failure]) => failure !== null).length
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites><testsuite name="${xml(`aed eval: ${model} on ${data}`)}" tests="${cases.length}" failures="${failures}">
<properties><property name="clipAccuracy" value="${clip.accuracy}"/><property name="macroF1" value="${clip.macroF1 ?? ''}"/><property name="meanAveragePrecision" value="${clip.meanAveragePrecision ?? ''}"/></properties>
${cases.map(([name, failure]) => `<testcase classname="aed.eval" name="${xml(name)}">${failure === null ? '' : `<failure message="${xml(failure)}"/>`}</testcase>`).join('\n')}
</testsuite></testsuites>
`
}

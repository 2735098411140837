import path from 'node:path'
import * as v from 'valibot'
import { AedError, audioOptionsSchema, melOptionsSchema, patchOptionsSchema, type PatchScores } from '@aed/core'
import { readBytes, requireWritable, writeAtomic } from '@aed/core/node'
import { leakMark, type SkippedClip, type SplitLeak } from '@aed/e2e'
import {
  classCurves,
  compareScores,
  evaluate as evaluateScores,
  evaluateOpenSet,
  evaluateOptionsSchema,
  formatEvaluation,
  formatScoresCsv,
  openSetOptionsSchema,
  parseScoresCsv,
  type Comparison,
  type OpenSet,
} from '@aed/eval-cliplevel'
import { EVALUATION_REPORT_SCHEMA, evaluationJunit, evaluationMarkdown, percent, renderEvaluationHtml, worstClips, type EvaluationMedia, type EvaluationReport } from '@aed/report'
import type { CommandCall, CommandModule } from '../commands.ts'
import { readScoringModel, scoreClips } from '../score-clips.ts'
import { version } from '../version.ts'

/** How patches become clips is said once, for all that is evaluated. */
const openSetSchema = v.omit(openSetOptionsSchema, ['aggregation', 'smoothing'])

/** Clips of the report that are shown with sound and picture. */
const WORST = 12

export const evaluate: CommandModule = {
  args: [{ syntax: '[MODEL]', description: 'model folder, Keras .h5 or .tflite; none with --scores' }],
  schemas: { evaluation: evaluateOptionsSchema, openSet: openSetSchema, audio: audioOptionsSchema, mel: melOptionsSchema, patches: patchOptionsSchema },
  flags: [
    { syntax: '--data <DIR>', description: 'folder of clips' },
    { syntax: '--skip-bad', description: 'leave out clips that cannot be read, and name them' },
    { syntax: '--fold <N>', description: 'only the clips of this official fold' },
    { syntax: '--scores <FILE>', description: 'csv with columns clip, source, label (several between |) and one a class, found by name; a row a patch' },
    { syntax: '--compare <OTHER>', description: 'a second model, or a csv of its scores (as a device gives them), on the same clips' },
    { syntax: '--outside <DIR|CSV>', description: 'clips of none of the classes: how many are taken for one; takes --unknown-threshold, --max-false-accepts or --min-accepted' },
    { syntax: '--labels <FILE>', description: 'class names, one a line, for models without a card' },
    { syntax: '--min-accuracy <PART>', description: 'fail (BELOW_MINIMUM, exit status 2, after the figures) where the clip accuracy is below this part of 1' },
    { syntax: '--out <DIR>', description: 'folder for report.html, report.json, summary.md, junit.xml and patches.csv' },
  ],
  examples: [
    'aed eval model.tflite --data ESC-50-master --fold 5 --out report',
    'aed eval model.tflite --data ESC-50-master --fold 5 --compare model/',
    'aed eval model.tflite --data clips --outside other-clips --max-false-accepts 0.05',
    'aed eval --scores patches.csv --min-accuracy 0.95 --json',
  ],
  async run(call) {
    const { args, options, output } = call
    const { scores: file, data, out, compare, outside, evaluation: settings = {}, openSet: openSettings } = options as { scores?: string; data?: string; out?: string; compare?: string; outside?: string; evaluation?: object; openSet?: object }
    if ((args.length > 0) === (file !== undefined) || (file === undefined) !== (data !== undefined))
      throw new AedError('USAGE', 'aed eval: give a MODEL with --data DIR, or --scores FILE alone', { hint: 'see aed eval --help' })
    if ((outside === undefined) !== (openSettings === undefined)) throw new AedError('USAGE', `aed eval: ${outside === undefined ? 'a threshold for unknown clips takes --outside' : '--outside takes --unknown-threshold, --max-false-accepts or --min-accepted'}`, { hint: 'see aed eval --help' })
    if (out !== undefined) await requireWritable(out)
    const wanted = minAccuracy(options['minAccuracy'] as string | undefined)
    const first = file === undefined ? await scoredByModel(args[0]!, data!, call) : await scoredByTable(file)
    const multiLabel = first.sigmoid || first.scores.clips.some(({ labels }) => labels !== undefined)
    const evaluation = evaluateScores(first.scores, { multiLabel, ...settings })
    const { aggregation, smoothing, confidence, resamples } = evaluation
    const openSet = outside === undefined ? null : evaluateOpenSet({ known: first.scores, outside: (await first.other(outside, true)).scores }, { ...openSettings, aggregation, smoothing })
    const comparison = compare === undefined ? null : { ...compareScores({ first: first.scores, second: (await first.other(compare, false)).scores }, { aggregation, smoothing, confidence, resamples }), second: path.basename(compare) }
    const { skipped, leak } = first
    if (out !== undefined) {
      const worst = worstClips(evaluation, WORST)
      const report: EvaluationReport = { schema: EVALUATION_REPORT_SCHEMA, model: first.name, data: first.data, version, evaluation, curves: classCurves(first.scores, { aggregation, smoothing, multiLabel }), openSet, comparison, worst, skipped, leaky: leak }
      await writeReport(out, report, await first.media(worst.map(({ id }) => id)), first.scores, wanted)
    }
    output.result({ ...evaluation, ...(openSet && { openSet }), ...(comparison && { comparison }), ...(skipped.length > 0 && { skipped }), ...(leak && { leaky: leak }) }, [
      formatEvaluation(evaluation),
      ...(openSet ? [openSetText(openSet)] : []),
      ...(comparison ? [comparisonText(comparison)] : []),
      ...(skipped.length > 0 ? [`${skipped.length} clips could not be read and count nowhere`] : []),
      ...(leak ? [leakMark(leak)] : []),
      ...(out === undefined ? [] : [`report: ${path.join(out, 'report.html')}`]),
    ].join('\n'))
    const { accuracy } = evaluation.clip
    if (wanted !== undefined && accuracy < wanted)
      throw new AedError('BELOW_MINIMUM', `aed eval: clip accuracy ${accuracy.toFixed(4)} is below --min-accuracy ${wanted}`, { hint: 'the figures stand above' })
  },
}

async function writeReport(out: string, report: EvaluationReport, media: EvaluationMedia | null, scores: PatchScores, wanted: number | undefined): Promise<void> {
  await writeAtomic(path.join(out, 'patches.csv'), formatScoresCsv(scores))
  await writeAtomic(path.join(out, 'report.json'), `${JSON.stringify(report, null, 2)}\n`)
  await writeAtomic(path.join(out, 'report.html'), await renderEvaluationHtml(report, media))
  await writeAtomic(path.join(out, 'summary.md'), evaluationMarkdown(report))
  await writeAtomic(path.join(out, 'junit.xml'), evaluationJunit(report, wanted))
}

function minAccuracy(given: string | undefined): number | undefined {
  if (given === undefined) return undefined
  const value = given.trim() === '' ? NaN : Number(given)
  if (!(value >= 0 && value <= 1)) throw new AedError('INVALID_OPTION', `aed eval: --min-accuracy takes a part from 0 to 1, got ${JSON.stringify(given)}`, { hint: '0.95 is 95 %' })
  return value
}

/** Scores to evaluate, where they came from, and where others of their kind come from. */
interface Scored {
  readonly scores: PatchScores
  readonly sigmoid: boolean
  readonly name: string
  readonly data: string
  readonly skipped: readonly SkippedClip[]
  readonly leak: SplitLeak | null
  readonly media: (ids: readonly string[]) => Promise<EvaluationMedia | null>
  /** Scores of clips outside by the same model, or of the same clips by another. */
  readonly other: (place: string, outside: boolean) => Promise<{ readonly scores: PatchScores }>
}

async function scoredByModel(location: string, data: string, call: CommandCall): Promise<Scored> {
  const model = await readScoringModel(location, call.options, { patches: false })
  const scored = await scoreClips(model, data, call)
  return {
    ...scored,
    sigmoid: model.sigmoid,
    name: model.card.name,
    other: async (place, outside) => {
      if (/\.csv$/i.test(place)) return { scores: await readTable(place, outside) }
      return outside ? scoreClips(model, place, call, { outside }) : scoreClips(await readScoringModel(place, {}, { patches: false }), data, call)
    },
  }
}

async function scoredByTable(file: string): Promise<Scored> {
  return {
    scores: await readTable(file, false),
    sigmoid: false,
    name: path.basename(file),
    data: 'a table of scores',
    skipped: [],
    leak: null,
    media: () => Promise.resolve(null),
    other: async (place, outside) => {
      if (!/\.csv$/i.test(place)) throw new AedError('USAGE', `aed eval: beside --scores give another table (.csv), got ${place}`, { hint: 'or give a MODEL with --data DIR' })
      return { scores: await readTable(place, outside) }
    },
  }
}

const readTable = async (file: string, anyLabel: boolean) => parseScoresCsv(new TextDecoder().decode(await readBytes(file)), file, { anyLabel })

function openSetText({ known, outside, thresholds, accuracy, rocAuc }: OpenSet): string {
  const range = new Set(thresholds).size === 1 ? thresholds[0]!.toFixed(3) : `${Math.min(...thresholds).toFixed(3)} to ${Math.max(...thresholds).toFixed(3)} by class`
  return `outside the classes, threshold ${range}: of ${known.count} clips of the classes ${percent(known.right / known.count)} accepted and right, ${percent(known.unknown / known.count)} unknown; of ${outside.count} outside ${percent(outside.count === 0 ? null : outside.accepted / outside.count)} accepted; right in all ${percent(accuracy)}, ROC AUC ${percent(rocAuc)}\n`
}

function comparisonText({ second, accuracy, agreement, mcNemar, movement, changed }: Comparison & { readonly second: string }): string {
  const interval = accuracy.interval ? ` [${accuracy.interval.map((bound) => (100 * bound).toFixed(1)).join(', ')}]` : ''
  return [
    `beside ${second}: accuracy ${percent(accuracy.second)}, a difference of ${(100 * accuracy.difference).toFixed(1)} points${interval}; McNemar p = ${mcNemar.p.toFixed(3)} (${mcNemar.onlyFirstRight} right in the first alone, ${mcNemar.onlySecondRight} in the second)`,
    `decided alike: ${percent(agreement.clip)} of the clips, ${percent(agreement.patch)} of the patches; scores of clips move by ${movement.clip.mean.toFixed(4)} on average, at most ${movement.clip.max.toFixed(4)}`,
    ...changed.slice(0, 10).map(({ id, label, first, second: other, movement: moved }) => `  ${id} (${label}): ${first ?? '–'} → ${other ?? '–'}, moved by ${moved.toFixed(3)}`),
    ...(changed.length > 10 ? [`  and ${changed.length - 10} more`] : []),
    '',
  ].join('\n')
}

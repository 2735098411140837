import path from 'node:path'
import * as v from 'valibot'
import { AedError, audioOptionsSchema, melOptionsSchema, patchOptionsSchema, unknownThresholds, type PatchScores } from '@aed/core'
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
  type EvaluateOptions,
  type OpenSet,
  type OpenSetOptions,
} from '@aed/eval-cliplevel'
import { EVALUATION_REPORT_SCHEMA, evaluationJunit, evaluationMarkdown, percent, renderEvaluationHtml, thresholdRange, worstClips, type EvaluationMedia, type EvaluationReport } from '@aed/report'
import type { CommandCall, CommandModule } from '../commands.ts'
import { readScoringModel, scoreClips, type ScoredClips, type ScoringModel } from '../score-clips.ts'
import { skippedText } from '../text.ts'
import { version } from '../version.ts'
import { requirePlaceForModel, writeWithCard } from '../write-with-card.ts'

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
    { syntax: '--outside <DIR|CSV>', description: 'clips of none of the classes, in any layout or none: how many are taken for one; with --unknown-threshold, --max-false-accepts or --min-accepted, or by the threshold of the model\'s card' },
    { syntax: '--tuned <MODEL>', description: 'with --outside: the model with the chosen threshold in its card, below which aed classify, AudioClassifier and aed eval say unknown (the C library does not)' },
    { syntax: '--labels <FILE>', description: 'class names, one a line, for models without a card' },
    { syntax: '--min-accuracy <PART>', description: 'fail (BELOW_MINIMUM, exit status 2, after the figures) where the clip accuracy is below this part of 1' },
    { syntax: '--out <DIR>', description: 'folder for report.html, report.json, summary.md, junit.xml and patches.csv' },
  ],
  examples: [
    'aed eval model.tflite --data ESC-50-master --fold 5 --out report',
    'aed eval model.tflite --data ESC-50-master --fold 5 --compare model/',
    'aed eval model.tflite --data clips --outside other-clips --max-false-accepts 0.05 --tuned tuned.tflite',
    'aed eval --scores patches.csv --min-accuracy 0.95 --json',
  ],
  async run(call) {
    const { args, options, output } = call
    const { scores: file, data, out, compare, outside, tuned, evaluation: settings = {}, openSet: openSettings } = options as Flags
    if ((args.length > 0) === (file !== undefined) || (file === undefined) !== (data !== undefined))
      throw new AedError('USAGE', 'aed eval: give a MODEL with --data DIR, or --scores FILE alone', { hint: 'see aed eval --help' })
    const model = file === undefined ? await readScoringModel(args[0]!, options, { patches: false }) : null
    const own = model && !model.sigmoid ? unknownThresholds(model.card) : null
    if (outside === undefined && openSettings !== undefined) throw new AedError('USAGE', 'aed eval: a threshold for unknown clips takes --outside', { hint: 'see aed eval --help' })
    if (outside !== undefined && openSettings === undefined && !own) throw new AedError('USAGE', 'aed eval: --outside takes --unknown-threshold, --max-false-accepts or --min-accepted', { hint: 'see aed eval --help' })
    if (tuned !== undefined) await requireTunable(model, tuned, { openSettings, settings })
    if (out !== undefined) await requireWritable(out)
    const wanted = minAccuracy(options['minAccuracy'] as string | undefined)
    const first = model ? await scoredByModel(model, data!, call) : await scoredByTable(file!)
    const multiLabel = first.sigmoid || first.scores.clips.some(({ labels }) => labels !== undefined)
    const evaluation = evaluateScores(first.scores, { multiLabel, ...settings })
    const { aggregation, smoothing, confidence, resamples } = evaluation
    const thresholds = openSettings === undefined && !multiLabel ? own : null
    const openSet = outside === undefined && !thresholds ? null : evaluateOpenSet({ known: first.scores, outside: outside === undefined ? null : (await first.other(outside, true)).scores, ...(thresholds && { thresholds }) }, { ...openSettings, aggregation, smoothing })
    const second = compare === undefined ? null : await first.other(compare, false)
    const comparison = second && { ...compareScores({ first: first.scores, second: second.scores }, { aggregation, smoothing, confidence, resamples }), second: path.basename(compare!), leaky: second.leak }
    if (tuned !== undefined) await writeWithCard(model!.model, { unknownBelow: unknownBelow(openSet!) }, tuned)
    const { skipped, leak } = first
    if (out !== undefined) {
      const worst = worstClips(evaluation, WORST)
      const report: EvaluationReport = { schema: EVALUATION_REPORT_SCHEMA, model: first.name, data: first.data, version, evaluation, curves: classCurves(first.scores, { aggregation, smoothing, multiLabel }), openSet, comparison, worst, skipped, leaky: leak }
      await writeReport(out, report, await first.media(worst.map(({ id }) => id)), first.scores, wanted)
    }
    output.result({ ...evaluation, ...(openSet && { openSet }), ...(comparison && { comparison }), ...(skipped.length > 0 && { skipped }), ...(leak && { leaky: leak }), ...(tuned !== undefined && { tuned }) }, [
      formatEvaluation(evaluation),
      ...(openSet ? [openSetText(openSet)] : []),
      ...(comparison ? [comparisonText(comparison)] : []),
      ...(skipped.length > 0 ? [skippedText(skipped)] : []),
      ...(leak ? [leakMark(leak)] : []),
      ...(tuned === undefined ? [] : [`model: ${tuned}`]),
      ...(out === undefined ? [] : [`report: ${path.join(out, 'report.html')}`]),
    ].join('\n'))
    const { accuracy } = evaluation.clip
    if (wanted !== undefined && accuracy < wanted)
      throw new AedError('BELOW_MINIMUM', `aed eval: clip accuracy ${accuracy.toFixed(4)} is below --min-accuracy ${wanted}`, { hint: 'the figures stand above' })
  },
}

interface Flags {
  readonly scores?: string
  readonly data?: string
  readonly out?: string
  readonly compare?: string
  readonly outside?: string
  readonly tuned?: string
  readonly evaluation?: Partial<EvaluateOptions>
  readonly openSet?: Partial<OpenSetOptions>
}

/** Refuses to store a threshold that nothing chooses, or that would not be that of what a classifier decides by; before anything is computed. */
async function requireTunable(model: ScoringModel | null, tuned: string, { openSettings, settings }: { readonly openSettings: Flags['openSet']; readonly settings: Partial<EvaluateOptions> }): Promise<void> {
  if (!model || openSettings === undefined) throw new AedError('USAGE', 'aed eval: --tuned takes a MODEL and --outside with --unknown-threshold, --max-false-accepts or --min-accepted', { hint: 'see aed eval --help' })
  if (model.card.head.kind !== 'clip' && ((settings.aggregation ?? 'mean') !== 'mean' || (settings.smoothing ?? 1) !== 1))
    throw new AedError('USAGE', 'aed eval: --tuned goes with the plain mean of the patches, by which models decide', { hint: 'leave --aggregation and --smoothing out' })
  if (model.sigmoid) throw new AedError('MODEL_UNSUPPORTED', `${model.model.path}: gives each class a probability of its own; unknown is where none reaches --threshold`)
  await requirePlaceForModel(model.model, tuned)
}

/** A threshold that no score reaches: of a class that is never the answer. */
const NEVER = 2

/** The thresholds as a card keeps them: one number where they are equal. */
function unknownBelow({ classes, thresholds, garbageClass }: OpenSet): number | number[] {
  const each = thresholds.map((threshold, c) => (classes[c] === garbageClass ? NEVER : threshold))
  return new Set(each).size === 1 ? each[0]! : each
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
  readonly other: (place: string, outside: boolean) => Promise<Pick<ScoredClips, 'scores' | 'leak'>>
}

async function scoredByModel(model: ScoringModel, data: string, call: CommandCall): Promise<Scored> {
  const scored = await scoreClips(model, data, call)
  return {
    ...scored,
    sigmoid: model.sigmoid,
    name: model.card.name,
    other: async (place, outside) => {
      if (/\.csv$/i.test(place) && !(outside && (await listsClips(place)))) return { scores: await readTable(place, outside), leak: null }
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
      return { scores: await readTable(place, outside), leak: null }
    },
  }
}

/** Whether a csv is a table of clips, as datasets have it, and none of scores. */
const listsClips = async (file: string) => /^\uFEFF?([^\r\n]*[,;\t])?"?filename"?([,;\t\r\n]|$)/i.test(new TextDecoder().decode(await readBytes(file)))

const readTable = async (file: string, anyLabel: boolean) => parseScoresCsv(new TextDecoder().decode(await readBytes(file)), file, { anyLabel })

function openSetText({ known, outside, thresholds, chosenBy, accuracy, rocAuc }: OpenSet): string {
  const own = chosenBy === 'given' ? "the card's " : ''
  return `unknown below ${own}${thresholdRange(thresholds)}: of ${known.count} clips of the classes ${percent(known.right / known.count)} accepted and right, ${percent(known.unknown / known.count)} unknown${outside.count === 0 ? '' : `; of ${outside.count} outside ${percent(outside.accepted / outside.count)} accepted; right in all ${percent(accuracy)}, ROC AUC ${percent(rocAuc)}`}\n${chosenBy === 'maxFalseAccepts' || chosenBy === 'minAccepted' ? 'the threshold was chosen on these very clips: judge it by others\n' : ''}`
}

function comparisonText({ second, leaky, accuracy, agreement, mcNemar, movement, changed }: Comparison & { readonly second: string; readonly leaky: SplitLeak | null }): string {
  const interval = accuracy.interval ? ` [${accuracy.interval.map((bound) => (100 * bound).toFixed(1)).join(', ')}]` : ''
  return [
    `beside ${second}: accuracy ${percent(accuracy.second)}, a difference of ${(100 * accuracy.difference).toFixed(1)} points${interval}; McNemar p = ${mcNemar.p.toFixed(3)} (${mcNemar.onlyFirstRight} right in the first alone, ${mcNemar.onlySecondRight} in the second)`,
    `decided alike: ${percent(agreement.clip)} of the clips, ${percent(agreement.patch)} of the patches; scores of clips move by ${movement.clip.mean.toFixed(4)} on average, at most ${movement.clip.max.toFixed(4)}`,
    ...changed.slice(0, 10).map(({ id, label, first, second: other, movement: moved }) => `  ${id} (${label}): ${first ?? '–'} → ${other ?? '–'}, moved by ${moved.toFixed(3)}`),
    ...(changed.length > 10 ? [`  and ${changed.length - 10} more`] : []),
    ...(leaky ? [`${second} is ${leakMark(leaky)}`] : []),
    '',
  ].join('\n')
}

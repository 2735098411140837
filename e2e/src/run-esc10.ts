import path from 'node:path'
import { AedError, featureConfig, parseOptions, type StageContext } from '@aed/core'
import { requireWritable, writeAtomic } from '@aed/core/node'
import { officialFolds, type Dataset, type FoldSplit } from '@aed/datasets'
import { readBackbone, type Backbone } from './backbone.ts'
import { checkLeaks, findDataset, leakMark, type SplitLeak } from './data.ts'
import { esc10OptionsSchema, type Esc10Options } from './esc10-options.ts'
import { ESC10_REPORT_SCHEMA, type Esc10Report, type ModelReport } from './esc10-report.ts'
import { loadPatches, type SkippedClip } from './patches.ts'
import { withRunContext } from './run-context.ts'
import { renderEsc10Html } from './report-html.ts'
import { runSize, STEPS_PER_SIZE } from './run-size.ts'
import { createSteps, type StepEvent } from './steps.ts'
import { version } from './version.ts'

/** How a run reports and is stopped. */
export interface RunEsc10Context extends Pick<StageContext, 'signal'> {
  readonly onStep?: (event: StepEvent) => void
}

/**
 * The ESC-10 pipeline: recordings → patches → embeddings → trained heads → int8 networks → accuracies → C libraries → report.
 * Writes under `options.out` one folder per network size and fold with its models and C library, then `report.html` and `report.json`.
 * @throws AedError with the file or option at fault, before anything is written; `ABORTED` when the signal fires (what is done
 * by then stays in the cache, and the next run goes on from there)
 */
export async function runEsc10(input: Partial<Esc10Options>, { signal, onStep = () => undefined }: RunEsc10Context = {}): Promise<Esc10Report> {
  const options = parseOptions(esc10OptionsSchema, input, 'esc10')
  const config = featureConfig()
  const sizes = options.stacks === 'both' ? [1, 2] : [Number(options.stacks)]
  const wantedFolds = parseFolds(options.folds)
  await requireWritable(options.out)
  const inputShape = [config.mel.nMels, config.patches.patchLength, 1]
  const backbones: (Backbone | null)[] = []
  for (const stacks of sizes) backbones.push(options.backbone === null ? null : await readBackbone(options.backbone, stacks, inputShape))

  return withRunContext({ cache: options.cache, jobs: options.jobs, signal }, async (context) => {
    const steps = createSteps(3 + STEPS_PER_SIZE * sizes.length, onStep, signal)
    const found = await steps.run('data', () => findDataset(options.data, context.cache.dir), describeDataset)
    chooseFolds(found, wantedFolds, options.allowLeaks) // a wrong one is told before anything is decoded
    const set = await steps.run(
      'audio and features',
      (report) => loadPatches(found, config, context, report, options),
      ({ patches }) => `${patches.shape[0]!} patches`,
    )
    const dataset = { ...found, clips: set.clips }
    const folds = chooseFolds(dataset, wantedFolds, options.allowLeaks)
    const leak = sumLeaks(dataset, folds)
    const models: ModelReport[] = []
    for (const [i, stacks] of sizes.entries()) models.push(await runSize({ stacks, backbone: backbones[i]!, dataset, set, folds, options, context, steps }))

    const report: Esc10Report = {
      schema: ESC10_REPORT_SCHEMA,
      version,
      data: {
        name: dataset.name,
        synthetic: dataset.synthetic,
        clips: dataset.clips.length,
        recordings: new Set(dataset.clips.map((clip) => clip.source)).size,
        patches: set.clipOfPatch.length,
        classes: dataset.classes,
        licence: dataset.licence,
        citation: dataset.citation,
        skipped: set.skipped,
        leaky: leak,
      },
      notes: [...(leak ? [`${leakMark(leak)}.`] : []), ...notes(dataset, backbones, set.skipped)],
      features: config,
      options: { seed: options.seed, epochs: options.epochs, calibrationPatches: options.calibrationPatches },
      models,
      timings: { ...steps.timings },
    }
    await steps.run(
      'report',
      async () => {
        await writeAtomic(path.join(options.out, 'report.html'), await renderEsc10Html(report, set))
        await writeAtomic(path.join(options.out, 'report.json'), `${JSON.stringify(report, null, 2)}\n`)
      },
      () => path.join(options.out, 'report.html'),
    )
    return report
  })
}

function describeDataset({ name, synthetic, clips, classes }: Dataset): string {
  return `${clips.length} clips of ${classes.length} classes from ${name}${synthetic ? ' (synthetic: no real recordings)' : ''}`
}

/** `all` or numbers between commas. */
function parseFolds(text: string): readonly number[] | null {
  if (text === 'all') return null
  const folds = text.split(',').map((part) => Number(part.trim() || NaN))
  if (folds.some((fold) => !Number.isInteger(fold) || fold < 1) || new Set(folds).size !== folds.length)
    throw new AedError('INVALID_OPTION', `esc10: folds takes all or different numbers from 1 between commas, got '${text}'`)
  return folds
}

function chooseFolds(dataset: Dataset, wanted: readonly number[] | null, allowLeaks: boolean) {
  const all = officialFolds(dataset.clips, { allowLeaks })
  if (!wanted) return all
  return wanted.map((fold) => {
    const found = all.find((split) => split.fold === fold)
    if (!found) throw new AedError('INVALID_OPTION', `esc10: ${dataset.name} has no fold ${fold}, only ${all.map((split) => split.fold).join(', ')}`)
    return found
  })
}

/** Clips of all test folds whose recording is trained on. */
function sumLeaks(dataset: Dataset, folds: readonly FoldSplit[]): SplitLeak | null {
  const leaks = folds.flatMap((fold) => checkLeaks(dataset, fold, true, `fold ${fold.fold}`) ?? [])
  return leaks.length > 0 ? { clips: leaks.reduce((sum, { clips }) => sum + clips, 0), of: folds.reduce((sum, { test }) => sum + test.length, 0) } : null
}

/** What a reader must know before comparing the figures. */
function notes(dataset: Dataset, backbones: readonly (Backbone | null)[], skipped: readonly SkippedClip[]): string[] {
  const list: string[] = []
  if (skipped.length) list.push(`${skipped.length} clips could not be read and are left out of every figure: ${skipped.map(({ id }) => id).join(', ')}.`)
  if (dataset.synthetic) list.push('The recordings are synthetic, made by the project itself: the accuracies say that the pipeline works, nothing about real sounds.')
  if (backbones.includes(null)) list.push('No backbone file was given: the network keeps its seeded initial values (batch norm set from training patches) and only its head is trained.')
  list.push('The published accuracies come from a random split by clip in which recordings stand on both sides; those here come from folds that share no recording.')
  return list
}

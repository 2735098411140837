import path from 'node:path'
import { mkdir } from 'node:fs/promises'
import { AedError, countMacs, featureConfig, parseOptions, sha256, throwIfAborted, type LabelledClip, type ModelCard, type PatchScores, type StageContext } from '@aed/core'
import { writeAtomic } from '@aed/core/node'
import type { Dataset } from '@aed/datasets'
import { officialFolds } from '@aed/datasets'
import { compareMcNemar, evaluate, summarizeFolds, type Evaluation } from '@aed/eval-cliplevel'
import { countParameters, denseScores, type TrainedHead } from '@aed/model-miniresnetv2'
import { readBackbone, type Backbone } from './backbone.ts'
import { defaultCacheDir, openCache } from './cache.ts'
import { findDataset } from './data.ts'
import { deployModel, measureFootprint, writeProject, type DeployedModel } from './deploy-fold.ts'
import { esc10OptionsSchema, type Esc10Options } from './esc10-options.ts'
import { ESC10_REPORT_SCHEMA, type Esc10Report, type FoldReport, type MemoryReport, type ModelReport } from './esc10-report.ts'
import { loadPatches, patchesOf, stratifiedSample, take, type PatchSet, type RunContext } from './patches.ts'
import { PUBLISHED } from './published.ts'
import { quantizeModel, scoreInt8, type Int8Scores, type QuantizedModel } from './quantize-fold.ts'
import { renderEsc10Html } from './report-html.ts'
import { createSteps, runAll, type StepEvent, type Steps } from './steps.ts'
import { embedPretrained, embedSeeded, floatGraph, holdOutValidation, patchLabels, trainHead, type ClipSplit, type Embedded } from './train-fold.ts'
import { version } from './version.ts'
import { createStagePool } from './worker-pool.ts'

/** How a run reports and is stopped. */
export interface RunEsc10Context extends Pick<StageContext, 'signal'> {
  readonly onStep?: (event: StepEvent) => void
}

/** Everything about one fold of one network size. */
interface FoldWork {
  readonly split: ClipSplit
  readonly testPatches: Int32Array
  readonly trained: TrainedHead
  readonly floatScores: Float32Array
  readonly model: QuantizedModel
  readonly int8: Int8Scores
  readonly deployed: DeployedModel
}

/**
 * The ESC-10 pipeline: recordings → patches → embeddings → trained heads → int8 networks → accuracies → C libraries → report.
 * Writes `report.json`, `report.html` and per network size and fold the model, under `options.out`; nothing there before the first result is whole.
 * @throws AedError with the file or option at fault; `ABORTED` when the signal fires (what is done so far stays in the cache)
 */
export async function runEsc10(input: Partial<Esc10Options>, { signal, onStep = () => undefined }: RunEsc10Context = {}): Promise<Esc10Report> {
  const options = parseOptions(esc10OptionsSchema, input, 'esc10')
  const config = featureConfig()
  const sizes = options.stacks === 'both' ? [1, 2] : [Number(options.stacks)]
  // Input errors come first: before any work, before any output.
  const inputShape = [config.mel.nMels, config.patches.patchLength, 1]
  const backbones = await Promise.all(sizes.map((stacks) => (options.backbone === null ? null : readBackbone(options.backbone, stacks, inputShape))))
  const cache = openCache(options.cache ?? defaultCacheDir())
  const pool = createStagePool(options.jobs)
  const context: RunContext = { cache, pool, signal }
  try {
    const steps = createSteps(3 + 5 * sizes.length, onStep, signal)
    const dataset = await steps.run('data', () => findDataset(options.data, cache.dir), describeDataset)
    const folds = chooseFolds(dataset, options.folds)
    const set = await steps.run('audio and features', (report) => loadPatches(dataset, config, context, report), ({ patches }) => `${patches.shape[0]!} patches`)
    const models: ModelReport[] = []
    for (const [i, stacks] of sizes.entries()) models.push(await runSize(stacks, backbones[i]!, { dataset, set, folds, options, context, steps }))
    const report: Omit<Esc10Report, 'timings'> = {
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
      },
      notes: notes(dataset, backbones, folds.length),
      features: config,
      options: { seed: options.seed, epochs: options.epochs, calibrationPatches: options.calibrationPatches },
      models,
    }
    return await steps.run('report', async () => {
      const whole: Esc10Report = { ...report, timings: { ...steps.timings } }
      await writeAtomic(path.join(options.out, 'report.html'), await renderEsc10Html(whole, set))
      await writeAtomic(path.join(options.out, 'report.json'), JSON.stringify(whole, null, 2) + '\n')
      return whole
    }, () => path.join(options.out, 'report.html'))
  } finally {
    await pool.close()
  }
}

interface SizeInput {
  readonly dataset: Dataset
  readonly set: PatchSet
  readonly folds: readonly { readonly fold: number; readonly train: readonly number[]; readonly test: readonly number[] }[]
  readonly options: Esc10Options
  readonly context: RunContext
  readonly steps: Steps
}

/** All folds of one network size, step by step; within a step the folds run side by side. */
async function runSize(stacks: number, backbone: Backbone | null, { dataset, set, folds, options, context, steps }: SizeInput): Promise<ModelReport> {
  const { classes } = dataset
  const { pool } = context
  const title = (step: string) => `${step}, ${stacks} stack${stacks > 1 ? 's' : ''}`
  const labels = patchLabels(set, classes)
  const splits = folds.map(({ fold, train, test }) => holdOutValidation(set, fold, train, test, options.seed))

  const embedded = await steps.run(title('embeddings'), async (report): Promise<readonly Embedded[]> => {
    if (backbone) {
      const shared = await embedPretrained(backbone, set, context, report)
      return splits.map(() => shared)
    }
    return runAll(splits.map((split) => () => embedSeeded(stacks, set, labels, split, options.seed, context)), 'folds', report, 1)
  })

  const trained = await steps.run(
    title('training'),
    (report) =>
      runAll(splits.map((split, i) => () => trainHead(embedded[i]!, set, labels, split, { epochs: options.epochs, seed: options.seed }, context)), 'folds', report, pool.size),
    (heads) => `${heads.map(({ bestEpoch }) => bestEpoch).join(', ')} epochs kept`,
  )

  const quantized = await steps.run(title('int8'), (report) =>
    runAll(
      splits.map((split, i) => async () => {
        const calibration = stratifiedSample(patchesOf(set, split.train), labels, options.calibrationPatches, `${options.seed}/calibration/${split.fold}`)
        const card = modelCard(stacks, backbone, dataset, split, options, calibration.length)
        const key = { embeddings: embedded[i]!.hash, head: await sha256(trained[i]!.head.weights), bias: [...trained[i]!.head.bias] }
        const model = await quantizeModel(floatGraph(embedded[i]!, trained[i]!), card, key, set, calibration, context)
        return { model, calibration: calibration.length, hash: await sha256(model.tflite) }
      }),
      'folds',
      report,
      pool.size,
    ),
  )

  const testPatches = splits.map((split) => patchesOf(set, split.test))
  const scored = await steps.run(title('evaluation'), (report) =>
    runAll(
      splits.map((_split, i) => async () => ({
        float: denseScores(trained[i]!.head, take(embedded[i]!.embeddings, testPatches[i]!)).data,
        int8: await scoreInt8(quantized[i]!.model, quantized[i]!.hash, set, testPatches[i]!, context),
      })),
      'folds',
      report,
      1, // the patches of one fold already fill the pool
    ),
  )

  const work = await steps.run(
    title('deployment'),
    (report) =>
      runAll(
        splits.map((split, i) => async (): Promise<FoldWork> => {
          const deployed = await deployModel(quantized[i]!.model, scored[i]!.int8, `aed_fold${split.fold}`, context)
          return { split, testPatches: testPatches[i]!, trained: trained[i]!, floatScores: scored[i]!.float, model: quantized[i]!.model, int8: scored[i]!.int8, deployed }
        }),
        'folds',
        report,
        pool.size,
      ),
    (all) => deploymentNote(all),
  )
  throwIfAborted(context.signal)
  const memory = await memoryReport(work[0]!)
  for (const fold of work) await writeFold(path.join(options.out, `${stacks}-stack`, `fold-${fold.split.fold}`), fold)

  const clipsOf = (fold: FoldWork) => fold.split.test.map((clip) => set.clips[clip]!)
  const evaluations = work.map((fold) => ({
    float: evaluate(patchScores(classes, set, clipsOf(fold), fold.split.test, fold.testPatches, fold.floatScores), { seed: options.seed }),
    int8: evaluate(patchScores(classes, set, clipsOf(fold), fold.split.test, fold.testPatches, fold.int8.scores), { seed: options.seed }),
  }))
  const pooled = (scores: (fold: FoldWork) => Float32Array) =>
    evaluate(pool_(classes, set, work, scores), { seed: options.seed })
  const accuracies = (level: 'patch' | 'clip', kind: 'float' | 'int8') => evaluations.map((evaluation) => accuracyOf(evaluation[kind], level))
  const summary = (level: 'patch' | 'clip', kind: 'float' | 'int8') => summarizeFolds(accuracies(level, kind))
  const all = { float: pooled((fold) => fold.floatScores), int8: pooled((fold) => fold.int8.scores) }
  const mcNemar = compareMcNemar(all.float.clip.correct, all.int8.clip.correct)
  const equals = work.map(({ deployed }) => deployed.equal)
  return {
    stacks,
    backbone: backbone?.file ?? null,
    backboneSha256: backbone?.sha256 ?? null,
    parameters: countParameters(floatGraph(embedded[0]!, trained[0]!)),
    macs: Object.values(countMacs(work[0]!.model.graph)).reduce((a, b) => a + b, 0),
    folds: work.map((fold, i): FoldReport => ({
      fold: fold.split.fold,
      clips: { train: fold.split.train.length, validation: fold.split.validation.length, test: fold.split.test.length },
      patch: { float: accuracies('patch', 'float')[i]!, int8: accuracies('patch', 'int8')[i]! },
      clip: { float: accuracies('clip', 'float')[i]!, int8: accuracies('clip', 'int8')[i]! },
      epochs: { run: fold.trained.history.length, kept: fold.trained.bestEpoch },
      calibrationPatches: quantized[i]!.calibration,
      tfliteSha256: quantized[i]!.hash,
      cBytesEqual: fold.deployed.equal,
    })),
    mean: {
      patch: { float: summary('patch', 'float').mean, int8: summary('patch', 'int8').mean },
      clip: { float: summary('clip', 'float').mean, int8: summary('clip', 'int8').mean },
    },
    std: { clip: { float: summary('clip', 'float').std, int8: summary('clip', 'int8').std } },
    pooled: all,
    floatVersusInt8: mcNemar,
    cBytesEqual: equals.some((equal) => equal === null) ? null : equals.every((equal) => equal!.patches === equal!.of),
    memory,
    published: PUBLISHED.find((row) => row.stacks === stacks) ?? null,
  }
}

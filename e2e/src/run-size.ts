import path from 'node:path'
import { countMacs, sha256, throwIfAborted, type Graph, type ModelCard } from '@aed/core'
import { writeAtomic } from '@aed/core/node'
import type { Dataset } from '@aed/datasets'
import { compareMcNemar } from '@aed/eval-cliplevel'
import { writeProject } from '@aed/stm32-deploy/node'
import { countParameters, denseScores, type TrainedHead } from '@aed/model-miniresnetv2'
import type { Backbone } from './backbone.ts'
import { deployModel, measureMemory, type DeployedModel } from './deploy-fold.ts'
import type { Esc10Options } from './esc10-options.ts'
import type { FoldReport, ModelReport } from './esc10-report.ts'
import { evaluateFolds } from './evaluate-folds.ts'
import { modelCard, writeModelFolder } from './fold-files.ts'
import { patchesOf, stratifiedSample, take, type PatchSet } from './patches.ts'
import type { RunContext } from './run-context.ts'
import { PUBLISHED } from './published.ts'
import { quantizeModel, scoreInt8, type Int8Scores, type QuantizedModel } from './quantize-fold.ts'
import { runAll, type Steps } from './steps.ts'
import { embedPretrained, embedSeeded, floatGraph, holdOutValidation, patchLabels, trainHead, type ClipSplit, type Embedded } from './train-fold.ts'

/** Steps that {@link runSize} runs. */
export const STEPS_PER_SIZE = 5

/** What one network size is run on. */
export interface SizeInput {
  readonly stacks: number
  /** null: seeded initial values. */
  readonly backbone: Backbone | null
  readonly dataset: Dataset
  readonly set: PatchSet
  readonly folds: readonly { readonly fold: number; readonly train: readonly number[]; readonly test: readonly number[] }[]
  readonly options: Esc10Options
  readonly context: RunContext
  readonly steps: Steps
}

/** Everything about one test fold, growing from step to step. */
interface Fold {
  readonly split: ClipSplit
  readonly testPatches: Int32Array
  embedded: Embedded
  trained: TrainedHead
  float: Float32Array
  card: ModelCard
  calibrationPatches: number
  quantized: QuantizedModel
  tfliteSha256: string
  int8: Int8Scores
  deployed: DeployedModel
}

/** Trains, quantizes, evaluates and deploys one network size on every fold; within a step the folds run side by side. */
export async function runSize(input: SizeInput): Promise<ModelReport> {
  const { stacks, backbone, dataset, set, options, context, steps } = input
  const { pool, signal } = context
  const labels = patchLabels(set, dataset.classes)
  const folds = input.folds.map(({ fold, train, test }) => {
    const split = holdOutValidation(set, fold, train, test, options.seed)
    return { split, testPatches: patchesOf(set, test) } as Fold
  })
  /** A step whose unit of work is a fold. */
  const eachFold = (step: string, width: number, work: (fold: Fold) => Promise<void>, note?: () => string) =>
    steps.run(
      `${step}, ${stacks} stack${stacks > 1 ? 's' : ''}`,
      (report) => runAll(folds.map((fold) => () => work(fold)), 'folds', report, width),
      note,
    )

  let shared: Promise<Embedded> | undefined
  await eachFold('embeddings', 1, async (fold) => {
    fold.embedded = backbone ? await (shared ??= embedPretrained(backbone, set, context)) : await embedSeeded(stacks, set, labels, fold.split, options.seed, context)
  })
  await eachFold(
    'training',
    pool.size,
    async (fold) => {
      const { epochs, seed } = options
      fold.trained = await trainHead(fold.embedded, set, labels, fold.split, { epochs, seed }, context)
    },
    () => `best epochs ${folds.map(({ trained }) => trained.bestEpoch).join(', ')}`,
  )
  await eachFold('int8', pool.size, async (fold) => {
    const { split, embedded, trained } = fold
    const { seed, epochs, calibrationPatches } = options
    const calibration = stratifiedSample(patchesOf(set, split.train), labels, calibrationPatches, `${seed}/calibration/${split.fold}`)
    const { head } = trained
    const key = { embeddings: embedded.hash, weights: await sha256(head.weights), bias: [...head.bias] }
    fold.calibrationPatches = calibration.length
    fold.card = modelCard({ stacks, backbone, dataset, features: set.features, split, seed, epochs, skipped: set.skipped })
    fold.quantized = await quantizeModel(floatGraph(embedded, trained), fold.card, key, set, calibration, context)
    fold.tfliteSha256 = await sha256(fold.quantized.tflite)
  })
  await eachFold('evaluation', 1, async (fold) => {
    fold.float = denseScores(fold.trained.head, take(fold.embedded.embeddings, fold.testPatches)).data
    fold.int8 = await scoreInt8(fold.quantized, fold.tfliteSha256, set, fold.testPatches, context)
  })
  await eachFold(
    'deployment',
    pool.size,
    async (fold) => {
      fold.deployed = await deployModel(fold.quantized, fold.int8, `aed_fold_${fold.split.fold}`, context)
      throwIfAborted(signal)
      await writeFold(path.join(options.out, `${stacks}-stack`, `fold-${fold.split.fold}`), fold)
    },
    () => equality(folds),
  )
  const [first] = folds
  const { evaluations, mean, std, pooled } = evaluateFolds(dataset.classes, set, folds, options.seed)
  return {
    stacks,
    backbone: backbone?.file ?? null,
    backboneSha256: backbone?.sha256 ?? null,
    parameters: countParameters(wholeGraph(first!)),
    macs: Object.values(countMacs(wholeGraph(first!))).reduce((a, b) => a + b, 0),
    folds: folds.map((fold, i): FoldReport => {
      const { float, int8 } = evaluations[i]!
      return {
        fold: fold.split.fold,
        clips: { train: fold.split.train.length, validation: fold.split.validation.length, test: fold.split.test.length },
        patch: { float: float.patch.accuracy, int8: int8.patch.accuracy },
        clip: { float: float.clip.accuracy, int8: int8.clip.accuracy },
        epochs: { run: fold.trained.history.length, kept: fold.trained.bestEpoch },
        calibrationPatches: fold.calibrationPatches,
        tfliteSha256: fold.tfliteSha256,
        cBytesEqual: fold.deployed.equal,
      }
    }),
    mean,
    std,
    pooled,
    floatVersusInt8: compareMcNemar(pooled.float.clip.correct, pooled.int8.clip.correct),
    cBytesEqual: folds.some(({ deployed }) => deployed.equal === null) ? null : folds.every(({ deployed }) => deployed.equal!.patches === deployed.equal!.of),
    memory: await measureMemory(first!.deployed, signal),
    published: PUBLISHED.find((row) => row.stacks === stacks) ?? null,
  }
}

function wholeGraph({ embedded, trained }: Fold): Graph {
  return floatGraph(embedded, trained)
}

/** The models and the C library of a fold. */
async function writeFold(dir: string, fold: Fold): Promise<void> {
  await writeModelFolder(path.join(dir, 'model'), wholeGraph(fold), fold.card, fold.trained)
  await writeAtomic(path.join(dir, 'model.tflite'), fold.quantized.tflite)
  await writeProject(fold.deployed.files, path.join(dir, 'c'), { force: true })
}

function equality(folds: readonly Fold[]): string {
  const skipped = folds.find(({ deployed }) => deployed.skipped !== null)?.deployed.skipped
  if (skipped) return `C not compiled: ${skipped}`
  const sum = (pick: 'patches' | 'of') => folds.reduce((total, { deployed }) => total + deployed.equal![pick], 0)
  return `C equals the engine on ${sum('patches')} of ${sum('of')} patches`
}

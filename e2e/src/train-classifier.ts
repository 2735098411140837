import path from 'node:path'
import * as v from 'valibot'
import { AedError, featureConfigSchema, option, parseOptions, type FeatureConfig, type Graph, type ModelCard, type OptionsOf, type StageContext } from '@aed/core'
import { requireReplaceable, requireWritable } from '@aed/core/node'
import { readDataset, type Dataset } from '@aed/datasets'
import { evaluate, type Evaluation } from '@aed/eval-cliplevel'
import { denseScores, type TrainedHead } from '@aed/model-miniresnetv2'
import { readBackbone } from './backbone.ts'
import { checkLeaks, classChoice, classOptionsSchema, requireSingleLabels, type SplitLeak } from './data.ts'
import { patchScores } from './evaluate-folds.ts'
import { modelCard, MODEL_FOLDER_FILES, writeModelFolder } from './fold-files.ts'
import { loadPatches, patchesOf, take } from './patches.ts'
import { withRunContext } from './run-context.ts'
import { createSteps, type StepEvent } from './steps.ts'
import { embedPretrained, embedSeeded, floatGraph, holdOutValidation, patchLabels, trainHead } from './train-fold.ts'

/** Options of training one classifier on a dataset: `aed train`. */
export const trainOptionsSchema = v.strictObject({
  stacks: option.numberChoice([1, 2], 1, 'network size'),
  backbone: option.textOrNone(null, 'Keras .h5 file, or a folder of the published ones; none: seeded initial values'),
  fold: option.integerOrNone(null, 'official fold kept out of training and used for the test; none: train on everything', { min: 1 }),
  seed: option.integer(0, 'seed of everything random', { min: 0, max: 2 ** 31 }),
  epochs: option.integer(40, 'epochs of training at most', { min: 1 }),
  ...classOptionsSchema.entries,
  allowLeaks: option.boolean(false, 'keep a fold out although recordings of it are trained on; its figures are then marked leaky'),
  skipBad: option.boolean(false, 'leave out clips that cannot be read; the model card names them'),
  jobs: option.integer(0, 'worker threads; 0: one per core', { min: 0, max: 256 }),
  cache: option.textOrNone(null, 'folder of intermediate results; none: AED_CACHE_DIR or the user’s cache'),
})

export type TrainOptions = OptionsOf<typeof trainOptionsSchema>

/** A trained classifier with how it did on the fold kept out. */
export interface TrainedClassifier {
  readonly graph: Graph
  readonly card: ModelCard
  readonly trained: TrainedHead
  /** null when no fold was kept out. */
  readonly test: Evaluation | null
  /** What of the fold kept out leaks from training; null for nothing. */
  readonly leak: SplitLeak | null
}

/**
 * Trains a dense head on a frozen backbone with the clips of a folder and writes the model folder.
 * @param input.data folder of a dataset
 * @param input.out folder to write
 * @param input.features partial feature config
 * @throws AedError with the file or option at fault, before anything is written
 */
export async function trainClassifier(
  input: { readonly data: string; readonly out: string; readonly features: unknown; readonly options: unknown },
  { signal, onStep = () => undefined }: Pick<StageContext, 'signal'> & { readonly onStep?: (event: StepEvent) => void } = {},
): Promise<TrainedClassifier> {
  const options = parseOptions(trainOptionsSchema, input.options, 'train')
  const features: FeatureConfig = parseOptions(featureConfigSchema, input.features, 'train')
  await requireReplaceable(input.out, MODEL_FOLDER_FILES)
  await requireWritable(input.out)
  const choice = classChoice(options, options.seed)
  const found = await readDataset(input.data, choice)
  requireSingleLabels(found)
  const leak = checkLeaks(found, keepOut(found, options.fold), options.allowLeaks, `fold ${options.fold ?? ''}`) // what is wrong with the fold is told before anything is decoded
  const backbone = options.backbone === null ? null : await readBackbone(options.backbone, options.stacks, [features.mel.nMels, features.patches.patchLength, 1])
  return withRunContext({ cache: options.cache, jobs: options.jobs, signal }, async (context) => {
    const steps = createSteps(4, onStep, signal)
    const set = await steps.run('audio and features', (report) => loadPatches(found, features, context, report, options), ({ patches }) => `${patches.shape[0]!} patches`)
    const dataset = { ...found, clips: set.clips }
    const { train, test } = keepOut(dataset, options.fold)
    const labels = patchLabels(set, dataset.classes)
    const split = holdOutValidation(set, options.fold ?? 0, train, test, options.seed)
    const embedded = await steps.run('embeddings', () =>
      backbone ? embedPretrained(backbone, set, context) : embedSeeded(options.stacks, set, labels, split, options.seed, context),
    )
    const { epochs, seed } = options
    const trained = await steps.run('training', () => trainHead(embedded, set, labels, split, { epochs, seed }, context), ({ bestEpoch }) => `best epoch ${bestEpoch}`)
    const graph = floatGraph(embedded, trained)
    const card = modelCard({ stacks: options.stacks, backbone, dataset, features, split, choice, leak, seed, epochs, skipped: set.skipped })
    await steps.run('model folder', () => writeModelFolder(input.out, graph, card, trained), () => path.join(input.out, 'model.json'))
    const testPatches = patchesOf(set, test)
    const scores = () => denseScores(trained.head, take(embedded.embeddings, testPatches)).data
    return { graph, card, trained, leak, test: test.length === 0 ? null : evaluate(patchScores(dataset.classes, set, test, testPatches, scores()), { seed }) }
  })
}

/** Clips for training and for the test, as indices. */
function keepOut({ clips, name }: Dataset, fold: number | null): { readonly train: readonly number[]; readonly test: readonly number[] } {
  const all = [...clips.keys()]
  if (fold === null) return { train: all, test: [] }
  const test = all.filter((clip) => clips[clip]!.fold === fold)
  if (test.length === 0) throw new AedError('INVALID_OPTION', `train: ${name} has no clip in fold ${fold}`)
  return { train: all.filter((clip) => clips[clip]!.fold !== fold), test }
}

import path from 'node:path'
import * as v from 'valibot'
import { AedError, featureConfigSchema, option, parseOptions, type FeatureConfig, type Graph, type ModelCard, type OptionsOf, type StageContext, type Tensor } from '@aed/core'
import { readDataset, type Dataset } from '@aed/datasets'
import { evaluate, type Evaluation } from '@aed/eval-cliplevel'
import { denseScores, toModelFiles, type EpochMetrics } from '@aed/model-miniresnetv2'
import { openRunFolder, type RunFiles } from '@aed/model-miniresnetv2/node'
import { predict, type EpochRecord } from '@aed/model-miniresnetv2/train'
import { readBackbone, type Backbone } from './backbone.ts'
import { otherGains, parseGains } from './clip-copies.ts'
import { curvesHtml, curvesJsonl } from './curves.ts'
import { checkLeaks, classChoice, classOptionsSchema, requireSingleLabels, type SplitLeak } from './data.ts'
import { patchScores } from './evaluate-folds.ts'
import { modelCard, MODEL_FOLDER_FILES } from './fold-files.ts'
import { loadPatches, patchesOf, take } from './patches.ts'
import { withRunContext, type RunContext } from './run-context.ts'
import { createSteps, type StepEvent } from './steps.ts'
import { blocksOf, HEAD_EPOCHS } from './recipe.ts'
import { CLIP_HEAD_MIN_DURATION, trainClipModel } from './train-clip-classifier.ts'
import { embedPretrained, embedSeeded, floatGraph, holdOutValidation, patchLabels, trainHead } from './train-fold.ts'
import { MODE_RECIPES, networkTraining, parseSpeeds, TRAIN_MODES, type NetworkTraining } from './train-modes.ts'
import { trainNetwork } from './train-network.ts'

/** Part of each class that chooses the epoch of a head. */
const HEAD_VALIDATION = 0.15

/** Options of training one classifier on a dataset: `aed train`. */
export const trainOptionsSchema = v.strictObject({
  stacks: option.numberChoice([1, 2], 1, 'network size'),
  backbone: option.textOrNone(null, 'Keras .h5 file, a folder of the published ones, or the name of one (aed backbone get); none: seeded initial values'),
  head: option.choice(['dense', 'clip'], 'dense', 'dense: one softmax layer on each patch; clip: statistics of the clip and one linear layer in closed form, which needs a backbone'),
  blocks: option.text('post_relu,mel,modst,env4', 'statistics of a clip head: mel, modst, env4, and tapped tensors (TENSOR, TENSOR@2, TENSOR/mean)'),
  gains: option.text('0', 'further copies that a clip head learns, each so many dB louder, comma-separated: what stands a microphone of another gain where --db-ref is a number'),
  fold: option.integerOrNone(null, 'official fold kept out of training and used for the test; none: train on everything', { min: 1 }),
  seed: option.integer(0, 'seed of everything random', { min: 0, max: 2 ** 31 }),
  mode: option.choice(TRAIN_MODES, 'head', 'what is trained: the dense head on a frozen backbone; all of a network from a backbone on; or from initial values'),
  epochs: option.integerOrNone(null, `epochs of training at most; none: ${HEAD_EPOCHS} of a head, ${MODE_RECIPES['fine-tune'].epochs} of fine-tuning, ${MODE_RECIPES.scratch.epochs} from scratch`, { min: 1 }),
  resume: option.boolean(false, 'go on with a run of fine-tune or scratch that was stopped, from its last epoch'),
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
  /** None for a clip head, which is solved at once. */
  readonly history: readonly (EpochMetrics | EpochRecord)[]
  /** The epoch whose weights were kept (of the head: so many epochs were trained), from 1; 0 without epochs. */
  readonly bestEpoch: number
  /** null when no fold was kept out. */
  readonly test: Evaluation | null
  /** What of the fold kept out leaks from training; null for nothing. */
  readonly leak: SplitLeak | null
}

/** What a caller can watch. */
export interface TrainClassifierContext extends Pick<StageContext, 'signal'> {
  readonly onStep?: (event: StepEvent) => void
  /** Called with all epochs so far, after each. */
  readonly onHistory?: ((history: readonly EpochRecord[]) => void) | undefined
}

/** A model as training leaves it, and how it scores patches. */
interface Outcome extends Pick<TrainedClassifier, 'graph' | 'history' | 'bestEpoch'> {
  readonly files: (card: ModelCard) => Promise<RunFiles> | RunFiles
  readonly scores: (patches: Tensor<'float32'>, indices: Int32Array) => Promise<Float32Array> | Float32Array
}

/**
 * Trains a classifier with the clips of a folder and writes the model folder: a dense head or a clip head on a frozen backbone, or (`mode`) all of a network
 * from a backbone or from initial values on.
 * @param input.data folder of a dataset
 * @param input.out folder to write; while a network is trained it holds checkpoint and curves
 * @param input.features partial feature config
 * @param input.training options of training a network, of which any can be left out
 * @throws AedError with the file or option at fault, before anything is written; `TRAINING_FAILED` leaves the last good checkpoint
 */
export async function trainClassifier(
  input: { readonly data: string; readonly out: string; readonly features: unknown; readonly options: unknown; readonly training?: object },
  { signal, onStep = () => undefined, onHistory }: TrainClassifierContext = {},
): Promise<TrainedClassifier> {
  const options = parseOptions(trainOptionsSchema, input.options, 'train')
  const { mode, seed, stacks } = options
  const [given] = Object.keys(input.training ?? {})
  if (mode === 'head' && given !== undefined) throw new AedError('INVALID_OPTION', `train: ${given} is an option of the modes fine-tune and scratch`, { hint: 'add --mode fine-tune' })
  if (mode === 'fine-tune' && options.backbone === null) throw new AedError('INVALID_OPTION', 'train: mode fine-tune needs a backbone', { hint: 'give --backbone, or use --mode scratch' })
  if (mode === 'scratch' && options.backbone !== null) throw new AedError('INVALID_OPTION', 'train: mode scratch takes no backbone', { hint: 'leave out --backbone, or use --mode fine-tune' })
  const training = mode === 'head' ? null : networkTraining(mode, input.training ?? {}, options)
  if (training) parseSpeeds(training.speeds)
  const gains = parseGains(options.gains, 'train: gains')
  if (options.head === 'dense' && otherGains(gains).length > 0) throw new AedError('INVALID_OPTION', 'train: gains is an option of --head clip', { hint: 'add --head clip' })
  if (options.head === 'clip') {
    if (mode !== 'head') throw new AedError('INVALID_OPTION', `train: --head clip trains the head alone, got mode ${mode}`, { hint: 'leave out --mode' })
    blocksOf(options.blocks, 'train: blocks')
    if (options.backbone === null) throw new AedError('USAGE', 'train: --head clip needs --backbone', { hint: 'give a Keras .h5 file, or the folder of the published backbones' })
  }
  const features: FeatureConfig = parseOptions(featureConfigSchema, options.head === 'clip' ? withMinDuration(input.features) : input.features, 'train')
  const folder = await openRunFolder(input.out, MODEL_FOLDER_FILES, options.resume)
  const choice = classChoice(options, seed)
  const found = await readDataset(input.data, choice)
  requireSingleLabels(found)
  const leak = checkLeaks(found, keepOut(found, options.fold), options.allowLeaks, `fold ${options.fold ?? ''}`) // what is wrong with the fold is told before anything is decoded
  const backbone = options.backbone === null ? null : await readBackbone(options.backbone, stacks, [features.mel.nMels, features.patches.patchLength, 1])
  return withRunContext({ cache: options.cache, jobs: options.jobs, signal }, async (context) => {
    if (options.head === 'clip') return trainClip(context, backbone!)
    const steps = createSteps(training ? 3 : 4, onStep, signal)
    const set = await steps.run('audio and features', (report) => loadPatches(found, features, context, report, options), ({ patches }) => `${patches.shape[0]!} patches`)
    const dataset = { ...found, clips: set.clips }
    const { train, test } = keepOut(dataset, options.fold)
    const fraction = training?.validation ?? HEAD_VALIDATION
    const split = fraction > 0 ? holdOutValidation(set, options.fold ?? 0, train, test, seed, fraction) : { fold: options.fold ?? 0, train, validation: [], test }
    const trainHeadOnly = async (): Promise<Outcome> => {
      const labels = patchLabels(set, dataset.classes)
      const epochs = options.epochs ?? HEAD_EPOCHS
      const embedded = await steps.run('embeddings', () => (backbone ? embedPretrained(backbone, set, context) : embedSeeded(stacks, set, labels, split, seed, context)))
      const trained = await steps.run('training', () => trainHead(embedded, set, labels, split, { epochs, seed }, context), ({ bestEpoch }) => `best epoch ${bestEpoch}`)
      const graph = floatGraph(embedded, trained)
      const scores = (_patches: Tensor<'float32'>, indices: Int32Array) => denseScores(trained.head, take(embedded.embeddings, indices)).data
      return { graph, history: trained.history, bestEpoch: trained.bestEpoch, scores, files: (card) => ({ ...toModelFiles({ graph, card }), 'curves.jsonl': curvesJsonl(trained.history) }) }
    }
    const trainAll = async (options: NetworkTraining): Promise<Outcome> => {
      const title = `${found.name}, ${mode}${split.fold ? `, fold ${split.fold} kept out` : ''}`
      const { model, history, bestEpoch } = await steps.run('training', (onProgress) => trainNetwork({ set, classes: dataset.classes, split, backbone, stacks, title }, options, features, folder, context, { onProgress, onHistory }), ({ bestEpoch }) => `epoch ${bestEpoch} kept`)
      const scores = async (patches: Tensor<'float32'>) => (await predict(model, patches, { backend: options.backend, signal: context.signal })).data
      return { graph: model.graph, history, bestEpoch, scores, files: async (card) => ({ ...toModelFiles({ ...model, card }), 'curves.jsonl': curvesJsonl(history), 'curves.html': await curvesHtml(title, history) }) }
    }
    const outcome = training ? await trainAll(training) : await trainHeadOnly()
    const epochs = training?.epochs ?? options.epochs ?? HEAD_EPOCHS
    const recipe = training && Object.fromEntries(Object.entries(training).filter(([name]) => name !== 'threads' && name !== 'epochs' && name !== 'seed')) // threads leave no trace
    const card = modelCard({ stacks, backbone, dataset, features, split, choice, leak, seed, epochs, skipped: set.skipped, mode, ...(recipe && { training: recipe }) })
    await steps.run('model folder', async () => folder.finish(await outcome.files(card)), () => path.join(input.out, 'model.json'))
    const testPatches = patchesOf(set, test)
    const evaluated = test.length === 0 ? null : evaluate(patchScores(dataset.classes, set, test, testPatches, await outcome.scores(take(set.patches, testPatches), testPatches)), { seed })
    return { graph: outcome.graph, card, history: outcome.history, bestEpoch: outcome.bestEpoch, leak, test: evaluated }
  })

  async function trainClip(context: RunContext, backbone: Backbone): Promise<TrainedClassifier> {
    const steps = createSteps(options.skipBad ? 4 : 3, onStep, signal)
    // Which clips can be read shows only when they are: their patches are taken for it, and kept in the cache.
    const { clips, skipped } = options.skipBad ? await steps.run('readable clips', (report) => loadPatches(found, features, context, report, options)) : { clips: found.clips, skipped: [] }
    const dataset = { ...found, clips }
    const { train, test: held } = keepOut(dataset, options.fold)
    const { graph, head, copies, test } = await trainClipModel({ dataset, backbone, features, blocks: options.blocks, gains, train, test: held, seed }, context, steps)
    const split = { fold: options.fold ?? 0, train, validation: [], test: held }
    const card: ModelCard = { ...modelCard({ stacks, backbone, dataset, features, split, choice, leak, seed, epochs: 0, skipped, mode, training: { blocks: options.blocks, copies } }), head }
    await steps.run('model folder', () => folder.finish(toModelFiles({ graph, card })), () => path.join(input.out, 'model.json'))
    return { graph, card, history: [], bestEpoch: 0, leak, test }
  }
}

/** A partial feature config with the least length of clips that a clip head has unless told otherwise. */
function withMinDuration(features: unknown): unknown {
  const { audio, ...rest } = (features ?? {}) as { readonly audio?: object }
  return { ...rest, audio: { minDuration: CLIP_HEAD_MIN_DURATION, ...audio } }
}

/** Clips for training and for the test, as indices. */
function keepOut({ clips, name }: Dataset, fold: number | null): { readonly train: readonly number[]; readonly test: readonly number[] } {
  const all = [...clips.keys()]
  if (fold === null) return { train: all, test: [] }
  const test = all.filter((clip) => clips[clip]!.fold === fold)
  if (test.length === 0) throw new AedError('INVALID_OPTION', `train: ${name} has no clip in fold ${fold}`)
  return { train: all.filter((clip) => clips[clip]!.fold !== fold), test }
}

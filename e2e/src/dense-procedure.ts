import { rm } from 'node:fs/promises'
import path from 'node:path'
import { AedError, createRandom, sha256, type Graph, type ModelCard } from '@aed/core'
import type { Dataset } from '@aed/datasets'
import { clipScores, type FoldSplit, type Procedure } from '@aed/eval-cliplevel'
import { denseScores } from '@aed/model-miniresnetv2'
import { openRunFolder } from '@aed/model-miniresnetv2/node'
import { predict } from '@aed/model-miniresnetv2/train'
import type { Backbone } from './backbone.ts'
import { patchScores } from './evaluate-folds.ts'
import { MODEL_FOLDER_FILES } from './fold-files.ts'
import { loadPatches, patchesOf, stratifiedSample, take } from './patches.ts'
import { quantizeModel } from './quantize-fold.ts'
import { HEAD_EPOCHS } from './recipe.ts'
import { shareRight, type RecipeInput, type RecipeProcedures, type RecipeScore } from './recipe-procedure.ts'
import { requireDevice } from './require-device.ts'
import type { RunContext } from './run-context.ts'
import { scoreGraph } from './score-graph.ts'
import type { Steps } from './steps.ts'
import { embedPretrained, floatGraph, holdOutValidation, patchLabels, trainHead } from './train-fold.ts'
import { networkTraining, type TrainMode } from './train-modes.ts'
import { trainNetwork } from './train-network.ts'
import { version } from './version.ts'

/** Random splits of the leaky protocol, and the part of each class that is held out. */
const LEAKY_SEEDS = 10
const LEAKY_PART = 0.2

/** Ten random splits by clip, a fifth of each class held out, whatever recording a clip was cut from: as the published figures came about. */
export function leakySplits({ clips, classes }: Dataset): readonly FoldSplit[] {
  return Array.from({ length: LEAKY_SEEDS }, (_, i) => {
    const random = createRandom(`leaky/${i + 1}`)
    const test = classes.flatMap((name) => {
      const own = random.shuffle([...clips.keys()].filter((clip) => clips[clip]!.label === name))
      return own.slice(0, Math.round(LEAKY_PART * own.length))
    })
    const held = new Set(test)
    return { fold: `seed ${i + 1}`, train: [...clips.keys()].filter((clip) => !held.has(clip)), test: test.sort((a, b) => a - b) }
  })
}

/** A whole float network, and how it scores patches of the set. */
interface PatchModel {
  readonly graph: Graph
  /** Everything that the network depends on. */
  readonly key: unknown
  scores(patches: Int32Array): Promise<Float32Array> | Float32Array
}

/** Patches of training clips that int8 networks are calibrated with. */
const CALIBRATION_PATCHES = 200

/**
 * A softmax layer on each patch, whose scores are averaged over a clip: on a frozen backbone's embedding, or trained with all of a network.
 * @throws AedError `USAGE` without a backbone
 */
export async function createDenseProcedure(input: RecipeInput, context: RunContext, steps: Steps): Promise<RecipeProcedures> {
  const { recipe, dataset, backbone, options } = input
  const { classes } = dataset
  if (options.device) requireDevice(recipe, [])
  if (!backbone && recipe.mode !== 'scratch') throw new AedError('USAGE', `${recipe.name}: a dense head needs --backbone`, { hint: 'give the folder of the published backbones' })
  const set = await steps.run('audio and features', (report) => loadPatches(dataset, recipe.features, context, report))
  const labels = patchLabels(set, classes)
  const leaky = recipe.protocol === 'leaky'
  const splits = new Map(leaky ? leakySplits(dataset).map(({ fold, test }) => [String(fold), test]) : [])
  const key = { version, recipe: { ...recipe, name: '', about: '', looked: 0 }, patches: set.hash, backbone: backbone?.sha256 ?? null, seed: options.seed, int8: options.int8 }
  const trainOne = recipe.mode === 'head' ? await headTrainer(backbone!) : networkTrainer(recipe.mode)
  const rows = (data: Float32Array | Float64Array) => Array.from({ length: data.length / classes.length }, (_, i) => data.subarray(i * classes.length, (i + 1) * classes.length))
  const procedure: Procedure<{ readonly models: readonly PatchModel[]; readonly train: readonly number[] }, RecipeScore> = {
    key,
    async fit(train, { fold, signal }) {
      const models: PatchModel[] = []
      for (let i = 0; i < recipe.trainings; i++) models.push(await trainOne(train, fold, options.seed + i, signal))
      return { models, train }
    },
    async score({ models, train }, test, { fold }) {
      const patches = patchesOf(set, test)
      const truth = test.map((clip) => classes.indexOf(dataset.clips[clip]!.label))
      const ofClips = (scores: Float32Array) => rows(clipScores(patchScores(classes, set, test, patches, scores), {}).scores)
      const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
      const each = await Promise.all(models.map(async (model) => model.scores(patches)))
      const int8: Float32Array[] = []
      if (options.int8 && !leaky && !fold.includes('/')) for (const model of models) int8.push(await scoreInt8(model, train, patches))
      const [clips, int8Clips] = [each.map(ofClips), int8.map(ofClips)]
      const right = (scored: typeof clips) => mean(scored.map((own) => shareRight(own, truth)))
      return {
        figures: {
          clip: right(clips),
          patch: mean(each.map((scores) => shareRight(rows(scores), [...patches].map((patch) => labels[patch]!)))),
          ...(int8.length > 0 && { clipInt8: right(int8Clips) }),
        },
        clips: test,
        float: clips[0]!.flatMap((row) => [...row]),
        int8: int8Clips[0]?.flatMap((row) => [...row]) ?? null,
        device: null,
        atGains: [],
      }
    },
  }
  const judged = procedure as Procedure<unknown, RecipeScore>
  return { procedure: judged, variants: { [recipe.name]: judged }, cost: null }

  /** Trains the head alone, on embeddings that are made once. */
  async function headTrainer(frozen: Backbone) {
    const embedded = await steps.run('embeddings', () => embedPretrained(frozen, set, context))
    return async (train: readonly number[], fold: string, seed: number): Promise<PatchModel> => {
      // The leaky protocol lets the test clips choose the epoch.
      const split = leaky ? { fold: 0, train, validation: splits.get(fold)!, test: [] } : holdOutValidation(set, 0, train, [], seed)
      const trained = await trainHead(embedded, set, labels, split, { epochs: recipe.epochs ?? HEAD_EPOCHS, seed, ...(leaky && { refit: false }) }, context)
      return { graph: floatGraph(embedded, trained), key: { ...key, train, seed }, scores: (patches) => denseScores(trained.head, take(embedded.embeddings, patches)).data }
    }
  }

  /** Trains all of a network; a run that was stopped goes on from its last epoch. */
  function networkTrainer(mode: Exclude<TrainMode, 'head'>) {
    return async (train: readonly number[], fold: string, seed: number, signal: AbortSignal | undefined): Promise<PatchModel> => {
      const own = { ...key, train, seed }
      const folder = path.join(context.cache.dir, 'networks-1', (await sha256(JSON.stringify(own))).slice(0, 32))
      const training = networkTraining(mode, recipe.network, { epochs: recipe.epochs, seed })
      const fraction = training.validation
      const split = fraction > 0 ? holdOutValidation(set, 0, train, [], seed, fraction) : { fold: 0, train, validation: [], test: [] }
      const made = { set, classes, split, backbone: mode === 'scratch' ? null : backbone, stacks: recipe.stacks, title: `${recipe.name}, fold ${fold}` }
      const { model } = await trainNetwork(made, training, recipe.features, await openRunFolder(folder, MODEL_FOLDER_FILES, true), { ...context, signal })
      await rm(folder, { recursive: true, force: true })
      return { graph: model.graph, key: own, scores: async (patches) => (await predict(model, take(set.patches, patches), { backend: training.backend, signal })).data }
    }
  }

  /** The deployed arithmetic, calibrated with training clips of the fold. */
  async function scoreInt8({ graph, key: own }: PatchModel, train: readonly number[], patches: Int32Array): Promise<Float32Array> {
    const calibration = stratifiedSample(patchesOf(set, train), labels, CALIBRATION_PATCHES, `${options.seed}/calibration`)
    const card: ModelCard = { schema: 'aed-model/1', name: recipe.name, classes: [...classes], features: recipe.features, head: { kind: 'meanScores' }, provenance: {}, licence: dataset.licence }
    const quantized = await quantizeModel(graph, card, own, set, calibration, context)
    return scoreGraph(quantized.graph, take(set.patches, patches), context)
  }
}

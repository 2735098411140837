import { AedError, parseOptions, sha256, type Graph, type Tensor } from '@aed/core'
import { splitByRecording } from '@aed/datasets'
import { fitBatchNorm, miniResNetV2Graph, trainDenseHeadOptionsSchema, withDenseHead, type DenseHead, type TrainedHead } from '@aed/model-miniresnetv2'
import { embedGraph } from '@aed/model-miniresnetv2/train'
import type { Backbone } from './backbone.ts'
import { jsonCodec, npyCodec } from './cache.ts'
import { patchesOf, stratifiedSample, take, type PatchSet } from './patches.ts'
import type { RunContext } from './run-context.ts'

/** A split of clips into three parts, as indices; no recording stands in two of them. */
export interface ClipSplit {
  /** Test fold; 0 when nothing is held out for testing. */
  readonly fold: number
  readonly train: readonly number[]
  readonly validation: readonly number[]
  readonly test: readonly number[]
}

/** A backbone with embeddings of all patches: what heads are trained on. */
export interface Embedded {
  readonly graph: Graph
  /** `[patches, features]`. */
  readonly embeddings: Tensor<'float32'>
  /** Of everything that the embeddings depend on. */
  readonly hash: string
}

/** Class index of each patch. */
export function patchLabels({ clips, clipOfPatch }: PatchSet, classes: readonly string[]): Int32Array {
  const ofClip = clips.map((clip) => classes.indexOf(clip.label))
  return clipOfPatch.map((clip) => ofClip[clip]!)
}

/**
 * Takes the validation part, whole recordings, from a training part.
 * @param fraction of each class
 * @throws AedError `SPLIT_INVALID` for clips of a single class, or a class with a single recording
 */
export function holdOutValidation(set: PatchSet, fold: number, train: readonly number[], test: readonly number[], seed: number, fraction = 0.15): ClipSplit {
  const classes = new Set(train.map((clip) => set.clips[clip]!.label))
  if (classes.size < 2) throw new AedError('SPLIT_INVALID', `a classifier needs clips of two classes or more, found only '${[...classes].join()}'`)
  const split = splitByRecording(
    train.map((clip) => set.clips[clip]!),
    { fraction, seed },
  )
  const pick = (indices: readonly number[]) => indices.map((i) => train[i]!)
  return { fold, train: pick(split.train), validation: pick(split.validation), test }
}

/** Embeddings by tfjs, kept in the cache. */
async function embed(graph: Graph, set: PatchSet, key: string, { cache, signal }: RunContext): Promise<Embedded> {
  const parts = { backbone: key, patches: set.hash }
  const embeddings = await cache.get('embeddings-1', parts, npyCodec, () => embedGraph(graph, set.patches, { signal }))
  return { graph, embeddings: embeddings as Tensor<'float32'>, hash: await sha256(JSON.stringify(parts)) }
}

/** Embeddings of a pretrained backbone. */
export function embedPretrained(backbone: Backbone, set: PatchSet, context: RunContext): Promise<Embedded> {
  return embed(backbone.graph, set, backbone.sha256, context)
}

/** Patches that batch norm takes its statistics from where no backbone file is given. */
const BATCH_NORM_PATCHES = 128

/**
 * Embeddings of a backbone with seeded initial values, its batch norm set from training patches of the split (so that no test patch is
 * looked at before its test).
 */
export async function embedSeeded(stacks: number, set: PatchSet, labels: Int32Array, split: ClipSplit, seed: number, context: RunContext): Promise<Embedded> {
  const inputShape = [set.patches.shape[1]!, set.patches.shape[2]!, 1] as const
  const initial = miniResNetV2Graph({ stacks, inputShape, classes: null, seed })
  const sample = stratifiedSample(patchesOf(set, split.train), labels, BATCH_NORM_PATCHES, `${seed}/batch-norm/${split.fold}`)
  const graph = fitBatchNorm(initial, take(set.patches, sample))
  return embed(graph, set, `seeded-1/${stacks}/${seed}/${sample.join()}`, context)
}

/** Options of training that the pipeline passes on. */
export interface HeadOptions {
  readonly epochs: number
  readonly seed: number
  /** False: the epoch that validation chose is kept as it is. */
  readonly refit?: boolean
}

/**
 * Trains the dense head on frozen embeddings in the pool, kept in the cache. The validation part finds the best epoch; the head that is kept is
 * trained for so many epochs on both parts, since every recording counts.
 */
export async function trainHead(embedded: Embedded, set: PatchSet, labels: Int32Array, split: ClipSplit, options: HeadOptions, context: RunContext): Promise<TrainedHead> {
  const { cache, pool, signal } = context
  const train = patchesOf(set, split.train)
  const validation = patchesOf(set, split.validation)
  const key = { embeddings: embedded.hash, labels: [...labels], train: [...train], validation: [...validation], options: parseOptions(trainDenseHeadOptionsSchema, options, 'training') }
  return cache.get('heads-1', key, headCodec, () => pool.stages.trainDenseHead({ embeddings: embedded.embeddings, labels, train, validation }, options, { signal }))
}

/** JSON keeps float32 values exactly: they are written as the shortest text of their float64 form. */
const headCodec = (() => {
  const json = jsonCodec<TrainedHead & { head: Omit<DenseHead, 'weights' | 'bias'> & { weights: number[]; bias: number[] } }>()
  return {
    extension: json.extension,
    encode: (trained: TrainedHead) => JSON.stringify({ ...trained, head: { ...trained.head, weights: [...trained.head.weights], bias: [...trained.head.bias] } }),
    decode: (bytes: Uint8Array<ArrayBuffer>, name: string): TrainedHead => {
      const trained = json.decode(bytes, name)
      return { ...trained, head: { ...trained.head, weights: Float32Array.from(trained.head.weights), bias: Float32Array.from(trained.head.bias) } }
    },
  }
})()

/** The whole float network of a trained head. */
export function floatGraph(embedded: Embedded, trained: TrainedHead): Graph {
  return withDenseHead(embedded.graph, trained.head, 'softmax')
}

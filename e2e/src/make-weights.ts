import path from 'node:path'
import { argMax, AedError, featureConfig, sha256, type FeatureConfig, type Graph, type ModelCard, type Tensor } from '@aed/core'
import { exists, readBytes, writeAtomic } from '@aed/core/node'
import { prepareClip } from '@aed/audio'
import { officialFolds, readDataset, synthesizeEsc10, type Dataset } from '@aed/datasets'
import { logMelSpectrogram } from '@aed/dsp-mel'
import { createMiniResNetV2, readKerasH5, tapGraph } from '@aed/model-miniresnetv2'
import type { TeacherTap } from '@aed/model-miniresnetv2/train'
import { writeTflite } from '@aed/quantize-int8'
import { backboneFileName } from './published-backbones.ts'
import { trainingCopies } from './clip-copies.ts'
import { fitHeads, headOf, scoreRows } from './clip-head-fit.ts'
import { measureClips } from './clip-measures.ts'
import { quantizeTaps } from './int8-fold.ts'
import { blocksOf, clipBlock } from './recipe.ts'
import type { RunContext } from './run-context.ts'
import type { Steps } from './steps.ts'
import { CLIP_HEAD_MIN_DURATION } from './train-clip-classifier.ts'
import { version } from './version.ts'

/** What the shipped weights are made with. */
export interface MakeWeightsInput {
  /** ESC-10. */
  readonly data: string
  /** Folder of the published backbones: the teachers. */
  readonly backbones: string
  /** Where the models go. */
  readonly out: string
  /** Where the training keeps its checkpoint, from which a run that was stopped goes on. */
  readonly work: string
  readonly stacks: ShippedStacks
}

/** Sizes that are shipped. */
export type ShippedStacks = keyof typeof SIZES

/** The training of the network: sounds that a program made, none of them a recording, so that no fold is seen. */
const SOUNDS = { seed: 77, recordingsPerClass: 24, clipsPerRecording: 1, duration: 3 }
const FINAL = { layer: 'post_relu', weight: 1 }
const BETWEEN = { layer: 'conv2_block2_preact_relu', weight: 0.25 }
/** Name, which is also the seed of the initial values; activations that are learned; folds whose int8 model is written beside that of fold 5. */
const SIZES = {
  1: { name: 'esc10-1stack', taps: [FINAL, BETWEEN], folds: [1, 2, 3, 4] },
  2: { name: 'esc10-2stacks', taps: [FINAL, BETWEEN, { layer: 'conv3_block2_preact_relu', weight: 0.25 }], folds: [] },
} as const satisfies Record<number, { readonly name: string; readonly taps: readonly TeacherTap[]; readonly folds: readonly number[] }>
const TRAINING = {
  epochs: 36,
  samplesPerEpoch: 512,
  batchSize: 32,
  learningRate: 3e-3,
  schedule: 'cosine',
  warmupEpochs: 1,
  keep: 'last',
  emaDecay: 0,
  clipNorm: 5,
  weightDecay: 0,
  seed: 1,
  augmentFloor: -80,
  augment: [
    { name: 'mix', probability: 0.6 },
    { name: 'melShift', maxShift: 4 },
    { name: 'equalize', maxGain: 12 },
    { name: 'gain', min: -25, max: 20 },
    { name: 'noise', deviation: 1, probability: 0.5 },
    { name: 'timeMask', maxWidth: 12, probability: 0.3, fill: 'minimum' },
    { name: 'frequencyMask', maxWidth: 16, probability: 0.3, fill: 'minimum' },
  ],
} as const
const SPEEDS = [1, 0.85, 1.17]
/** In dB. */
const GAINS = [10, -10, 20, -20]
const COPIES = trainingCopies(SPEEDS, GAINS)
/** The test clips as recorded, then at the other gains. */
const HEARD = trainingCopies([1], GAINS)
const PATCH_STEP = 25
const BLOCKS = 'post_relu,mel,levels,envelopes'
/** What a live stream has: a reference that no maximum moves, near the median of the loudest mel power of ESC-10's clips, and silence kept. */
const FRONT_END = { audio: { minDuration: CLIP_HEAD_MIN_DURATION, trimSilenceDb: null }, mel: { dbRef: 100 } }

/** How the models of a fold did on its test clips. */
export interface MadeFold {
  readonly fold: number
  readonly float: number
  readonly int8: number
  /** int8, heard louder or quieter by so many dB. */
  readonly int8AtGains: readonly { readonly gainDb: number; readonly accuracy: number }[]
  /** int8: below this a clip is `unknown`; chosen on the held-out clips of the other folds. */
  readonly unknownBelow: number
  /** int8: right, and not taken for unknown. */
  readonly int8Kept: number
}

/** Part of the other folds' held-out clips that may be taken for unknown. */
const REFUSED = 0.05

/** The models of a fold, and what they say of its test clips. */
interface FoldModels {
  readonly fold: number
  readonly float: Model
  readonly int8: Model
  /** Scores of int8 at the other gains. */
  readonly atGains: readonly (readonly Float32Array[])[]
  readonly truth: readonly number[]
}

interface Model {
  readonly graph: Graph
  readonly card: ModelCard
  /** Scores of each test clip. */
  readonly scores: readonly Float32Array[]
}

/**
 * Makes the weights that `@aed/model-miniresnetv2` ships. A network of random values learns the tap activations of the published backbone on synthetic, augmented sound; then for each official
 * fold a clip head is solved on the other four, and the network is quantized on their clips. Last each model gets the score below which a clip is `unknown`: 5 % of the other folds' held-out
 * clips are. Equal input gives equal bytes. Of 2 stacks only the models of fold 5 are written, all folds are judged.
 * @returns accuracy on each fold's test clips
 */
export async function makeWeights({ data, backbones, out, work, stacks }: MakeWeightsInput, context: RunContext, steps: Steps): Promise<readonly MadeFold[]> {
  const features = featureConfig(FRONT_END)
  const dataset = await readDataset(data)
  const size = SIZES[stacks]
  const file = backboneFileName(stacks)
  const teacherBytes = await readBytes(path.join(backbones, file))
  const teacher = { file, sha256: await sha256(teacherBytes) }
  const student = await steps.run('distillation', () => distill(teacherBytes, features, stacks, work))
  const blocks = Object.keys(blocksOf(BLOCKS, 'weights')).map((key) => clipBlock(key, true, 'weights'))
  const gains = Object.values(blocksOf(BLOCKS, 'weights'))
  const graph = tapGraph(student.graph, ['post_relu'])
  const key = await sha256(JSON.stringify(Object.values(student.graph.tensors).map(({ name, data: values }) => [name, values && [...values]])))
  const { clips, classes } = dataset
  const labels = Int32Array.from(clips, ({ label }) => classes.indexOf(label))
  const input = { blocks, features, patchStep: PATCH_STEP, perPatch: false }
  const measures = await steps.run('statistics', (report) => measureClips({ ...input, clips, copies: COPIES, network: { graph: student.graph, key } }, context, report))

  const makeFold = async ({ fold, train, test }: ReturnType<typeof officialFolds>[number]): Promise<FoldModels> => {
    const [trained] = await fitHeads(measures, labels, classes.length, train, COPIES.length, [{ gains }], context.pool, context.signal)
    const fitted = { blocks, trained: trained!, classes: classes.length }
    const name = fold === 5 ? size.name : `${size.name}-fold-${fold}`
    const card = cardOf(name, stacks, dataset, features, headOf(fitted, measures.lengths, gains, PATCH_STEP), { fold, train: train.length, test: test.length, teacher })
    const taps = await quantizeTaps(graph, key, { ...card, name: `${name}-int8` }, dataset, train, context)
    const measured = await measureClips({ ...input, clips: test.map((clip) => clips[clip]!), copies: HEARD, network: taps }, context, () => undefined)
    const scoresOf = (rows: readonly Tensor<'float32'>[], copy: number) => rows.map((row) => scoreRows(fitted, copyOf(row, copy))[0]!)
    return {
      fold,
      float: { graph, card, scores: scoresOf(test.map((clip) => measures.clips[clip]!), 0) },
      int8: { graph: taps.graph, card: { ...card, name: `${name}-int8` }, scores: scoresOf(measured.clips, 0) },
      atGains: GAINS.map((_gainDb, i) => scoresOf(measured.clips, 1 + i)),
      truth: test.map((clip) => labels[clip]!),
    }
  }
  const models: FoldModels[] = []
  for (const split of officialFolds(clips)) models.push(await steps.run(`fold ${split.fold}`, () => makeFold(split)))
  const made = models.map(({ fold, float, int8, atGains, truth }): MadeFold => {
    const unknownBelow = thresholdOf(models, fold, 'int8')
    const share = (scores: readonly Float32Array[], least = 0) => scores.filter((row, i) => argMax(row) === truth[i] && row[truth[i]]! >= least).length / scores.length
    return { fold, float: share(float.scores), int8: share(int8.scores), int8AtGains: GAINS.map((gainDb, i) => ({ gainDb, accuracy: share(atGains[i]!) })), unknownBelow, int8Kept: share(int8.scores, unknownBelow) }
  })
  const write = async (fold: FoldModels, kind: 'float' | 'int8') => {
    const { graph: network, card } = fold[kind]
    const { [kind]: accuracyOnTestFold } = made.find((one) => one.fold === fold.fold)!
    const whole = { ...card, unknownBelow: thresholdOf(models, fold.fold, kind), provenance: { ...card.provenance, accuracyOnTestFold } }
    await writeAtomic(path.join(out, `${card.name}.tflite`), writeTflite({ graph: network, card: whole }))
  }
  for (const fold of models) {
    if (fold.fold === 5 || size.folds.some((own) => own === fold.fold)) await write(fold, 'int8')
    if (fold.fold === 5) await write(fold, 'float')
  }
  await writeAtomic(path.join(out, `${size.name}.accuracy.json`), `${JSON.stringify(made, null, 2)}\n`)
  return made
}

/** One copy of a clip's statistics, as a row. */
function copyOf({ shape: [, width = 0], data, ...row }: Tensor<'float32'>, copy: number): Tensor<'float32'> {
  return { ...row, shape: [1, width], data: data.slice(copy * width, (copy + 1) * width) }
}

/** The score below which so many of the clips that the models of the other folds have not seen lie, cut to three digits. */
function thresholdOf(models: readonly FoldModels[], fold: number, kind: 'float' | 'int8'): number {
  const best = models.filter((other) => other.fold !== fold).flatMap((other) => other[kind].scores.map((row) => row.reduce((a, b) => Math.max(a, b), 0)))
  return Math.floor(1000 * best.sort((a, b) => a - b)[Math.floor(REFUSED * best.length)]!) / 1000
}

async function distill(teacherBytes: Uint8Array, features: FeatureConfig, stacks: ShippedStacks, work: string) {
  const { name, taps } = SIZES[stacks]
  const { trainModel } = await import('@aed/model-miniresnetv2/train')
  const teacher = readKerasH5(teacherBytes, 'teacher')
  const clips = [...synthesizeEsc10(SOUNDS)].flatMap(({ clip }) => {
    const spectrogram = logMelSpectrogram(prepareClip(clip, features.audio), features.mel)
    return spectrogram.shape[1]! >= features.patches.patchLength ? [{ spectrograms: [spectrogram], labels: [] }] : []
  })
  const checkpoint = path.join(work, `${name}.checkpoint`)
  const resume = (await exists(checkpoint)) ? { bytes: await readBytes(checkpoint), name: checkpoint } : undefined
  const model = createMiniResNetV2({ stacks, seed: name })
  const input = { model, classes: [], clips, distill: { teacher, taps } }
  const { model: trained, bestEpoch } = await trainModel(input, { ...TRAINING, augment: [...TRAINING.augment] }, { resume, onCheckpoint: (bytes) => writeAtomic(checkpoint, bytes) })
  if (bestEpoch !== TRAINING.epochs) throw new AedError('TRAINING_FAILED', `distillation ended at epoch ${bestEpoch} of ${TRAINING.epochs}`)
  return trained
}

function cardOf(name: string, stacks: ShippedStacks, { classes, name: data, licence }: Dataset, features: FeatureConfig, head: ModelCard['head'], { fold, train, test, teacher }: { readonly fold: number; readonly train: number; readonly test: number; readonly teacher: object }): ModelCard {
  return {
    schema: 'aed-model/1',
    name,
    classes: [...classes],
    features,
    head,
    provenance: {
      madeBy: `@aed ${version}`,
      command: `node tools/make-weights.mjs${stacks === 1 ? '' : ` --stacks ${stacks}`} --data ESC-50 --backbones DIR --out DIR`,
      network: { start: `random values, seed '${SIZES[stacks].name}'`, learned: 'tap activations of the teacher on synthetic sound, augmented; no recording was heard', teacher, sounds: SOUNDS, taps: SIZES[stacks].taps, training: TRAINING },
      head: { data, testFold: fold, clips: { train, test }, speeds: SPEEDS, gains: GAINS, blocks: BLOCKS, solver: 'ridge' },
      data,
      testFold: fold,
      unknown: `the score that ${100 * REFUSED} % of the held-out clips of the other folds lie below, by the models that have not seen them`,
      limits: 'trained on 320 clips of ten classes; real sounds of other classes mostly get one of the ten names; scores are not probabilities of real life',
    },
    licence: `Apache-2.0 (network and head); ESC-10 clips: ${licence}`,
  }
}

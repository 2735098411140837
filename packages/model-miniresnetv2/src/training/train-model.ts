import { AedError, formatShape, parseOptions, sha256, throwIfAborted, type StageContext } from '@aed/core'
import { kerasModel, type KerasModel } from '../keras/model.ts'
import type { KerasLayerOf, KerasNetwork } from '../keras/network.ts'
import { decodeCheckpoint, encodeCheckpoint, requireSameRun, type Checkpoint, type EpochRecord, type RunDescription } from './checkpoint.ts'
import { gradientNorm, initialOptimizerState, optimize } from './optimizer.ts'
import { trainModelOptionsSchema, type TrainModelOptions, type TrainModelOptionsInput } from './options.ts'
import { countRight } from './answers.ts'
import { checkPatches, createEvaluator, type LabelledPatches } from './evaluator.ts'
import { prepareTeacher, type Distillation, type Teacher } from './distill.ts'
import { createGradients, type Gradients } from './gradients.ts'
import { createSampleSource, type SampleSource, type TrainingClip } from './samples.ts'
import { scheduleFactor } from './schedule.ts'
import { logitNetwork, trainedPart, type TrainedPart } from './trained-part.ts'
import { flattenWeights, namedWeights, weightLayout, type WeightLayout } from './weight-layout.ts'

/** What {@link trainModel} takes. */
export interface TrainModelInput {
  /** Network and the weights that it starts from. */
  readonly model: Pick<KerasModel, 'network' | 'weights'>
  /** Names in the order of the outputs; empty with `distill`, which needs no labels. */
  readonly classes: readonly string[]
  readonly clips: readonly TrainingClip[]
  /** Of other recordings than `clips`: chooses the epoch, stops training, lowers the step size. */
  readonly validation?: LabelledPatches
  /** Learn a teacher's activations instead of labels. */
  readonly distill?: Distillation
}

/** What a caller of {@link trainModel} can hand in beside data and options. */
export interface TrainModelContext extends Pick<StageContext, 'signal' | 'onProgress'> {
  /** Called with all epochs so far: after each, and at once when a run goes on. */
  readonly onHistory?: ((history: readonly EpochRecord[]) => void) | undefined
  /** Called after each epoch with all that is needed to go on from there; awaited. */
  readonly onCheckpoint?: (bytes: Uint8Array<ArrayBuffer>) => Promise<void> | void
  /** A checkpoint to go on from: the result is that of a run which was never stopped, to the bit. */
  readonly resume?: { readonly bytes: Uint8Array; readonly name: string } | undefined
}

/** A trained network with how it came about. */
export interface TrainedModel {
  readonly model: KerasModel
  readonly history: readonly EpochRecord[]
  /** The epoch whose weights were kept, from 1. */
  readonly bestEpoch: number
}

/** A network prepared for training: what it learns, and where its weights lie. */
interface Prepared {
  readonly network: KerasNetwork
  readonly layout: WeightLayout
  readonly inputShape: readonly [mels: number, frames: number]
  /** Names of the classes; empty with a teacher. */
  readonly classes: readonly string[]
  readonly multiLabel: boolean
  readonly head: string | null
  readonly teacher: Teacher | null
}

function prepare({ model, classes, distill }: TrainModelInput): Prepared {
  const { network } = model
  const { shape } = network.layers.find((layer) => layer.type === 'InputLayer')!
  if (shape.length !== 3 || shape[2] !== 1) throw new AedError('MODEL_MISMATCH', `trainModel: ${network.name} takes ${formatShape(shape)}, expected [mels, frames, 1]`)
  const common = { network, layout: weightLayout(network), inputShape: [shape[0]!, shape[1]!] as const }
  if (distill) return { ...common, classes: [], multiLabel: false, head: null, teacher: prepareTeacher(network, distill) }
  const { head, multiLabel, classes: outputs } = logitNetwork(network)
  if (outputs !== classes.length) throw new AedError('MODEL_MISMATCH', `trainModel: ${network.name} has ${outputs} outputs, expected one for each of ${classes.length} classes`)
  return { ...common, classes, multiLabel, head, teacher: null }
}

/** What must be equal for a run to be gone on with. */
async function describeRun({ model, classes, validation, distill }: TrainModelInput, weights: Float32Array<ArrayBuffer>, source: SampleSource, options: TrainModelOptions): Promise<RunDescription> {
  return {
    network: await sha256(JSON.stringify(model.network)),
    initialWeights: await sha256(weights),
    clips: await source.digest(),
    validation: validation ? await sha256(JSON.stringify([await sha256(validation.patches.data), validation.labels])) : null,
    distill: distill ? { taps: distill.taps, teacher: await sha256(JSON.stringify([distill.teacher.network, await Promise.all(Object.values(distill.teacher.weights).map(({ data }) => sha256(data)))])) } : null,
    classes,
    ...options,
    threads: undefined, // of no effect on the result
  }
}

function initialCheckpoint(run: RunDescription, weights: Float32Array<ArrayBuffer>, options: TrainModelOptions): Checkpoint {
  const { first, second } = initialOptimizerState(options, weights.length)
  const arrays = { weights, first, second, average: options.emaDecay > 0 ? weights.slice() : new Float32Array(), best: new Float32Array() }
  return { run, epoch: 0, step: 0, optimizerStep: 0, plateau: { factor: 1, waited: 0 }, best: { epoch: 0, loss: null }, history: [], arrays }
}

/**
 * Trains a network on spectrograms: from its head alone to all of it, from pretrained or initial weights; or teaches it another network's
 * activations. Gradients come from a gradient engine; all else (order, windows, augmentation, dropout, optimizer, averages) is plain TypeScript by the
 * seed, so that equal input and options give equal bytes on one backend, also when the run was killed and went on from a checkpoint.
 * @throws AedError `SPLIT_INVALID` for no clips or a class without any, `MODEL_MISMATCH` for shapes or classes that do not fit, or a checkpoint of
 * another run, `MODEL_INVALID` for a damaged checkpoint, `TRAINING_FAILED` (with the step) for a loss that is not finite, `INVALID_OPTION`, `ABORTED`
 */
export async function trainModel(input: TrainModelInput, optionsInput: TrainModelOptionsInput = {}, context: TrainModelContext = {}): Promise<TrainedModel> {
  const options = parseOptions(trainModelOptionsSchema, optionsInput, 'trainModel')
  const { signal, onProgress, onHistory, onCheckpoint, resume } = context
  const prepared = prepare(input)
  const { network, layout, inputShape, classes, multiLabel, head, teacher } = prepared
  const { validation } = input
  if (validation) checkPatches(validation, inputShape, classes.length)
  const source = createSampleSource(input.clips, inputShape, classes, options, multiLabel)
  const initial = flattenWeights(layout, input.model.weights, network.name)
  const run = await describeRun(input, initial, source, options)
  const outputs = teacher ? teacher.taps.map(({ layer }) => layer) : [network.output]
  const phases = {
    probe: options.probeEpochs > 0 ? trainedPart(network, layout, outputs, 'head', head, 'freeze') : null,
    main: trainedPart(network, layout, outputs, options.trainFrom, head, options.batchNorm),
  }
  let state = initialCheckpoint(run, initial, options)
  if (resume) {
    state = await decodeCheckpoint(resume.bytes, resume.name)
    requireSameRun(state.run, run, resume.name)
    onHistory?.(state.history)
  }
  const epochs = options.probeEpochs + options.epochs
  const stepsPerEpoch = Math.ceil(source.samplesPerEpoch / options.batchSize)
  let running = null as { part: TrainedPart; gradients: Gradients } | null
  try {
    const evaluate = validation ? await createEvaluator(network, validation, { classes: classes.length, multiLabel, teacher }, options) : null
    const aims = (await teacher?.start(options.backend)) ?? null
    while (state.epoch < epochs && !(options.stopPatience !== null && state.epoch - state.best.epoch >= options.stopPatience)) {
      const part = state.epoch < options.probeEpochs ? phases.probe! : phases.main
      if (running?.part !== part) {
        await running?.gradients.close()
        const model = { network, weights: namedWeights(layout, state.arrays.weights) }
        running = { part, gradients: await createGradients(model, layout, part, teacher, options) }
      }
      const trained = await trainEpoch(state, { prepared, part, gradients: running.gradients, aims, source, options, stepsPerEpoch }, (done) => {
        throwIfAborted(signal)
        onProgress?.({ done: state.epoch * stepsPerEpoch + done, total: epochs * stepsPerEpoch, what: `steps, epoch ${state.epoch + 1} of ${epochs}` })
      })
      const evaluated = options.emaDecay > 0 ? trained.arrays.average : trained.arrays.weights
      state = closeEpoch(trained, evaluate && (await evaluate(evaluated)), evaluated, options)
      onHistory?.(state.history)
      await onCheckpoint?.(await encodeCheckpoint(state))
    }
  } finally {
    await running?.gradients.close()
  }
  const keepBest = state.arrays.best.length > 0
  const kept = keepBest ? state.arrays.best : options.emaDecay > 0 ? state.arrays.average : state.arrays.weights
  const model = kerasModel(input.model.network, namedWeights(layout, kept), network.name)
  return { model, history: state.history, bestEpoch: keepBest ? state.best.epoch : state.epoch }
}

/** What one epoch works with. */
interface EpochContext {
  readonly prepared: Prepared
  readonly part: TrainedPart
  readonly gradients: Gradients
  readonly aims: Awaited<ReturnType<Teacher['start']>> | null
  readonly source: SampleSource
  readonly options: TrainModelOptions
  readonly stepsPerEpoch: number
}

/** An epoch's weights, and how it went so far; its arrays are new. */
type TrainedEpoch = Checkpoint & { readonly trained: Pick<EpochRecord, 'loss' | 'accuracy' | 'learningRate'> }

async function trainEpoch(state: Checkpoint, { prepared, part, gradients: engine, aims, source, options, stepsPerEpoch }: EpochContext, onStep: (done: number) => void): Promise<TrainedEpoch> {
  const { classes, head, layout, multiLabel, network } = prepared
  const epoch = state.epoch + 1
  const probing = epoch <= options.probeEpochs
  const [weights, average] = [state.arrays.weights.slice(), state.arrays.average.slice()]
  // Another part moves from now on: the optimizer's memory of the probe would misjudge it.
  const fresh = epoch === options.probeEpochs + 1 && options.probeEpochs > 0
  const remembered = { step: state.optimizerStep, first: state.arrays.first.slice(), second: state.arrays.second.slice() }
  let optimizer = fresh ? initialOptimizerState(options, weights.length) : remembered
  const momenta = movingStatistics(network, layout, part)
  const order = source.order(epoch)
  let { step } = state
  let loss = 0
  let right = 0
  let learningRate = 0
  for (let from = 0; from < source.samplesPerEpoch; from += options.batchSize) {
    step++
    const count = Math.min(options.batchSize, source.samplesPerEpoch - from)
    const batch = source.draw(epoch, order, from, count)
    const targets = aims ? await aims.activations(batch.inputs, count) : batch.targets
    const { loss: meanLoss, scores, values: gradients } = await engine.step(weights, { ...batch, targets, count }, `${options.seed}/dropout/${step}`)
    const norm = gradientNorm(gradients, part.places)
    if (!Number.isFinite(meanLoss) || !Number.isFinite(norm))
      throw new AedError('TRAINING_FAILED', `trainModel: step ${step} (epoch ${epoch}): the ${Number.isFinite(meanLoss) ? 'gradient' : 'loss'} is not finite`, {
        hint: `lower learningRate, or set clipNorm${epoch > 1 ? `; the checkpoint of epoch ${epoch - 1} is the last good one` : ''}`,
      })
    if (options.clipNorm !== null && norm > options.clipNorm) for (const { offset, size } of part.places) for (let i = offset; i < offset + size; i++) gradients[i]! *= options.clipNorm / norm
    for (const { offset, size, momentum } of momenta) for (let i = offset; i < offset + size; i++) weights[i] = momentum * weights[i]! + (1 - momentum) * gradients[i]!
    const done = epoch - 1 - options.probeEpochs + (from / options.batchSize + 0.5) / stepsPerEpoch
    learningRate = options.learningRate * (probing ? 1 : scheduleFactor(done, options.epochs, state.plateau.factor, options))
    optimizer = optimize(weights, gradients, optimizer, part.places, ({ layer }) => learningRate * (head === null || layer === head ? 1 : options.backboneRate), options)
    for (let i = 0; i < average.length; i++) average[i] = options.emaDecay * average[i]! + (1 - options.emaDecay) * weights[i]!
    loss += meanLoss * count
    if (classes.length > 0) right += countRight(scores, targets, classes.length, multiLabel)
    onStep(from / options.batchSize + 1)
  }
  const n = source.samplesPerEpoch
  const arrays = { ...state.arrays, weights, average, first: optimizer.first, second: optimizer.second }
  const trained = { loss: loss / n, accuracy: classes.length > 0 ? right / n : null, learningRate }
  return { ...state, epoch, step, optimizerStep: optimizer.step, arrays, trained }
}

/** Places of the moving statistics that follow the batches, each with its layer's momentum. */
function movingStatistics({ layers }: KerasNetwork, { places }: WeightLayout, { batchNorms }: TrainedPart) {
  const momentumOf = new Map(layers.filter((layer): layer is KerasLayerOf<'BatchNormalization'> => layer.type === 'BatchNormalization').map(({ name, momentum }) => [name, momentum]))
  return places.filter(({ layer, isStatistic }) => isStatistic && batchNorms.has(layer)).map(({ layer, offset, size }) => ({ offset, size, momentum: momentumOf.get(layer)! }))
}

/** The state after an epoch: its record, the best so far, and whether the loss has come to a plateau. */
function closeEpoch({ trained, ...state }: TrainedEpoch, held: { loss: number; accuracy: number | null } | null, evaluated: Float32Array<ArrayBuffer>, options: TrainModelOptions): Checkpoint {
  const { epoch, history } = state
  if (held && !Number.isFinite(held.loss)) throw new AedError('TRAINING_FAILED', `trainModel: step ${state.step} (epoch ${epoch}): the validation loss is not finite`, { hint: 'lower learningRate, or set clipNorm' })
  const record: EpochRecord = { epoch, step: state.step, ...trained, valLoss: held?.loss ?? null, valAccuracy: held?.accuracy ?? null }
  const watched = held?.loss ?? trained.loss
  const isBest = state.best.loss === null || watched < state.best.loss
  const best = isBest ? { epoch, loss: watched } : state.best
  const waited = isBest ? 0 : state.plateau.waited + 1
  const plateau = waited >= options.decayEpochs ? { factor: state.plateau.factor * options.decay, waited: 0 } : { ...state.plateau, waited }
  const keep = held !== null && options.keep === 'best' && isBest
  return { ...state, history: [...history, record], best, plateau, arrays: keep ? { ...state.arrays, best: evaluated.slice() } : state.arrays }
}

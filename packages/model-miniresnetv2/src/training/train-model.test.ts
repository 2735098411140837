import * as tf from '@tensorflow/tfjs'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { CLASSES, firstWindows, FRAMES, MELS, tinyClassifier, toneClips } from '../../test/tiny-classifier.ts'
import { distance, noise } from '../../test/support.ts'
import { useBackend } from '../tfjs/backend.ts'
import type { TrainModelOptionsInput } from './options.ts'
import { trainModel, type TrainModelContext, type TrainModelInput } from './train-model.ts'

const code = (code: string, message = /./) => expect.objectContaining({ code, message: expect.stringMatching(message) as unknown })
const clips = toneClips(24, 'train')
const input: TrainModelInput = { model: tinyClassifier(), classes: CLASSES, clips, validation: firstWindows(toneClips(12, 'validation')) }
const quick: TrainModelOptionsInput = { epochs: 1, batchSize: 8, learningRate: 0.02 }
/** Everything that a run remembers between epochs. */
const full: TrainModelOptionsInput = {
  ...quick, epochs: 3, probeEpochs: 2, samplesPerEpoch: 20, emaDecay: 0.9, clipNorm: 2, labelSmoothing: 0.1, schedule: 'plateau', decayEpochs: 1, warmupEpochs: 1, minPeakDb: 2,
  augment: [{ name: 'mix', probability: 0.7 }, { name: 'noise' }, { name: 'timeMask', maxWidth: 2 }], // prettier-ignore
}
const train = (options: TrainModelOptionsInput = {}, change: Partial<TrainModelInput> = {}, context: TrainModelContext = {}) => trainModel({ ...input, ...change }, { ...quick, ...options }, context)
type Weights = TrainModelInput['model']['weights']
/** Layers whose weights are no longer those of the beginning; `layer*` where only the moving statistics are not. */
function moved(weights: Weights): string[] {
  const changed = Object.keys(weights).filter((key) => distance(weights[key]!.data, input.model.weights[key]!.data) > 0)
  return [...new Set(changed.map((key) => key.replace(/\/moving_.*/, '*').replace(/\/.*/, '')))]
}

beforeAll(() => useBackend('wasm'))
afterAll(() => expect(tf.memory().numTensors).toBe(0))

describe('trainModel', () => {
  it.each(['adamW', 'adam', 'sgd'] as const)('learns low, middle and high tones with %s, and keeps the best epoch', async (optimizer) => {
    const { history, model, bestEpoch } = await train({ epochs: 8, optimizer, schedule: 'constant', samplesPerEpoch: 48 })
    const losses = history.map(({ valLoss }) => valLoss!)
    expect(bestEpoch).toBe(losses.indexOf(Math.min(...losses)) + 1)
    expect(history[bestEpoch - 1]!.valAccuracy).toBeGreaterThan(0.9)
    expect(history.at(-1)!.accuracy).toBeGreaterThan(0.8)
    expect(model.architecture.classes).toBe(3)
  })

  it('has the losses on wasm that it has on cpu, but for rounding', async () => {
    const [wasm, cpu] = [await train(full), await train({ ...full, backend: 'cpu' })]
    expect(distance(wasm.history.map(({ loss }) => loss), cpu.history.map(({ loss }) => loss))).toBeLessThan(1e-4)
  })

  it('goes on from any checkpoint to the same bytes, and gives others for another seed', async () => {
    const checkpoints: Uint8Array[] = []
    const whole = await train(full, {}, { onCheckpoint: (bytes) => void checkpoints.push(bytes) })
    expect(checkpoints).toHaveLength(5)
    for (const bytes of checkpoints) {
      const later: Uint8Array[] = []
      const resumed = await train(full, {}, { resume: { bytes, name: 'checkpoint' }, onCheckpoint: (next) => void later.push(next) })
      expect(resumed).toEqual(whole)
      expect(later).toEqual(checkpoints.slice(checkpoints.length - later.length))
    }
    expect((await train({ ...full, seed: 1 })).model.weights).not.toEqual(whole.model.weights)
  })

  it('gives the same bytes for two threads as for one, also where one goes on with what two began', async () => {
    const checkpoints: Uint8Array[] = []
    const two = await train({ ...full, shards: 2, threads: 2 }, {}, { onCheckpoint: (bytes) => void checkpoints.push(bytes) })
    expect(await train({ ...full, shards: 2 })).toEqual(two)
    expect(await train({ ...full, shards: 2 }, {}, { resume: { bytes: checkpoints[2]!, name: 'checkpoint' } })).toEqual(two)
  })

  it('refuses a checkpoint of another run, and one that is cut off', async () => {
    let bytes = new Uint8Array()
    await train({}, {}, { onCheckpoint: (made) => void (bytes = made) })
    const resume = (from: Uint8Array, options: TrainModelOptionsInput = {}, change: Partial<TrainModelInput> = {}) => train(options, change, { resume: { bytes: from, name: 'x.ckpt' } })
    await expect(resume(bytes, { learningRate: 0.3 })).rejects.toThrow(code('MODEL_MISMATCH', /x.ckpt: .*learningRate is 0.02 there, 0.3 here/))
    await expect(resume(bytes, {}, { clips: toneClips(24, 'other') })).rejects.toThrow(code('MODEL_MISMATCH', /another run: clips/))
    await expect(resume(bytes, {}, { model: tinyClassifier({ seed: 2 }) })).rejects.toThrow(code('MODEL_MISMATCH', /initialWeights/))
    await expect(resume(bytes.slice(0, -1))).rejects.toThrow(code('MODEL_INVALID', /cut off/))
    await expect(resume(bytes.with(bytes.length - 3, 77))).rejects.toThrow(code('MODEL_INVALID'))
    await expect(resume(new Uint8Array(200))).rejects.toThrow(code('MODEL_INVALID', /not a checkpoint/))
  })

  it.each([
    ['all', 'train', ['conv1', 'bn1', 'bn1*', 'conv2', 'bn2', 'bn2*', 'head']],
    ['all', 'freeze', ['conv1', 'bn1', 'conv2', 'bn2', 'head']],
    ['conv2', 'train', ['conv2', 'bn2', 'bn2*', 'head']],
    ['head', 'train', ['head']],
  ] as const)('from %s on, batch normalization %s: moves %j', async (trainFrom, batchNorm, expected) => {
    expect(moved((await train({ trainFrom, batchNorm })).model.weights)).toEqual(expected)
  })

  it('probes with the head alone first, then trains all with a step size of its own for the backbone', async () => {
    const weights: string[][] = []
    const context = { onCheckpoint: () => undefined }
    for (const epochs of [0, 1]) weights.push(moved((await train({ probeEpochs: 1, epochs: 1, backboneRate: epochs, batchNorm: 'freeze', weightDecay: 0 }, {}, context)).model.weights))
    expect(weights).toEqual([['head'], ['conv1', 'bn1', 'conv2', 'bn2', 'head']])
  })

  it('stops after 2 epochs without a better validation loss', async () => {
    const { history, bestEpoch } = await train({ epochs: 30, learningRate: 0.5, stopPatience: 2, schedule: 'constant', keep: 'best' })
    expect(history.length).toBe(bestEpoch + 2)
    expect(history.length).toBeLessThan(30)
  })

  it('counts classes alike with balanced weights: a rare class weighs more', async () => {
    const rare = [...clips.filter(({ labels }) => labels[0] !== 2), clips.find(({ labels }) => labels[0] === 2)!]
    const bias = async (classWeights: 'none' | 'balanced') => (await train({ classWeights, trainFrom: 'head', epochs: 2 }, { clips: rare })).model.weights['head/bias']!.data[2]!
    expect(await bias('balanced')).toBeGreaterThan(await bias('none'))
  })

  it('trains sigmoids for several labels', async () => {
    const several = clips.map((clip, i) => ({ ...clip, labels: ([[0, 1], [2], []] as const)[i % 3]! }))
    const { history } = await train({ epochs: 6, labelSmoothing: 0.05, schedule: 'constant' }, { model: tinyClassifier({ activation: 'sigmoid' }), clips: several })
    expect(history.at(-1)!.loss).toBeLessThan(0.8 * history[0]!.loss)
    expect(history.at(-1)!.accuracy).toBeGreaterThan(0.7)
  })

  it('learns a teacher’s activations, without labels', async () => {
    const teacher = tinyClassifier({ seed: 'teacher' })
    const taps = [{ layer: 'relu1', weight: 1 }, { layer: 'bn2', weight: 0.5 }] // prettier-ignore
    const { history, model } = await train({ epochs: 8, samplesPerEpoch: 64, learningRate: 0.05 }, { classes: [], distill: { teacher, taps } })
    expect(history.at(-1)!.valLoss!).toBeLessThan(0.5 * history[0]!.valLoss!)
    expect(history[0]!.accuracy).toBeNull()
    expect(model.weights['head/kernel']).toEqual(input.model.weights['head/kernel'])
    const same = await train({ epochs: 1, learningRate: 1e-9, batchNorm: 'freeze' }, { model: teacher, classes: [], distill: { teacher, taps } })
    expect(same.history[0]!.valLoss).toBeLessThan(1e-9)
  })

  it('names the step of a loss that is not finite', async () => {
    const broken = clips.map(({ spectrograms: [first], labels }, i) => ({ labels, spectrograms: [i === 11 ? { ...first!, data: first!.data.map(() => NaN) } : first!] }))
    await expect(train({}, { clips: broken })).rejects.toThrow(code('TRAINING_FAILED', /step [123] \(epoch 1\): the loss is not finite/))
    await expect(train({ epochs: 9, optimizer: 'sgd', learningRate: 1e30 })).rejects.toThrow(code('TRAINING_FAILED', /step \d+ \(epoch \d\)/))
    expect(tf.memory().numTensors).toBe(0)
  })

  it('stops when cancelled, and reports each step', async () => {
    const abort = new AbortController()
    const done: number[] = []
    const context: TrainModelContext = {
      signal: abort.signal,
      onProgress(progress) {
        if (done.push(progress.done) === 4) abort.abort()
      },
    }
    await expect(train({ epochs: 3 }, {}, context)).rejects.toThrow(code('ABORTED'))
    expect(done).toEqual([1, 2, 3, 4])
  })

  it('refuses what does not fit together', async () => {
    const refused = async (change: Partial<TrainModelInput>, expected: string, message: RegExp, options: TrainModelOptionsInput = {}) =>
      expect(train(options, change)).rejects.toThrow(code(expected, message))
    await refused({ clips: [] }, 'SPLIT_INVALID', /no clips/)
    await refused({ clips: clips.filter(({ labels }) => labels[0] !== 1) }, 'SPLIT_INVALID', /class 'middle' has no clip/)
    await refused({ clips: [{ spectrograms: [noise([MELS, FRAMES - 1], 'x')], labels: [0] }] }, 'MODEL_MISMATCH', /clip 0: expected a spectrogram of 6 bands and at least 4 frames, got \[6, 3\]/)
    await refused({ clips: [{ ...clips[0]!, labels: [3] }] }, 'INVALID_INPUT', /class 3 of 3/)
    await refused({ clips: [{ ...clips[0]!, labels: [0, 1] }] }, 'INVALID_INPUT', /2 classes, one is needed/)
    await refused({ classes: ['a', 'b'] }, 'MODEL_MISMATCH', /3 outputs, expected one for each of 2 classes/)
    await refused({ validation: { patches: noise([2, MELS, 3], 'x'), labels: [[0], [1]] } }, 'MODEL_MISMATCH', /validation patches: expected \[n, 6, 4\]/)
    await refused({ validation: { patches: noise([2, MELS, FRAMES], 'x'), labels: [[0]] } }, 'INVALID_INPUT', /1 labels/)
    await refused({}, 'INVALID_OPTION', /trainFrom takes all, head, or a layer/, { trainFrom: 'conv9' })
    await refused({ distill: { teacher: tinyClassifier(), taps: [{ layer: 'relu9', weight: 1 }] } }, 'MODEL_MISMATCH', /no layer 'relu9'/)
    await refused({ distill: { teacher: tinyClassifier(), taps: [{ layer: 'pool', teacher: 'relu1', weight: 1 }] } }, 'MODEL_MISMATCH', /layer 'pool' gives \[3, 2, 2\], expected \[6, 4, 2\]/)
    const { network, weights } = tinyClassifier()
    await refused({ model: { network: { ...network, output: 'flatten' }, weights } }, 'MODEL_MISMATCH', /expected a classifier/)
    await refused({ model: { network, weights: { ...weights, 'conv1/kernel': noise([3, 3, 1, 5], 'x') } } }, 'MODEL_MISMATCH', /layer 'conv1', kernel: expected shape \[3, 3, 1, 2\], got \[3, 3, 1, 5\]/)
  })
})

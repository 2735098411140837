import { describe, expect, it } from '@jest/globals'
import { createRandom, type Tensor } from '@aed/core'
import { distance, goldenJson, noise } from '../test/support.ts'
import { denseScores } from './dense-head.ts'
import { SoftmaxRegression } from './softmax-regression.ts'
import { trainDenseHead, type TrainDenseHeadInput } from './train-dense-head.ts'

const code = (code: string) => expect.objectContaining({ code })
const range = (from: number, to: number) => Int32Array.from({ length: to - from }, (_, i) => from + i)

/** Gaussian clouds, one a class, `spread` wide around centres that are ones on a feature of their own. */
function clouds(n: number, classes: number, features: number, spread: number): { embeddings: Tensor<'float32'>; labels: Int32Array } {
  const { data, ...embeddings } = noise([n, features], 'clouds')
  const labels = Int32Array.from({ length: n }, (_, i) => i % classes)
  return { embeddings: { ...embeddings, data: data.map((value, i) => value * spread + (i % features === labels[Math.floor(i / features)] ? 1 : 0)) }, labels }
}

describe('trainDenseHead', () => {
  it('reaches the minimum that scikit-learn’s LogisticRegression finds, within 2e-3', () => {
    const golden = goldenJson('softmax.json') as { l2: number; shape: number[]; embeddings: number[]; labels: number[]; weights: number[]; probabilities: number[] }
    const embeddings: Tensor<'float32'> = { dtype: 'float32', shape: golden.shape, data: Float32Array.from(golden.embeddings) }
    const n = golden.labels.length
    const input = { embeddings, labels: Int32Array.from(golden.labels), train: range(0, n), validation: new Int32Array() }
    const { head } = trainDenseHead(input, { epochs: 2000, batchSize: n, learningRate: 0.01, l2: golden.l2 })
    expect(distance(head.weights, golden.weights)).toBeLessThan(2e-3)
    expect(distance(denseScores(head, embeddings).data, golden.probabilities)).toBeLessThan(2e-3)
  })

  it('learns clouds: validation falls, the best epoch is that of the least validation loss', () => {
    const { embeddings, labels } = clouds(240, 4, 20, 0.3)
    const { head, history, bestEpoch } = trainDenseHead({ embeddings, labels, train: range(0, 200), validation: range(200, 240) }, { epochs: 30, learningRate: 0.01 })
    const losses = history.map(({ valLoss }) => valLoss!)
    expect(bestEpoch).toBe(losses.indexOf(Math.min(...losses)) + 1)
    expect(history[0]!.valLoss).toBeGreaterThan(2 * history[bestEpoch - 1]!.valLoss!)
    expect(history[bestEpoch - 1]!.valAccuracy).toBeGreaterThan(0.9)
    expect(head).toMatchObject({ classes: 4, features: 20 })
  })

  it('keeps the best weights without refit: their validation loss is the one in the history', () => {
    const { embeddings, labels } = clouds(120, 3, 40, 1)
    const validation = range(80, 120)
    const { head, history, bestEpoch } = trainDenseHead({ embeddings, labels, train: range(0, 80), validation }, { epochs: 60, learningRate: 0.02, refit: false })
    expect(bestEpoch).toBeLessThan(history.length)
    const p = denseScores(head, { dtype: 'float32', shape: [40, 40], data: embeddings.data.slice(80 * 40) }).data
    const loss = validation.reduce((sum, row, i) => sum - Math.log(p[i * 3 + labels[row]!]!), 0) / 40
    expect(loss).toBeCloseTo(history[bestEpoch - 1]!.valLoss!, 5)
  })

  it('shrinks the step size on a plateau and stops: patience 2 and 5', () => {
    const { embeddings, labels } = clouds(60, 3, 40, 2)
    const { history, bestEpoch } = trainDenseHead({ embeddings, labels, train: range(0, 40), validation: range(40, 60) }, { epochs: 200, learningRate: 0.05, plateauPatience: 2, stopPatience: 5, refit: false })
    expect(history).toHaveLength(bestEpoch + 5)
    expect(history.at(-1)!.learningRate).toBeCloseTo(0.05 / 4 / 2 ** history.slice(0, bestEpoch).filter(({ learningRate }, i) => i > 0 && learningRate < history[i - 1]!.learningRate).length, 10)
  })

  it('trains on other draws in turn', () => {
    const { embeddings, labels } = clouds(40, 2, 6, 0.3)
    const input = { embeddings, labels, train: range(0, 40), validation: new Int32Array() }
    const other = { ...embeddings, data: embeddings.data.map((value) => -value) }
    const plain = trainDenseHead(input, { epochs: 2 })
    const drawn = trainDenseHead({ ...input, augmented: [other] }, { epochs: 2 })
    expect(drawn.history[0]).toEqual(plain.history[0])
    expect(drawn.history[1]).not.toEqual(plain.history[1])
  })

  it('gives the same bytes for the same seed, others for another; a class without examples keeps its row', () => {
    const { embeddings, labels } = clouds(50, 3, 11, 0.5)
    const input: TrainDenseHeadInput = { embeddings, labels, train: range(0, 37), validation: range(37, 50), classes: 4 }
    const run = (seed: number | string) => trainDenseHead(input, { epochs: 3, seed })
    expect(run('a')).toEqual(run('a'))
    expect(run('a').head.weights).not.toEqual(run('b').head.weights)
    expect(run('a').head.bias).toHaveLength(4)
  })

  it('stops when cancelled, reports each epoch, and names the epoch of a loss that is not finite', () => {
    const { embeddings, labels } = clouds(20, 2, 4, 0.3)
    const input = { embeddings, labels, train: range(0, 20), validation: new Int32Array() }
    expect(() => trainDenseHead(input, {}, { signal: AbortSignal.abort() })).toThrow(code('ABORTED'))
    const done: number[] = []
    trainDenseHead(input, { epochs: 3 }, { onProgress: (progress) => done.push(progress.done) })
    expect(done).toEqual([1, 2, 3])
    const broken = { ...embeddings, data: embeddings.data.with(5, NaN) }
    expect(() => trainDenseHead({ ...input, embeddings: broken }, {})).toThrow(code('TRAINING_FAILED'))
    expect(() => trainDenseHead({ ...input, embeddings: broken, train: range(8, 20), validation: range(0, 8) }, {})).toThrow(code('TRAINING_FAILED'))
  })

  it('refuses arrays that do not fit together', () => {
    const { embeddings, labels } = clouds(10, 2, 4, 0.3)
    const input = { embeddings, labels, train: range(0, 8), validation: range(8, 10) }
    const refused = (change: Partial<TrainDenseHeadInput>, expected: string) => expect(() => trainDenseHead({ ...input, ...change })).toThrow(code(expected))
    refused({ train: new Int32Array() }, 'SPLIT_INVALID')
    refused({ labels: labels.slice(1) }, 'INVALID_INPUT')
    refused({ labels: labels.map(() => -1) }, 'INVALID_INPUT')
    refused({ classes: 1 }, 'INVALID_INPUT')
    refused({ validation: range(8, 11) }, 'INVALID_INPUT')
    refused({ embeddings: { ...embeddings, shape: [10, 5] } }, 'INVALID_INPUT')
    refused({ augmented: [noise([10, 5], 'x')] }, 'INVALID_INPUT')
    expect(() => trainDenseHead(input, { epochs: 0 })).toThrow(code('INVALID_OPTION'))
  })
})

describe('SoftmaxRegression', () => {
  it('moves every weight by the step size against the sign of its gradient in the first step, as Adam does', () => {
    const regression = new SoftmaxRegression(2, 3, 4, createRandom(1))
    const before = regression.weights.slice()
    regression.logits(Float32Array.of(1, -2, 3, 9, 9, 9), Int32Array.of(0), 0, 1)
    expect(regression.values[0]).toBeCloseTo(before[0]! - 2 * before[1]! + 3 * before[2]!, 6)
    regression.values.set([0.5, -0.5])
    regression.step(1, 0.25, 0)
    const moved = Array.from(regression.weights, (weight, i) => weight - before[i]!)
    expect(distance(moved, [-0.25, 0.25, -0.25, 0.25, -0.25, 0.25])).toBeLessThan(1e-5)
    expect(distance(regression.bias, [-0.25, 0.25])).toBeLessThan(1e-5)
  })
})

import { describe, expect, it } from '@jest/globals'
import { createRandom } from '@aed/core'
import { distance, goldenNetwork, narrowNetwork, noise, relativeError } from '../../test/support.ts'
import type { GradientBatch, GradientEngine, GradientOptions } from '../gradient-engine.ts'
import type { KerasModel } from '../keras/model.ts'
import type { KerasLayer, KerasNetwork } from '../keras/network.ts'
import { initialWeights } from '../miniresnetv2.ts'
import type { MiniResNetV2Input } from '../miniresnetv2-network.ts'
import { createTfjsGradients } from '../training/tfjs-gradients.ts'
import { createWasmGradients } from './wasm-gradients.ts'

const code = (code: string) => expect.objectContaining({ code })

/** Weights as training leaves them: nothing is zero, no two channels are equal. */
function shaken(model: Pick<KerasModel, 'network' | 'weights'>, seed: string): Pick<KerasModel, 'network' | 'weights'> {
  const random = createRandom(seed)
  const weights = Object.fromEntries(
    Object.entries(model.weights).map(([key, { shape, data }]) => [
      key,
      { dtype: 'float32' as const, shape, data: data.map((value) => (key.endsWith('moving_variance') ? random.between(0.5, 2) : value + 0.1 * random.normal())) },
    ]),
  )
  return { network: model.network, weights }
}

function batchFor({ layers }: KerasNetwork, count: number, targetSize: number, seed = 'batch'): GradientBatch {
  const shape = layers.find((layer) => layer.type === 'InputLayer')!.shape
  const random = createRandom(seed)
  const targets = Float32Array.from({ length: count * targetSize }, () => random.uniform())
  for (let i = 0; i < count; i++) {
    const row = targets.subarray(i * targetSize, (i + 1) * targetSize)
    const sum = row.reduce((a, b) => a + b)
    row.forEach((value, j) => (row[j] = value / sum))
  }
  return { count, x: noise([count, ...shape], seed).data, targets, weights: Float32Array.from({ length: count }, () => random.between(0.5, 2)), seed: 7 }
}

function narrow(options: MiniResNetV2Input, part = 8): Pick<KerasModel, 'network' | 'weights'> {
  const network = narrowNetwork(options, part)
  return shaken({ network, weights: initialWeights(network, 4) }, 'shake')
}
const residual = narrow({ inputShape: [16, 13, 1], classes: 3, dropout: 0.3 })
const pooled = narrow({ inputShape: [17, 14, 1], classes: 4, pooling: 'avg', multiLabel: true })
const maxPooled = narrow({ inputShape: [16, 13, 1], classes: 2, pooling: 'max' })

/** A network of the layers that MiniResNetV2 does not have. */
const other = (() => {
  const conv = { type: 'Conv2D', kernelSize: [3, 2], strides: [1, 1], padding: 'same', dilations: [1, 1], useBias: true, activation: 'relu' } as const
  const layers: KerasLayer[] = [
    { type: 'InputLayer', name: 'input', inputs: [], shape: [9, 7, 2] },
    { ...conv, name: 'a', inputs: ['input'], filters: 6 },
    { ...conv, name: 'b', inputs: ['a'], filters: 6, strides: [2, 2] },
    { type: 'AveragePooling2D', name: 'average', inputs: ['a'], poolSize: [3, 3], strides: [2, 2], padding: 'same' },
    { type: 'Add', name: 'sum', inputs: ['b', 'average'] },
    { type: 'ZeroPadding2D', name: 'pad', inputs: ['sum'], padding: [[1, 0], [0, 2]] },
    { type: 'MaxPooling2D', name: 'pool', inputs: ['pad'], poolSize: [3, 2], strides: [1, 1], padding: 'same' },
    { ...conv, name: 'c', inputs: ['pool'], filters: 5, padding: 'valid', dilations: [2, 1] },
    { type: 'ReLU', name: 'relu', inputs: ['c'] },
    { type: 'Flatten', name: 'flat', inputs: ['relu'] },
    { type: 'Dense', name: 'hidden', inputs: ['flat'], units: 7, useBias: false, activation: 'relu' },
    { type: 'Dense', name: 'head', inputs: ['hidden'], units: 3, useBias: true, activation: 'linear' },
    { type: 'Activation', name: 'scores', inputs: ['head'], activation: 'softmax' },
  ]
  const network: KerasNetwork = { name: 'other', layers, output: 'scores' }
  return shaken({ network, weights: initialWeights(network, 3) }, 'shake')
})()

/** Of a weight's gradient by its largest value: float32 sums in another order, through batch statistics of few values. */
const TOLERANCE = 1e-4

/** Runs a step on both engines and compares all that they found. */
async function compare(model: Pick<KerasModel, 'network' | 'weights'>, targetSize: number, options: Partial<GradientOptions> = {}): Promise<void> {
  const all = { batchSize: 5, shards: 1, ...options }
  const engines: GradientEngine[] = [await createWasmGradients(model, all), await createTfjsGradients(model, { ...all, backend: 'cpu' })]
  const [ours, theirs] = engines as [GradientEngine, GradientEngine]
  const batch = batchFor(model.network, 4, targetSize)
  const [found, expected] = [await ours.step(batch), await theirs.step(batch)]
  expect(found.loss).toBeCloseTo(expected.loss, 5)
  if (expected.scores.length > 0) expect(relativeError(found.scores, expected.scores)).toBeLessThan(1e-5)
  expect(ours.parameters).toEqual(theirs.parameters)
  expect(ours.statistics).toEqual(theirs.statistics)
  // Of some weights the gradient is zero but for rounding: a bias that the next batch normalization takes away again.
  const least = 1e-2 * theirs.gradient.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)
  for (const { offset, length } of ours.parameters)
    expect(relativeError(ours.gradient.subarray(offset, offset + length), theirs.gradient.subarray(offset, offset + length), least)).toBeLessThan(TOLERANCE)
  if (ours.statistics.length > 0) {
    expect(relativeError(ours.batchMean, theirs.batchMean)).toBeLessThan(1e-5)
    expect(relativeError(ours.batchVariance, theirs.batchVariance)).toBeLessThan(1e-5)
  }
  for (const engine of engines) await engine.close()
}


/** Of finite differences: small, so that few ReLU switch and few maxima change within it. */
const STEP = 2e-4

describe('createWasmGradients', () => {
  it('equals tfjs on the cpu backend: MiniResNetV2 with dropout, batch statistics', () => compare(residual, 3))
  it('the same with moving statistics', () => compare(residual, 3, { frozenStatistics: true }))
  it('the same from a layer on, a batch normalization frozen', () =>
    compare(residual, 3, { trainable: (key) => /^(conv2_block2_2|post|head)/.test(key), frozenStatistics: (layer) => layer === 'conv2_block2_1_bn' }))
  it('the same with average pooling, bias and sigmoid', () => compare(pooled, 4))
  it('the same with channels enough for Winograd’s convolution', () => compare(narrow({ inputShape: [12, 9, 1], classes: 2 }, 4), 2))
  it('the same with maximum pooling', () => compare(maxPooled, 2))
  it('the same on the outputs of layers', () => compare(residual, 4 * 4 * 8 + 2 * 2 * 8, { taps: [{ layer: 'conv2_block2_preact_relu', weight: 0.5 }, { layer: 'flatten', weight: 2 }] })) // prettier-ignore

  it.each(['batch', 'moving'] as const)('equals TensorFlow with %s statistics: loss within 1e-6, scores 1e-6, gradients 5e-5', async (mode) => {
    const golden = goldenNetwork()
    const engine = await createWasmGradients(golden.model, { batchSize: golden.count, shards: 1, frozenStatistics: mode === 'moving' })
    const { count } = golden
    const [x, targets, shares] = [golden.x, golden.targets, golden.shares].map((values) => Float32Array.from(values)) as [Float32Array, Float32Array, Float32Array]
    const { loss, scores } = await engine.step({ count, x, targets, weights: shares, seed: 0 })
    const expected = golden[mode]
    expect(Math.abs(loss - expected.loss)).toBeLessThan(1e-6)
    expect(distance(scores, expected.scores)).toBeLessThan(1e-6)
    expect(engine.parameters.map(({ key }) => key).toSorted()).toEqual(Object.keys(expected.gradients).toSorted())
    const largest = Object.values(expected.gradients).flat().reduce((most, value) => Math.max(most, Math.abs(value)), 0) // prettier-ignore
    for (const { key, offset, length } of engine.parameters) expect(relativeError(engine.gradient.subarray(offset, offset + length), expected.gradients[key]!, 0.01 * largest)).toBeLessThan(5e-5)
  })

  it.each([
    ['MiniResNetV2', residual, {}],
    ['MiniResNetV2 with moving statistics', residual, { frozenStatistics: true }],
    ['every other layer that Keras models have here', other, {}],
  ] as const)('equals finite differences within 2 %%: %s', async (_, model, options) => {
    const engine = await createWasmGradients(model, { batchSize: 4, shards: 1, ...options })
    const batch = batchFor(model.network, 4, 3)
    await engine.step(batch)
    const gradient = engine.gradient.slice()
    const start = engine.values.slice()
    const random = createRandom('direction')
    const largest = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0))
    for (const { offset, length } of engine.parameters) {
      const direction = Array.from({ length }, () => random.normal() / Math.sqrt(length))
      const slope = direction.reduce((sum, d, i) => sum + d * gradient[offset + i]!, 0)
      const losses: number[] = []
      for (const step of [STEP, -STEP]) {
        engine.values.set(start)
        direction.forEach((d, i) => (engine.values[offset + i]! += step * d))
        losses.push((await engine.step(batch)).loss)
      }
      engine.values.set(start)
      expect(Math.abs((losses[0]! - losses[1]!) / (2 * STEP) - slope)).toBeLessThan(0.02 * Math.max(Math.abs(slope), 0.01 * largest))
    }
    await engine.close()
  })

  it('gives the same bytes on one thread and on two, and for a batch that does not fill its shards', async () => {
    const [one, two] = [await createWasmGradients(residual, { batchSize: 7, threads: 1 }), await createWasmGradients(residual, { batchSize: 7, threads: 2 })]
    for (const count of [7, 1, 4]) {
      const batch = batchFor(residual.network, count, 3)
      expect(await two.step(batch)).toEqual(await one.step(batch))
      for (const array of ['gradient', 'batchMean', 'batchVariance'] as const) expect(two[array]).toEqual(one[array])
    }
    await one.close()
    await two.close()
  })

  it('adds shards up: with moving statistics the gradient is that of the whole batch', async () => {
    const options = { batchSize: 6, frozenStatistics: true }
    const [whole, cut] = [await createWasmGradients(residual, { ...options, shards: 1 }), await createWasmGradients(residual, { ...options, shards: 3 })]
    const batch = batchFor(residual.network, 6, 3)
    const [expected, found] = [await whole.step(batch), await cut.step(batch)]
    expect(found.loss).toBeCloseTo(expected.loss, 10)
    expect(found.scores).toEqual(expected.scores)
    expect(relativeError(cut.gradient, whole.gradient)).toBeLessThan(1e-5)
  })

  it('gives batch statistics of the whole batch from those of its shards', async () => {
    // Only the first batch normalization: what the later ones see depends on the shards.
    const model = { ...residual, network: { ...residual.network } }
    const options = { batchSize: 5, frozenStatistics: (layer: string) => layer !== 'conv2_block1_preact_bn' }
    const [whole, cut] = [await createWasmGradients(model, { ...options, shards: 1 }), await createWasmGradients(model, { ...options, shards: 2 })]
    const batch = batchFor(model.network, 5, 3)
    await whole.step(batch)
    await cut.step(batch)
    expect(cut.statistics).toEqual([{ layer: 'conv2_block1_preact_bn', momentum: 0.99, offset: 0, length: 8 }])
    expect(relativeError(cut.batchMean, whole.batchMean)).toBeLessThan(1e-6)
    expect(relativeError(cut.batchVariance, whole.batchVariance)).toBeLessThan(1e-6)
  })

  it('gives weights with what was made of them, and copies', async () => {
    const engine = await createWasmGradients(residual, { batchSize: 1, trainable: (key) => key === 'head/bias', frozenStatistics: (layer) => layer !== 'post_bn' })
    engine.values.set([1, 2, 3])
    engine.movingMean.fill(4)
    const weights = engine.weights()
    expect(weights).toEqual({
      ...residual.weights,
      'head/bias': { dtype: 'float32', shape: [3], data: Float32Array.of(1, 2, 3) },
      'post_bn/moving_mean': { dtype: 'float32', shape: [8], data: new Float32Array(8).fill(4) },
    })
    engine.values.fill(0)
    expect(weights['head/bias']!.data).toEqual(Float32Array.of(1, 2, 3))
  })

  it('refuses what it cannot train, and calls out of turn', async () => {
    const backbone = narrow({ inputShape: [16, 13, 1] })
    await expect(createWasmGradients(backbone, { batchSize: 1 })).rejects.toThrow(code('MODEL_MISMATCH'))
    await expect(createWasmGradients(residual, { batchSize: 1, taps: [{ layer: 'none', weight: 1 }] })).rejects.toThrow(code('MODEL_MISMATCH'))
    await expect(createWasmGradients({ ...residual, weights: {} }, { batchSize: 1 })).rejects.toThrow(code('MODEL_MISMATCH'))
    await expect(createWasmGradients(residual, { batchSize: 4, shards: 2, threads: 3 })).rejects.toThrow(code('INVALID_OPTION'))
    await expect(createWasmGradients(residual, { batchSize: 0 })).rejects.toThrow(code('INVALID_OPTION'))
    const inside = { ...residual.network, layers: residual.network.layers.map((layer) => (layer.name === 'post_relu' ? { ...layer, activation: 'sigmoid' } : layer)) as KerasLayer[] }
    await expect(createWasmGradients({ ...residual, network: inside }, { batchSize: 1 })).rejects.toThrow(code('MODEL_UNSUPPORTED'))
    const engine = await createWasmGradients(residual, { batchSize: 2 })
    const batch = batchFor(residual.network, 2, 3)
    await expect(engine.step({ ...batch, targets: new Float32Array(5) })).rejects.toThrow(code('INVALID_INPUT'))
    await expect(engine.step({ ...batch, count: 3 })).rejects.toThrow(code('INVALID_INPUT'))
    await engine.step(batch)
    await engine.close()
    await expect(engine.step(batch)).rejects.toThrow(code('INVALID_STATE'))
  })
})

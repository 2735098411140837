import * as tf from '@tensorflow/tfjs'
import { afterAll, describe, expect, it } from '@jest/globals'
import { CLASSES, FRAMES, MELS, tinyClassifier } from '../../test/tiny-classifier.ts'
import { noise } from '../../test/support.ts'
import type { GradientBatch, GradientEngine, GradientOptions } from '../gradient-engine.ts'
import { createTfjsGradients } from './tfjs-gradients.ts'

const COUNT = 5
const batch = {
  count: COUNT,
  x: noise([COUNT, MELS, FRAMES], 'x').data,
  targets: Float32Array.from({ length: COUNT * CLASSES.length }, (_, i) => [0.8, 0.15, 0.05, 0, 1, 0][i % 6]!),
  weights: Float32Array.of(1, 2, 0.5, 1, 1),
  seed: 'mask',
}

afterAll(() => expect(tf.memory().numTensors).toBe(0))

/** As small as the rounding of float32 losses allows: a larger step meets more corners of ReLU and max pooling. */
const STEP = 0.003

/** Largest distance between an engine's gradient and central differences of its loss, in parts of the largest gradient. */
async function error(engine: GradientEngine, step: GradientBatch): Promise<number> {
  await engine.step(step)
  const gradient = engine.gradient.slice()
  const scale = gradient.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)
  let largest = 0
  for (let i = 0; i < gradient.length; i += 3) {
    const value = engine.values[i]!
    const loss = async (shift: number) => {
      engine.values[i] = value + shift
      return (await engine.step(step)).loss
    }
    const difference = (await loss(STEP)) - (await loss(-STEP))
    engine.values[i] = value
    largest = Math.max(largest, Math.abs(difference / (2 * STEP) - gradient[i]!) / scale)
  }
  return largest
}

describe('createTfjsGradients', () => {
  it.each([
    ['softmax', 'wasm', {}],
    ['softmax', 'wasm', { frozenStatistics: true }],
    ['sigmoid', 'wasm', {}],
    ['softmax', 'cpu', {}],
    ['softmax', 'wasm', { taps: [{ layer: 'bn2', weight: 0.7 }] }],
  ] as const)('%s on %s with %j: the gradient is that of finite differences within 1 %', async (activation, backend, options: Partial<GradientOptions>) => {
    const engine = await createTfjsGradients(tinyClassifier({ activation, seed: 5 }), { batchSize: COUNT, backend, ...options })
    const targets = options.taps ? noise([COUNT, 12], 'taps').data : batch.targets
    expect(await error(engine, { ...batch, targets })).toBeLessThan(0.01)
    await engine.close()
    await expect(engine.step(batch)).rejects.toThrow(expect.objectContaining({ code: 'INVALID_STATE' }))
  })

  it('reports mean and biased variance of the batch at each batch normalization', async () => {
    const model = tinyClassifier()
    const engine = await createTfjsGradients(model, { batchSize: COUNT, backend: 'wasm' })
    await engine.step(batch)
    const kernel = model.weights['conv1/kernel']!.data
    // First filter at every place of every patch, by hand.
    const outputs: number[] = []
    for (let n = 0; n < COUNT; n++)
      for (let m = 0; m < MELS; m++)
        for (let t = 0; t < FRAMES; t++) {
          let sum = 0
          for (let i = 0; i < 9; i++) {
            const [row, column] = [m + Math.floor(i / 3) - 1, t + (i % 3) - 1]
            if (row >= 0 && row < MELS && column >= 0 && column < FRAMES) sum += batch.x[(n * MELS + row) * FRAMES + column]! * kernel[i * 2]!
          }
          outputs.push(sum)
        }
    const mean = outputs.reduce((sum, value) => sum + value, 0) / outputs.length
    expect(engine.statistics[0]).toEqual({ layer: 'bn1', momentum: 0.9, offset: 0, length: 2 })
    expect(engine.batchMean[0]).toBeCloseTo(mean, 5)
    expect(engine.batchVariance[0]).toBeCloseTo(outputs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / outputs.length, 4)
    await engine.close()
  })

  it('refuses more than one shard, and arrays that do not fit', async () => {
    await expect(createTfjsGradients(tinyClassifier(), { batchSize: COUNT, backend: 'wasm', shards: 2 })).rejects.toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    const engine = await createTfjsGradients(tinyClassifier(), { batchSize: 2, backend: 'wasm' })
    await expect(engine.step(batch)).rejects.toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
    await engine.close()
  })
})

import * as tf from '@tensorflow/tfjs'
import { afterAll, describe, expect, it } from '@jest/globals'
import { createFloatExecutor } from '@aed/quantize-int8'
import { distance, golden, goldenJson, noise } from '../../test/support.ts'
import { readKerasH5 } from '../keras/h5.ts'
import { createMiniResNetV2 } from '../miniresnetv2.ts'
import { useBackend } from './backend.ts'
import { buildLayersModel, loadWeights, miniResNetV2 } from './layers-model.ts'
import { embed, embedGraph, predict } from './predict.ts'

const code = (code: string) => expect.objectContaining({ code })
const options = { inputShape: [16, 13, 1], seed: 6 }
const patches = noise([5, 16, 13], 'patches')

afterAll(() => expect(tf.memory().numTensors).toBe(0))

describe('embed', () => {
  it('equals the float executor of the graph within 1e-5, for any batch size', async () => {
    await useBackend('wasm')
    const model = miniResNetV2(options)
    const expected = createFloatExecutor(createMiniResNetV2(options).graph).run(patches).data
    for (const batchSize of [1, 2, 64]) {
      const found = await embed(model, patches, { batchSize })
      expect(found.shape).toEqual([5, 2 * 2 * 64])
      expect(distance(found.data, expected)).toBeLessThan(1e-5)
    }
    model.dispose()
  })

  it('leaves no tensor behind, reports progress, and stops when cancelled', async () => {
    await useBackend('wasm')
    const model = miniResNetV2(options)
    const before = tf.memory().numTensors
    const done: number[] = []
    await embed(model, patches, { batchSize: 2, onProgress: (progress) => done.push(progress.done) })
    expect(done).toEqual([2, 4, 5])
    const abort = new AbortController()
    await expect(embed(model, patches, { batchSize: 2, signal: abort.signal, onProgress: () => abort.abort() })).rejects.toThrow(code('ABORTED'))
    expect(tf.memory().numTensors).toBe(before)
    model.dispose()
  })

  it('refuses patches of another shape and takes none at all', async () => {
    const model = createMiniResNetV2(options)
    await expect(predict(model, noise([2, 16, 12], 'x'))).rejects.toThrow(code('MODEL_MISMATCH'))
    await expect(predict(model, patches, { batchSize: 0 })).rejects.toThrow(code('INVALID_OPTION'))
    expect(await embedGraph(model.graph, noise([0, 16, 13], 'x'))).toEqual({ dtype: 'float32', shape: [0, 256], data: new Float32Array() })
  })
})

describe('predict', () => {
  it.each(['wasm', 'cpu'] as const)('runs every supported layer on %s: scores equal numpy’s within 1e-5', async (backend) => {
    const { shape, patches, scores } = goldenJson('tiny.json') as Record<'shape' | 'patches' | 'scores', number[]>
    const tiny = readKerasH5(golden('tiny.h5'), 'tiny.h5')
    const input = { dtype: 'float32', shape, data: Float32Array.from(patches) } as const
    expect(distance((await predict(tiny, input, { backend })).data, scores)).toBeLessThan(1e-5)
    expect(distance((await embedGraph(tiny.graph, input, { backend })).data, scores)).toBeLessThan(1e-5)
  })
})

describe('miniResNetV2', () => {
  it.each([
    [{ stacks: 1, classes: 10 }, 126410],
    [{ stacks: 2, classes: 10 }, 440906],
    [{ stacks: 1, classes: 10, pooling: 'avg' }, 91338],
    [{ stacks: 2, classes: 10, pooling: 'avg' }, 422090],
  ] as const)('%j has %i parameters in tfjs', async (network, parameters) => {
    await useBackend('cpu')
    const model = miniResNetV2(network)
    expect(model.countParams()).toBe(parameters)
    model.dispose()
  })

  it('has dropout before the head and a sigmoid for several labels', async () => {
    await useBackend('cpu')
    const model = miniResNetV2({ ...options, classes: 3, dropout: 0.3, multiLabel: true })
    expect(model.layers.slice(-3).map((layer) => [layer.name, layer.getConfig()['rate'] ?? layer.getConfig()['activation'] ?? null])).toEqual([
      ['flatten', null],
      ['dropout', 0.3],
      ['head', 'sigmoid'],
    ])
    model.dispose()
  })
})

describe('loadWeights', () => {
  it('takes the layers in common, and names one of another shape', async () => {
    await useBackend('cpu')
    const source = createMiniResNetV2({ ...options, seed: 'other' })
    const classifier = miniResNetV2({ ...options, classes: 3 })
    loadWeights(classifier, source)
    expect(classifier.getLayer('conv1_conv').getWeights()[0]!.dataSync()).toEqual(source.weights['conv1_conv/kernel']!.data)
    const pooled = createMiniResNetV2({ ...options, pooling: 'avg' })
    const kernel = { ...source.weights['conv1_conv/kernel']!, shape: [7, 7, 2, 32] }
    expect(() => loadWeights(classifier, { network: source.network, weights: { ...source.weights, 'conv1_conv/kernel': kernel } })).toThrow(
      expect.objectContaining({ code: 'MODEL_MISMATCH', message: "miniresnetv2_1_stacks: layer 'conv1_conv', kernel: expected shape [7, 7, 1, 64], got [7, 7, 2, 32]" }),
    )
    const wide = buildLayersModel(pooled)
    expect(() => loadWeights(wide, source)).toThrow(code('MODEL_MISMATCH'))
    expect(() => loadWeights(wide, { network: source.network, weights: {} })).toThrow(code('MODEL_MISMATCH'))
    classifier.dispose()
    wide.dispose()
  })
})

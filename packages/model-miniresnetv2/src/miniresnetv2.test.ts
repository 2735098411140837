import { describe, expect, it } from '@jest/globals'
import { countMacs, tensorOf } from '@aed/core'
import { describeArchitecture, requireArchitecture } from './architecture.ts'
import { countParameters, kerasOfGraph } from './keras/from-graph.ts'
import { kerasGraph } from './keras/graph.ts'
import { createMiniResNetV2, miniResNetV2Graph } from './miniresnetv2.ts'

describe('miniResNetV2Graph', () => {
  it.each([
    [1, 'none', 126410, 3584],
    [2, 'none', 440906, 2048],
    [1, 'avg', 91338, 64],
    [2, 'avg', 422090, 128],
    [1, 'max', 91338, 64],
  ] as const)('%i stacks, pooling %s, 10 classes: %i parameters on an embedding of %i', (stacks, pooling, parameters, features) => {
    const { graph, architecture } = createMiniResNetV2({ stacks, pooling, classes: 10 })
    expect(countParameters(graph)).toBe(parameters)
    expect(architecture).toMatchObject({ kind: 'miniresnetv2', stacks, pooling, classes: 10, features, parameters })
  })

  it('has 14,832,640 multiply-accumulates for 1 stack with head, 2,508,800 of them in the stem', () => {
    const macs = countMacs(miniResNetV2Graph({ stacks: 1, classes: 10 }))
    expect(macs['conv1_conv']).toBe(2508800)
    expect(Object.values(macs).reduce((sum, count) => sum + count)).toBe(14832640)
  })

  it('names nodes after Keras’s layers, with batch normalization as mul and add', () => {
    const names = miniResNetV2Graph({ classes: 4, multiLabel: true }).nodes.map(({ name }) => name)
    expect(names.slice(0, 7)).toEqual(['conv1_pad', 'conv1_conv', 'pool1_pad', 'pool1_pool', 'conv2_block1_preact_bn/mul', 'conv2_block1_preact_bn/add', 'conv2_block1_preact_relu'])
    expect(names.slice(-4)).toEqual(['post_relu', 'flatten', 'head', 'head/logistic'])
  })

  it('halves the area and doubles the filters with each stack, for other inputs too', () => {
    const graph = miniResNetV2Graph({ stacks: 3, inputShape: [96, 80, 1] })
    expect(tensorOf(graph, 'conv2_block2_out').shape).toEqual([1, 12, 10, 64])
    expect(tensorOf(graph, 'conv4_block2_out').shape).toEqual([1, 3, 3, 256])
  })

  it('has biases in the 3 × 3 convolutions only with pooling, unless told', () => {
    const biased = (options: Parameters<typeof miniResNetV2Graph>[0]) => 'conv2_block1_2_conv/bias' in miniResNetV2Graph(options).tensors
    expect([biased({}), biased({ pooling: 'avg' }), biased({ conv2Bias: true }), biased({ pooling: 'avg', conv2Bias: false })]).toEqual([false, true, true, false])
  })

  it('draws Glorot’s uniform values: within ±sqrt(6 / (fan in + fan out)), variance a third of its square; the seed decides', () => {
    const kernel = (seed: number) => tensorOf(miniResNetV2Graph({ seed }), 'conv2_block1_2_conv/kernel').data as Float32Array
    const limit = Math.sqrt(6 / (9 * 128))
    const values = kernel(1)
    expect(Math.max(...values)).toBeLessThanOrEqual(limit)
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-limit)
    expect(values.reduce((sum, value) => sum + value * value, 0) / values.length / (limit * limit)).toBeCloseTo(1 / 3, 2)
    expect(kernel(1)).toEqual(values)
    expect(kernel(2)).not.toEqual(values)
  })

  it('refuses options out of range and inputs too small', () => {
    const code = (code: string) => expect.objectContaining({ code })
    expect(() => miniResNetV2Graph({ stacks: 5 })).toThrow(code('INVALID_OPTION'))
    expect(() => miniResNetV2Graph({ inputShape: [64, 50] })).toThrow(code('INVALID_OPTION'))
    expect(() => miniResNetV2Graph({ layers: 5 } as object)).toThrow(code('INVALID_OPTION'))
    expect(() => miniResNetV2Graph({ inputShape: [1, 1, 1], pooling: 'avg' })).not.toThrow()
    expect(() => miniResNetV2Graph({ inputShape: [0, 8, 1] })).toThrow(code('INVALID_OPTION'))
  })
})

describe('kerasOfGraph', () => {
  it.each(['none', 'avg', 'max'] as const)('is the way back: the graph made from it has the same bits (pooling %s)', (pooling) => {
    const { graph } = createMiniResNetV2({ pooling, classes: 3, inputShape: [16, 13, 1] })
    const { network, weights } = kerasOfGraph(graph)
    expect(kerasGraph(network, weights)).toEqual(graph)
    expect(describeArchitecture(network)).toMatchObject({ kind: 'miniresnetv2', pooling, classes: 3 })
  })
})

describe('requireArchitecture', () => {
  it('says what was expected and what was found', () => {
    const { architecture } = createMiniResNetV2({ stacks: 2, classes: 10 })
    const mismatch = (message: string) => expect.objectContaining({ code: 'MODEL_MISMATCH', message })
    expect(() => requireArchitecture(architecture, { stacks: 1 }, 'a.h5')).toThrow(mismatch('a.h5: expected MiniResNetV2 of 1 stacks, got MiniResNetV2 of 2 stacks'))
    expect(() => requireArchitecture(architecture, { backbone: true }, 'a.h5')).toThrow(mismatch('a.h5: expected a backbone, got a model with a head of 10 classes'))
    expect(() => requireArchitecture(architecture, { inputShape: [32, 50, 1] }, 'a.h5')).toThrow(mismatch('a.h5: expected an input of shape [32, 50, 1], got [64, 50, 1]'))
    expect(() => requireArchitecture(architecture, { stacks: 2, inputShape: [64, 50, 1], backbone: false }, 'a.h5')).not.toThrow()
  })
})

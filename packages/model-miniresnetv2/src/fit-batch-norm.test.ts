import { describe, expect, it } from '@jest/globals'
import { tensorOf } from '@aed/core'
import { createFloatExecutor } from '@aed/quantize-int8'
import { noise } from '../test/support.ts'
import { fitBatchNorm } from './fit-batch-norm.ts'
import { miniResNetV2Graph } from './miniresnetv2.ts'

const graph = miniResNetV2Graph({ inputShape: [16, 13, 1], seed: 5 })
const patches = { ...noise([6, 16, 13], 'patches'), data: noise([6, 16, 13], 'patches').data.map((value) => 10 * value - 30) }

describe('fitBatchNorm', () => {
  it('gives every channel of every batch normalization mean 0 and variance 1 over the patches', () => {
    const fitted = fitBatchNorm(graph, patches)
    const values = new Map<string, number[]>()
    createFloatExecutor(fitted).trace(patches, (name, found) => {
      if (name.endsWith('_bn/add')) values.set(name, [...(values.get(name) ?? []), ...found])
    })
    expect([...values.keys()]).toHaveLength(5)
    for (const [name, found] of values) {
      const channels = tensorOf(fitted, name).shape[3]!
      for (let c = 0; c < channels; c += 7) {
        const channel = found.filter((_, i) => i % channels === c)
        const mean = channel.reduce((sum, value) => sum + value, 0) / channel.length
        const variance = channel.reduce((sum, value) => sum + (value - mean) ** 2, 0) / channel.length
        expect(Math.abs(mean)).toBeLessThan(1e-4)
        expect(Math.abs(variance - 1)).toBeLessThan(1e-2)
      }
    }
  })

  it('leaves its argument as it is and repeats to the bit', () => {
    const before = structuredClone(graph)
    expect(fitBatchNorm(graph, patches)).toEqual(fitBatchNorm(graph, patches))
    expect(graph).toEqual(before)
  })

  it('refuses no patches and values that are not finite', () => {
    const code = (code: string) => expect.objectContaining({ code })
    expect(() => fitBatchNorm(graph, { dtype: 'float32', shape: [0, 16, 13], data: new Float32Array() })).toThrow(code('INVALID_INPUT'))
    expect(() => fitBatchNorm(graph, { ...patches, data: patches.data.with(3, Infinity) })).toThrow(code('TRAINING_FAILED'))
  })
})

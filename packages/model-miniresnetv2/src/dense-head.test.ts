import { describe, expect, it } from '@jest/globals'
import { createFloatExecutor } from '@aed/quantize-int8'
import { distance, noise } from '../test/support.ts'
import { denseScores, withDenseHead } from './dense-head.ts'
import { miniResNetV2Graph } from './miniresnetv2.ts'

const backbone = miniResNetV2Graph({ pooling: 'avg', inputShape: [16, 13, 1], seed: 2 })
const head = { weights: noise([3 * 64], 'weights').data, bias: Float32Array.of(0.5, -1, 2), classes: 3, features: 64 }
const code = (code: string) => expect.objectContaining({ code })

describe('withDenseHead', () => {
  it.each(['softmax', 'logistic'] as const)('scores as denseScores does on the embeddings (%s)', (activation) => {
    const patches = noise([2, 16, 13, 1], 'patches')
    const embeddings = createFloatExecutor(backbone).run(patches)
    const scores = denseScores(head, { dtype: 'float32', shape: [2, 64], data: embeddings.data }, activation)
    const whole = withDenseHead(backbone, head, activation)
    expect(whole.nodes.slice(-2).map(({ name }) => name)).toEqual(['head', `head/${activation}`])
    expect(distance(createFloatExecutor(whole).run(patches).data, scores.data)).toBeLessThan(1e-6)
  })

  it('refuses a head for another embedding, or a second one', () => {
    expect(() => withDenseHead(backbone, { ...head, features: 60 }, 'softmax')).toThrow(code('MODEL_MISMATCH'))
    expect(() => withDenseHead(backbone, { ...head, bias: new Float32Array(2) }, 'softmax')).toThrow(code('MODEL_MISMATCH'))
    const whole = withDenseHead(backbone, head, 'softmax')
    expect(() => withDenseHead(whole, { ...head, weights: new Float32Array(9), features: 3 }, 'softmax')).toThrow(code('MODEL_MISMATCH'))
  })
})

describe('denseScores', () => {
  it('gives softmax of weights · x + bias: 1/4 and 3/4 for logits 0 and log 3', () => {
    const { data, shape } = denseScores({ weights: Float32Array.of(0, Math.log(3)), bias: new Float32Array(2), classes: 2, features: 1 }, { dtype: 'float32', shape: [1, 1], data: Float32Array.of(1) })
    expect(shape).toEqual([1, 2])
    expect(distance(data, [0.25, 0.75])).toBeLessThan(1e-7)
  })
})

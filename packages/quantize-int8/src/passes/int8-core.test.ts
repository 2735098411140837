import { describe, expect, it } from '@jest/globals'
import { createRandom, GraphBuilder, tensor } from '@aed/core'
import { quantize } from '../quantize.ts'
import { createReferenceEngine } from '../reference-engine.ts'
import { dequantizeValues, quantizeValues } from '../int8/affine.ts'
import { int8Core } from './int8-core.ts'

describe('int8Core', () => {
  it('leaves out quantize and dequantize at the borders and nothing else: the same numbers come out', () => {
    const random = createRandom('int8 core')
    const values = (length: number) => Float32Array.from({ length }, () => random.normal())
    const g = new GraphBuilder('small')
    const x = g.input('x', [1, 6, 5, 1])
    const conv = g.conv2d('conv', x, g.constant('w', 'float32', [3, 3, 3, 1], values(27)), undefined, { activation: 'relu' })
    const dense = g.dense('dense', g.flatten('flat', conv), g.constant('dw', 'float32', [4, 36], values(144)), undefined)
    const graph = g.build([g.softmax('softmax', dense)])
    const input = tensor('float32', [7, 6, 5, 1], values(210))
    const whole = quantize({ graph, calibration: input }, { inputType: 'float32', outputType: 'float32' }).graph
    const core = int8Core(whole)
    expect(whole.nodes.map(({ op }) => op)).toEqual(['quantize', 'conv2d', 'reshape', 'dense', 'softmax', 'dequantize'])
    expect(core.nodes.map(({ op }) => op)).toEqual(['conv2d', 'reshape', 'dense', 'softmax'])
    const [from, to] = [core.tensors[core.inputs[0]!]!, core.tensors[core.outputs[0]!]!]
    const int8 = { dtype: 'int8' as const, shape: input.shape, data: quantizeValues(input.data, from.quantization!) }
    const found = dequantizeValues(createReferenceEngine(core).run(int8).data as Int8Array, to.quantization!)
    expect(found).toEqual(createReferenceEngine(whole).run(input).data)
    expect(int8Core(core)).toEqual(core)
  })
})

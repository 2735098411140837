import { isAedError, tensor, type Graph, type GraphTensor } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { patches, smallNetwork } from '../test/networks.ts'
import { createFloatExecutor } from './float-executor.ts'
import { quantize } from './quantize.ts'
import { createReferenceEngine } from './reference-engine.ts'
import { createWasmEngine } from './wasm-engine.ts'

const float = smallNetwork()
const { graph: int8 } = quantize({ graph: float, calibration: patches(2, 24, 20, 3) }, { reportPatches: 1 })
const changed = (graph: Graph, name: string, change: Partial<GraphTensor>): Graph => ({ ...graph, tensors: { ...graph.tensors, [name]: { ...graph.tensors[name]!, ...change } } })
/** A convolution whose weights are its input. */
const quantization = { scales: [1], zeroPoints: [0] }
const variableWeights: Graph = {
  name: 'odd', inputs: ['x'], outputs: ['y'],
  tensors: { x: { name: 'x', dtype: 'int8', shape: [1, 2, 2, 1], quantization }, y: { name: 'y', dtype: 'int8', shape: [1, 1, 1, 1], quantization } },
  nodes: [{ op: 'conv2d', name: 'y', inputs: ['x', 'x'], outputs: ['y'], strides: [1, 1], dilations: [1, 1], padding: 'valid', activation: 'none' }],
}

const errorOf = async (act: () => unknown) => {
  try {
    await act()
  } catch (error) {
    if (isAedError(error)) return `${error.code}: ${error.message}`
    throw error
  }
  return 'none'
}

/** What stands in the message: code, layer and tensor. */
const CASES: readonly (readonly [what: string, act: () => unknown, parts: readonly string[]])[] = [
  ['a float model where int8 is needed', () => createReferenceEngine(float), ['MODEL_UNSUPPORTED', "pad 'x/pad'", "tensor 'x", 'is float32, int8 is needed']],
  ['the same, on WebAssembly', () => createWasmEngine(float), ['MODEL_UNSUPPORTED', "pad 'x/pad'", 'is float32, int8 is needed']],
  ['an int8 model where float is needed', () => createFloatExecutor(int8), ['MODEL_UNSUPPORTED', "pad 'x/pad'", 'is int8, float32 is needed']],
  ['per-channel activations', () => createReferenceEngine(changed(int8, 'stem', { quantization: { scales: new Array<number>(8).fill(1), zeroPoints: new Array<number>(8).fill(0), axis: 3 } })), ['MODEL_UNSUPPORTED', "conv2d 'stem'", "activation 'stem' has 8 scales"]],
  ['weights with a zero point', () => createWasmEngine(changed(int8, 'stem/w', { quantization: { scales: [1], zeroPoints: [3] } })), ['MODEL_UNSUPPORTED', "conv2d 'stem'", "weights 'stem/w' have a zero point"]],
  ['a scale that is not finite', () => createReferenceEngine(changed(int8, 'logits', { quantization: { scales: [Infinity], zeroPoints: [0] } })), ['MODEL_UNSUPPORTED', "dense 'logits'", "tensor 'logits' has scale Infinity"]],
  ['an input of another type', () => createReferenceEngine(int8).run(patches(1, 24, 20, 1)), ['MODEL_MISMATCH', "input 'x' takes int8 [n, 24, 20, 1], got float32"]],
  ['an input of another shape', () => createReferenceEngine(int8).run(tensor('int8', [1, 20, 24, 1], new Int8Array(480))), ['MODEL_MISMATCH', "input 'x' takes int8 [n, 24, 20, 1], got [1, 20, 24, 1]"]],
  ['calibration data with NaN', () => quantize({ graph: float, calibration: tensor('float32', [1, 24, 20, 1], new Float32Array(480).fill(NaN, 7, 8)) }), ['CALIBRATION_INVALID', "input 'x' has NaN in patch 0"]],
  ['calibration data that is all equal', () => quantize({ graph: float, calibration: tensor('float32', [1, 24, 20, 1], new Float32Array(480).fill(-80)) }), ['CALIBRATION_INVALID', "input 'x' is -80 everywhere"]],
  ['calibration data of another shape', () => quantize({ graph: float, calibration: patches(1, 20, 24, 1) }), ['MODEL_MISMATCH', "input 'x' takes float32 [n, 24, 20, 1]"]],
  ['weights that are not finite', () => quantize({ graph: changed(float, 'stem/w', { data: new Float32Array(392).fill(Infinity) }), calibration: patches(1, 24, 20, 1) }), ['CALIBRATION_INVALID', "tensor 'stem' of conv2d 'stem'", 'patch 0']],
  ['weights that are no constants', () => createReferenceEngine(variableWeights), ['MODEL_UNSUPPORTED', "conv2d 'y'", "weights 'x' must be constant"]],
]

describe('bad input', () => {
  it.each(CASES)('%s is refused with code, tensor and layer', async (_, act, parts) => {
    const error = await errorOf(act)
    for (const part of parts) expect(error).toContain(part)
  })
})

import { createRandom, isAedError, type AedError } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { Builder } from 'flatbuffers'
import { patches, smallNetwork } from '../../test/networks.ts'
import { golden, withGoldens } from '../../test/goldens.ts'
import { quantize } from '../quantize.ts'
import { encodeTable, type Encodable } from './encode.ts'
import { readTflite } from './read.ts'
import { FILE_IDENTIFIER, OPTIONS_TYPES } from './schema.ts'
import { writeTflite } from './write.ts'

const { graph } = quantize({ graph: smallNetwork(), calibration: patches(2, 24, 20, 3) }, { reportPatches: 1 })
const honest = writeTflite({ graph })

const errorOf = (bytes: Uint8Array): AedError | undefined => {
  try {
    readTflite(bytes, 'm.tflite')
  } catch (error) {
    if (isAedError(error)) return error
    throw error
  }
  return undefined
}

interface FileParts {
  readonly batch?: number
  readonly signature?: readonly number[]
  readonly names?: readonly [string, string]
  readonly type?: number
  readonly code?: number
  readonly activation?: number
  readonly dilation?: number
  readonly version?: number
  readonly weightBytes?: number
}

/** A file of one 2 × 2 convolution with some of its parts changed. */
function convolutionFile({ batch = 1, signature, names = ['x', 'y'], type = 9, code = 3, activation = 0, dilation = 1, version = 3, weightBytes = 8 }: FileParts = {}): Uint8Array {
  const b = new Builder(256)
  const quantization = (scale: readonly number[], quantizedDimension = 0) => encodeTable(b, 'QuantizationParameters', { scale, zeroPoint: scale.map(() => 0), quantizedDimension })
  const buffers = [encodeTable(b, 'Buffer', {}), encodeTable(b, 'Buffer', { data: new Uint8Array(weightBytes).fill(3) }), encodeTable(b, 'Buffer', { data: new Uint8Array(8) })]
  const tensors = [
    encodeTable(b, 'Tensor', { name: names[0], shape: [batch, 5, 4, 1], shapeSignature: signature, type, quantization: quantization([0.5]) }),
    encodeTable(b, 'Tensor', { name: 'w', shape: [2, 2, 2, 1], type: 9, buffer: 1, quantization: quantization([0.25, 0.125]) }),
    encodeTable(b, 'Tensor', { name: 'b', shape: [2], type: 2, buffer: 2 }),
    encodeTable(b, 'Tensor', { name: names[1], shape: [batch, 5 - dilation, 4 - dilation, 2], type: 9, quantization: quantization([1]) }),
  ]
  const options: Encodable<'Conv2DOptions'> = { padding: 1, strideH: 1, strideW: 1, dilationHFactor: dilation, dilationWFactor: dilation, fusedActivationFunction: activation }
  const builtinOptions = encodeTable(b, 'Conv2DOptions', options)
  const operators = [encodeTable(b, 'Operator', { opcodeIndex: 0, inputs: [0, 1, 2], outputs: [3], builtinOptionsType: OPTIONS_TYPES.Conv2DOptions, builtinOptions })]
  const subgraphs = [encodeTable(b, 'SubGraph', { tensors, inputs: [0], outputs: [3], operators, name: 'main' })]
  const operatorCodes = [encodeTable(b, 'OperatorCode', { deprecatedBuiltinCode: Math.min(code, 127), builtinCode: code, version: 1 })]
  b.finish(encodeTable(b, 'Model', { version, operatorCodes, subgraphs, buffers }), FILE_IDENTIFIER)
  return b.asUint8Array().slice()
}

describe('readTflite', () => {
  it('keeps dilation and per-channel scales, and names the graph after the file', () => {
    const { graph: read, card } = readTflite(convolutionFile({ dilation: 2 }), 'm.tflite')
    expect(card).toBeNull()
    expect(read.name).toBe('m.tflite')
    expect(read.nodes).toEqual([
      { op: 'conv2d', name: 'y', inputs: ['x', 'w', 'b'], outputs: ['y'], strides: [1, 1], padding: 'valid', dilations: [2, 2], activation: 'none' },
    ])
    expect(read.tensors['w']).toEqual({ name: 'w', dtype: 'int8', shape: [2, 2, 2, 1], data: new Int8Array(8).fill(3), quantization: { scales: [0.25, 0.125], zeroPoints: [0, 0], axis: 0 } })
  })

  it('copies constants out of a Node Buffer too, at any offset', () => {
    const file = Buffer.concat([Buffer.alloc(5), convolutionFile()]).subarray(5)
    const weights = readTflite(file, 'm.tflite').graph.tensors['w']!.data as Int8Array
    file.fill(0)
    expect([...weights, weights.buffer.byteLength]).toEqual([3, 3, 3, 3, 3, 3, 3, 3, 8])
  })

  it('makes the batch 1, whatever the file states or leaves open', () => {
    for (const file of [convolutionFile({ batch: 4 }), convolutionFile({ batch: 1, signature: [-1, 5, 4, 1] })]) {
      const { graph: read } = readTflite(file, 'm.tflite')
      expect([read.tensors['x']!.shape, read.tensors['y']!.shape]).toEqual([[1, 5, 4, 1], [1, 4, 3, 2]])
    }
  })

  it('makes equal tensor names different, and names the nameless', () => {
    expect(readTflite(convolutionFile({ names: ['x', 'x'] }), 'm.tflite').graph.outputs).toEqual(['x_2'])
    expect(readTflite(convolutionFile({ names: ['', 'y'] }), 'm.tflite').graph.inputs).toEqual(['tensor_0'])
  })

  it.each([
    ['an operator', { code: 28 }, 'MODEL_UNSUPPORTED', "operators[0] (TANH 'y')"],
    ['an operator with a number above 127', { code: 150 }, 'MODEL_UNSUPPORTED', "operators[0] (GELU 'y')"],
    ['an activation', { activation: 4 }, 'MODEL_UNSUPPORTED', 'fused activation TANH'],
    ['an element type', { type: 1 }, 'MODEL_UNSUPPORTED', "tensor 'x' is FLOAT16"],
    ['an open height', { signature: [1, -1, 4, 1] }, 'MODEL_UNSUPPORTED', "axis 1 of tensor 'x'"],
    ['a schema version', { version: 4 }, 'MODEL_UNSUPPORTED', 'Model.version'],
    ['an impossible padding or dilation', { dilation: 0 }, 'MODEL_INVALID', 'dilations of 0 x 0'],
    ['a constant of the wrong size', { weightBytes: 7 }, 'MODEL_INVALID', "tensor 'w' of shape [2, 2, 2, 1] needs 8 bytes, its buffer has 7"],
    ['a shape that the weights do not give', { batch: -3 }, 'MODEL_INVALID', 'tensors[0].shape'],
    ['a shape beyond all bounds', { batch: 2 ** 28 }, 'MODEL_UNSUPPORTED', 'values'],
  ] as const)('refuses %s, with its place', (_, parts, code, text) => {
    const error = errorOf(convolutionFile(parts))
    expect([error?.code, error?.message]).toEqual([code, expect.stringContaining(text)])
  })

  it('refuses what is no .tflite file', () => {
    expect(errorOf(new Uint8Array(0))?.code).toBe('MODEL_INVALID')
    expect(errorOf(new TextEncoder().encode('PK zip file, perhaps'))?.code).toBe('MODEL_INVALID')
  })

  it('refuses every truncation with MODEL_INVALID', () => {
    const random = createRandom(5)
    for (let i = 0; i < 300; i++) expect(errorOf(honest.slice(0, random.integer(honest.length)))?.code).toBe('MODEL_INVALID')
  })

  it('answers to damage with a graph or an AedError, never with anything else, in bounded time', () => {
    const random = createRandom(6)
    const small = convolutionFile()
    let refused = 0
    for (let i = 0; i < 2000; i++) {
      const bytes = small.slice()
      const view = new DataView(bytes.buffer)
      for (let hits = 1 + random.integer(3); hits > 0; hits--) {
        const at = random.integer(bytes.length - 4)
        if (random.integer(2) === 0) bytes[at] = random.integer(256)
        else view.setUint32(at & ~3, [0, 1, 4, 0x7fffffff, 0xffffffff, random.integer(bytes.length)][random.integer(6)]!, true)
      }
      const error = errorOf(bytes)
      if (error) {
        expect(['MODEL_INVALID', 'MODEL_UNSUPPORTED']).toContain(error.code)
        refused++
      }
    }
    expect(refused).toBeGreaterThan(500)
  })

  it('refuses a file whose vector refers a thousandfold to one large table', () => {
    const b = new Builder(1024)
    const tensor = encodeTable(b, 'Tensor', { name: 'x'.repeat(2000), shape: new Int32Array(2000), type: 9 })
    const subgraphs = [encodeTable(b, 'SubGraph', { tensors: new Array<number>(1000).fill(tensor) })]
    b.finish(encodeTable(b, 'Model', { version: 3, subgraphs }), FILE_IDENTIFIER)
    const error = errorOf(b.asUint8Array().slice())
    expect([error?.code, error?.message]).toEqual(['MODEL_INVALID', expect.stringMatching(/Model\.subgraphs\[0\]\.tensors\[\d+\].*over and over/)])
  })
})

withGoldens("readTflite on files of TensorFlow's converter", () => {
  it.each(['s1_int8', 's2_int8', 's1_int8out', 's2_float'])('reads %s.tflite, and what we write of it reads back equal', (name) => {
    const { graph: read } = readTflite(golden(`${name}.tflite`), name)
    expect(readTflite(writeTflite({ graph: read }), name).graph).toEqual(read)
  })
})

import { GraphBuilder, isAedError, sha256, tensor, type Graph, type Tensor } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { largestDifference } from '../test/compare.ts'
import { golden, goldenArray, withGoldens } from '../test/goldens.ts'
import { patches, smallNetwork } from '../test/networks.ts'
import { mixedOrder, type PatchSource } from './calibrate.ts'
import { createFloatExecutor, runFloat } from './float-executor.ts'
import { quantize, quantizeStream } from './quantize.ts'
import { runInt8 } from './reference-engine.ts'
import { readTflite } from './tflite/read.ts'
import { writeTflite } from './tflite/write.ts'

const calibration = patches(8, 24, 20, 3)

const codeOf = (act: () => unknown): unknown => {
  try {
    act()
  } catch (error) {
    return isAedError(error) ? error.code : error
  }
  return undefined
}

describe('quantize', () => {
  const float = smallNetwork()
  const { graph, report } = quantize({ graph: float, calibration })

  it('gives int8 at the borders and everywhere between, int32 biases, all with scales', () => {
    for (const { name, dtype, quantization, data } of Object.values(graph.tensors)) {
      expect([name, dtype]).toEqual([name, data && name.endsWith('/b') ? 'int32' : name.endsWith('bias') ? 'int32' : 'int8'])
      expect(quantization!.scales.every((scale) => scale > 0 && scale === Math.fround(scale))).toBe(true)
    }
  })

  it('has weights of one scale a channel within ±127 in convolutions and of one scale in the dense layer', () => {
    const weights = (name: string) => graph.tensors[name]!
    expect(weights('stem/w').quantization).toMatchObject({ axis: 0, zeroPoints: new Array(8).fill(0) })
    expect(weights('s0b0/pre/weights').quantization).toMatchObject({ axis: 3 })
    expect(weights('logits/w').quantization!.scales).toHaveLength(1)
    const data = weights('stem/w').data as Int8Array
    for (let channel = 0; channel < 8; channel++) expect(Math.max(...data.slice(channel * 49, channel * 49 + 49).map(Math.abs))).toBe(127)
  })

  it('gives biases the scale of input times weights, and softmax 1/256 and -128', () => {
    const [x, w, b] = ['x', 'stem/w', 'stem/b'].map((name) => graph.tensors[name]!.quantization!.scales)
    // The convolution reads the padded input, which has the input's scale.
    expect(b).toEqual(w!.map((scale) => Math.fround(scale * x![0]!)))
    expect(graph.tensors['scores']!.quantization).toEqual({ scales: [1 / 256], zeroPoints: [-128] })
  })

  it('keeps the scale through padding, pooling and reshaping', () => {
    for (const node of graph.nodes)
      if (['pad', 'maxPool2d', 'reshape'].includes(node.op)) expect(graph.tensors[node.outputs[0]!]!.quantization).toEqual(graph.tensors[node.inputs[0]!]!.quantization)
  })

  it('represents real zero exactly and spends all 256 steps on the range', () => {
    const { min, max, scale, zeroPoint } = report.tensors.find(({ name }) => name === 'stem')!
    expect((0 - min) / scale).toBeCloseTo(zeroPoint + 128, 9)
    let [least, most] = [0, 0]
    createFloatExecutor(float).trace(calibration, (name, values) => {
      if (name === 'stem') [least, most] = [Math.min(least, ...values), Math.max(most, ...values)]
    })
    expect(scale).toBeCloseTo((most - least) / 255, 6)
    expect([Math.abs(min - least) < scale, Math.abs(max - most) < scale]).toEqual([true, true])
  })

  it('stays near the float network: every layer above 15 dB, scores within 0.1', () => {
    for (const { name, sqnrDb, cosine } of report.layers) expect([name, (sqnrDb ?? 99) > 15, cosine > 0.98]).toEqual([name, true, true])
    const input = patches(16, 24, 20, 99)
    const { graph: both } = quantize({ graph: float, calibration }, { inputType: 'float32', outputType: 'float32' })
    const got = runInt8({ graph: both, input }) as Tensor<'float32'>
    expect(largestDifference(got.data, runFloat({ graph: float, input }).data)).toBeLessThan(0.1)
  })

  it('reports each layer once and counts its patches', () => {
    expect(report.layers.map(({ name }) => name)).toEqual(graph.nodes.map(({ name }) => name))
    expect(report.tensors.map(({ name }) => name)).toEqual(['x', ...report.layers.map(({ name }) => name)])
    expect([report.calibrationPatches, report.comparedPatches]).toEqual([8, 8])
    expect(quantize({ graph: float, calibration }, { reportPatches: 3 }).report.comparedPatches).toBe(3)
  })

  it('adds float32 borders that keep their names', () => {
    const { graph: bordered } = quantize({ graph: float, calibration }, { inputType: 'float32', outputType: 'float32' })
    expect([bordered.inputs, bordered.outputs]).toEqual([['x'], ['scores']])
    expect([bordered.nodes[0]!.op, bordered.nodes.at(-1)!.op]).toEqual(['quantize', 'dequantize'])
    expect([bordered.tensors['x']!.dtype, bordered.tensors['x_int8']!.dtype, bordered.tensors['scores']!.dtype]).toEqual(['float32', 'int8', 'float32'])
  })

  it('gives the same bytes again and on every machine', async () => {
    const again = quantize({ graph: smallNetwork(), calibration: patches(8, 24, 20, 3) })
    expect(again).toEqual({ graph, report })
    expect(await sha256(writeTflite({ graph }))).toBe('63b64fce080abd80084a8d9bb6e5e6eecb7d7eb737694e7b1ecb5b3fe0299417')
  })

  it('survives channels of zeros, biases far beyond their weights, and a dead layer', () => {
    const g = new GraphBuilder('odd')
    const w = new Float32Array(4 * 9)
    w.fill(1, 9, 18) // channel 0 is all zero
    w.fill(1e-12, 18, 27)
    const conv = g.conv2d('conv', g.input('x', [1, 6, 6, 1]), g.constant('w', 'float32', [4, 3, 3, 1], w), g.constant('b', 'float32', [4], Float32Array.of(2.5, -1, 3, 0)))
    const dead = g.conv2d('dead', conv, g.constant('w2', 'float32', [1, 1, 1, 4], Float32Array.of(-1, -1, -1, -1)), g.constant('b2', 'float32', [1], Float32Array.of(-50)), { activation: 'relu' })
    const odd = g.build([conv, dead])
    const input = tensor('float32', [1, 6, 6, 1], Float32Array.from({ length: 36 }, (_, i) => i / 36))
    const { graph: int8 } = quantize({ graph: odd, calibration: input }, { inputType: 'float32', outputType: 'float32' })
    const got = runInt8({ graph: int8, input })
    expect(largestDifference(got.data as Float32Array, runFloat({ graph: odd, input }).data)).toBeLessThan(0.04)
  })

  it('quantizes what passes leave: mul and add of activations, mean, logistic, relu alone', () => {
    const g = new GraphBuilder('gate')
    const x = g.input('x', [1, 6, 5, 2])
    const gate = g.logistic('gate', g.mul('square', x, x))
    const shifted = g.add('shifted', g.mul('gated', gate, x), g.constant('c', 'float32', [1, 6, 1, 1], Float32Array.of(0, 1, -1, 2, -2, 0.5)))
    const graph32 = g.build([g.mean('y', g.relu('positive', g.pad2d('p', shifted, [1, 0], [0, 0])), [1, 2])])
    const input = tensor('float32', [4, 6, 5, 2], Float32Array.from({ length: 240 }, (_, i) => ((i * 7919) % 101) / 50 - 1))
    const { graph: int8 } = quantize({ graph: graph32, calibration: input }, { inputType: 'float32', outputType: 'float32' })
    expect(largestDifference(runInt8({ graph: int8, input }).data as Float32Array, runFloat({ graph: graph32, input }).data)).toBeLessThan(0.03)
  })

  it.each(['minMax', 'percentile', 'mse', 'kl'] as const)('takes patches in parts of any size: the graph and the report of the batch, by %s', async (calibrationMethod) => {
    const options = { calibrationMethod, biasCorrection: true, reportPatches: 3 } as const
    const expected = quantize({ graph: float, calibration }, options)
    const size = calibration.data.length / 8
    const mixed = mixedOrder(8).map((patch) => calibration.data.subarray(patch * size, (patch + 1) * size))
    const reused = new Float32Array(3 * size)
    let asked = 0
    async function* parts() {
      asked++
      for (const [from, to] of [[0, 1], [1, 4], [4, 4], [4, 7], [7, 8]] as const) { // prettier-ignore
        mixed.slice(from, to).forEach((patch, i) => reused.set(patch, i * size))
        yield await Promise.resolve(tensor('float32', [to - from, ...calibration.shape.slice(1)], reused.subarray(0, (to - from) * size)))
      }
    }
    expect(await quantizeStream({ graph: float, calibration: parts }, options)).toEqual(expected)
    expect(asked).toBe(calibrationMethod === 'minMax' ? 1 : 2)
  })

  it('refuses a stream that is empty, constant, not finite or another the second time', async () => {
    const refused = async (source: PatchSource) => quantizeStream({ graph: float, calibration: source }, { calibrationMethod: 'mse' }).then(String, (error: unknown) => (isAedError(error) ? `${error.code}: ${error.message}` : String(error)))
    const one = { ...calibration, shape: [1, ...calibration.shape.slice(1)], data: calibration.data.slice(0, calibration.data.length / 8) }
    expect(await refused(() => [])).toBe("CALIBRATION_INVALID: calibration data for input 'x' holds no patches")
    expect(await refused(() => [{ ...one, data: one.data.map(() => 2) }])).toBe("CALIBRATION_INVALID: calibration data for input 'x' is 2 everywhere")
    expect(await refused(() => [calibration, { ...one, data: one.data.map((x, i) => (i === 5 ? NaN : x)) }])).toBe("CALIBRATION_INVALID: calibration data for input 'x' has NaN in patch 8")
    let asked = 0
    expect(await refused(() => (asked++ === 0 ? [one, calibration] : [one]))).toBe('CALIBRATION_INVALID: calibration data: the source gave 9 patches at first and 1 the second time')
  })

  it('refuses calibration data that is missing, constant or not finite with CALIBRATION_INVALID', () => {
    const broken = patches(2, 24, 20, 1)
    broken.data[700] = NaN
    for (const data of [tensor('float32', [0, 24, 20, 1], new Float32Array(0)), tensor('float32', [1, 24, 20, 1], new Float32Array(480).fill(-80)), broken])
      expect(codeOf(() => quantize({ graph: float, calibration: data }))).toBe('CALIBRATION_INVALID')
    try {
      quantize({ graph: float, calibration: broken })
    } catch (error) {
      expect((error as Error).message).toBe("calibration data for input 'x' has NaN in patch 1")
    }
  })

  it('refuses a network whose values are not finite, naming the tensor', () => {
    const weights = float.tensors['stem/w']!
    const infinite: Graph = { ...float, tensors: { ...float.tensors, 'stem/w': { ...weights, data: new Float32Array(weights.data!.length).fill(3e38) } } }
    expect(codeOf(() => quantize({ graph: infinite, calibration }))).toBe('CALIBRATION_INVALID')
  })

  it('refuses patches of another shape, unknown options, and stops when cancelled', () => {
    expect(codeOf(() => quantize({ graph: float, calibration: patches(2, 20, 24, 1) }))).toBe('MODEL_MISMATCH')
    expect(codeOf(() => quantize({ graph: float, calibration }, { inputType: 'uint8' as 'int8' }))).toBe('INVALID_OPTION')
    expect(codeOf(() => quantize({ graph: float, calibration }, {}, { signal: AbortSignal.abort() }))).toBe('ABORTED')
  })
})

withGoldens('quantize on float .tflite files', () => {
  it('quantizes s1_float.tflite so that 15 of 16 labels stay', () => {
    const { graph } = readTflite(golden('s1_float.tflite'), 's1')
    const input = goldenArray('inputs_f32.npy.gz') as Tensor<'float32'>
    const { graph: int8, report } = quantize({ graph, calibration: input }, { inputType: 'float32', outputType: 'float32' })
    expect(int8.nodes.filter(({ op }) => op === 'depthwiseConv2d')).toHaveLength(3)
    const [a, b] = [runFloat({ graph, input }), runInt8({ graph: int8, input }) as Tensor<'float32'>]
    const label = (scores: Float32Array, item: number) => scores.slice(item * 10, item * 10 + 10).reduce((best, value, i, all) => (value > all[best]! ? i : best), 0)
    const equal = Array.from({ length: 16 }, (_, item) => label(a.data, item) === label(b.data, item)).filter(Boolean)
    expect(equal.length).toBeGreaterThanOrEqual(15)
    expect(Math.min(...report.layers.map(({ sqnrDb }) => sqnrDb ?? 99))).toBeGreaterThan(10)
  })
})

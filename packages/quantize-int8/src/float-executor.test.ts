import { createRandom, GraphBuilder, isAedError, tensor, type Tensor } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { largestDifference } from '../test/compare.ts'
import { golden, goldenArray, withGoldens } from '../test/goldens.ts'
import { patches, residualNetwork, smallNetwork } from '../test/networks.ts'
import { createFloatExecutor, runFloat } from './float-executor.ts'
import { readTflite } from './tflite/read.ts'
import { createWasmProducts } from './wasm/float-product.ts'

const random = createRandom(11)
const normal = (size: number) => Float32Array.from({ length: size }, () => random.normal())

/** One convolution as its definition says it, for a filter of any kind. */
function naiveConvolution(x: Tensor<'float32'>, w: Tensor<'float32'>, bias: Float32Array, out: readonly number[], step: number, dilation: number, pad: readonly [number, number], depthMultiplier?: number): number[] {
  const [, height, width, channels] = x.shape as [number, number, number, number]
  const [, kh, kw] = w.shape as [number, number, number]
  const [, oh, ow, outputs] = out as [number, number, number, number]
  const result: number[] = []
  for (let y = 0; y < oh; y++)
    for (let z = 0; z < ow; z++)
      for (let o = 0; o < outputs; o++) {
        let sum = bias[o]!
        for (let i = 0; i < kh; i++)
          for (let j = 0; j < kw; j++) {
            const [row, column] = [y * step - pad[0] + i * dilation, z * step - pad[1] + j * dilation]
            if (row < 0 || row >= height || column < 0 || column >= width) continue
            const at = (row * width + column) * channels
            if (depthMultiplier !== undefined) sum += x.data[at + Math.floor(o / depthMultiplier)]! * w.data[(i * kw + j) * outputs + o]!
            else for (let c = 0; c < channels; c++) sum += x.data[at + c]! * w.data[((o * kh + i) * kw + j) * channels + c]!
          }
        result.push(Math.fround(sum))
      }
  return result
}

describe('createFloatExecutor', () => {
  it.each([
    { size: 3, step: 1, dilation: 1, padding: 'valid', outputs: 4, pad: [0, 0] },
    { size: 3, step: 2, dilation: 1, padding: 'same', outputs: 5, pad: [1, 0] },
    { size: 2, step: 1, dilation: 2, padding: 'same', outputs: 3, pad: [1, 1] },
    { size: 1, step: 1, dilation: 1, padding: 'valid', outputs: 9, pad: [0, 0] },
  ] as const)('convolves $size x $size, stride $step, dilation $dilation, $padding', ({ size, step, dilation, padding, outputs, pad }) => {
    const x = tensor('float32', [1, 7, 6, 3], normal(126))
    const w = tensor('float32', [outputs, size, size, 3], normal(outputs * size * size * 3))
    const bias = normal(outputs)
    const g = new GraphBuilder('conv')
    const attributes = { strides: [step, step], padding, activation: 'none', dilations: [dilation, dilation] } as const
    g.node('y', [g.input('x', x.shape), g.constant('w', 'float32', w.shape, w.data), g.constant('b', 'float32', [outputs], bias)], { op: 'conv2d', ...attributes })
    const graph = g.build(['y'])
    const wanted = naiveConvolution(x, w, bias, graph.tensors['y']!.shape, step, dilation, pad)
    expect(largestDifference(runFloat({ graph, input: x }).data, wanted)).toBeLessThan(1e-6)
  })

  it.each([1, 2])('convolves depthwise with multiplier %d', (multiplier) => {
    const x = tensor('float32', [1, 7, 6, 3], normal(126))
    const w = tensor('float32', [1, 3, 3, 3 * multiplier], normal(27 * multiplier))
    const bias = normal(3 * multiplier)
    const g = new GraphBuilder('depthwise')
    const attributes = { strides: [2, 2], padding: 'same', activation: 'none', dilations: [1, 1], multiplier } as const
    g.node('y', [g.input('x', x.shape), g.constant('w', 'float32', w.shape, w.data), g.constant('b', 'float32', [3 * multiplier], bias)], { op: 'depthwiseConv2d', ...attributes })
    const graph = g.build(['y'])
    const wanted = naiveConvolution(x, w, bias, graph.tensors['y']!.shape, 2, 1, [1, 0], multiplier)
    expect(largestDifference(runFloat({ graph, input: x }).data, wanted)).toBeLessThan(1e-6)
  })

  it('pools, pads, averages, broadcasts and limits known values', () => {
    const x = tensor('float32', [1, 2, 2, 2], Float32Array.of(1, -1, 2, -2, 3, -3, 10, -4))
    const run = (build: (g: GraphBuilder, x: string) => string): number[] => {
      const g = new GraphBuilder('ops')
      const y = build(g, g.input('x', x.shape))
      return [...runFloat({ graph: g.build([y]), input: x }).data]
    }
    expect(run((g, a) => g.maxPool2d('y', a, [2, 2]))).toEqual([10, -1])
    expect(run((g, a) => g.averagePool2d('y', a, [2, 2], { padding: 'same', strides: [1, 1] }))).toEqual([4, -2.5, 6, -3, 6.5, -3.5, 10, -4])
    expect(run((g, a) => g.averagePool2d('y', a, [2, 2], { activation: 'relu' }))).toEqual([4, 0])
    expect(run((g, a) => g.mean('y', a, [1, 2]))).toEqual([4, -2.5])
    expect(run((g, a) => g.mean('y', a, [3]))).toEqual([0, 0, 0, 3])
    expect(run((g, a) => g.maxPool2d('y', g.pad2d('p', a, [1, 0], [0, 1]), [3, 3]))).toEqual([10, 0])
    expect(run((g, a) => g.add('y', a, g.constant('c', 'float32', [2], Float32Array.of(1, 2)), 'relu6'))).toEqual([2, 1, 3, 0, 4, 0, 6, 0])
    expect(run((g, a) => g.mul('y', g.constant('c', 'float32', [2], Float32Array.of(2, -1)), a))).toEqual([2, 1, 4, 2, 6, 3, 20, 4])
    expect(run((g, a) => g.relu('y', a))).toEqual([1, 0, 2, 0, 3, 0, 10, 0])
    expect(run((g, a) => g.dense('y', g.flatten('f', a), g.constant('w', 'float32', [1, 8], new Float32Array(8).fill(1)), undefined))).toEqual([6])
    expect(run((g, a) => g.logistic('y', a))[0]).toBe(Math.fround(1 / (1 + Math.exp(-1))))
    const soft = run((g, a) => g.softmax('y', a))
    expect([soft[0], soft[0]! + soft[1]!]).toEqual([expect.closeTo(1 / (1 + Math.exp(-2)), 7), expect.closeTo(1, 6)])
  })

  it('gives each item of a batch what it gives it alone, and takes [n, mels, frames]', () => {
    const executor = createFloatExecutor(smallNetwork())
    const batch = patches(3, 24, 20, 2)
    const together = executor.run(batch)
    const last = executor.run(tensor('float32', [1, 24, 20], batch.data.slice(960)))
    expect(together.shape).toEqual([3, 5])
    expect([...last.data]).toEqual([...together.data.slice(10)])
  })

  it('shows the input and the value of every node of every item', () => {
    const graph = smallNetwork()
    let calls = 0
    createFloatExecutor(graph).trace(patches(2, 24, 20, 2), () => calls++)
    expect(calls).toBe(2 * (1 + graph.nodes.length))
  })

  it('refuses another shape with MODEL_MISMATCH and an int8 node with MODEL_UNSUPPORTED', () => {
    const codeOf = (act: () => unknown) => {
      try {
        act()
      } catch (error) {
        return isAedError(error) ? error.code : error
      }
      return undefined
    }
    expect(codeOf(() => runFloat({ graph: smallNetwork(), input: patches(1, 20, 24, 1) }))).toBe('MODEL_MISMATCH')
    const g = new GraphBuilder('quantizing')
    g.node('y', [g.input('x', [1, 4])], { op: 'quantize' })
    expect(codeOf(() => createFloatExecutor(g.build(['y'])))).toBe('MODEL_UNSUPPORTED')
  })
})

describe('createFloatExecutor on WebAssembly and in TypeScript', () => {
  it('gives equal bits for every tensor, whatever sizes are left over', () => {
    const size = (channels: number) => ({ stacks: 1, height: 24, width: 20, channels, classes: 5 }) as const
    for (const channels of [8, 7, 5]) {
      const graph = residualNetwork(size(channels), channels)
      const seen = (['wasm', 'typescript'] as const).map((backend) => {
        const values: Float32Array[] = []
        createFloatExecutor(graph, backend).trace(patches(2, 24, 20, 4), (_, made) => values.push(made.slice()))
        return values
      })
      expect(seen[0]).toEqual(seen[1])
    }
  })

  it('multiplies on WebAssembly where there is one', () => {
    expect(createWasmProducts()).toBeDefined()
  })
})

withGoldens("createFloatExecutor on files of TensorFlow's converter", () => {
  it.each(['s1', 's2'])("gives Keras's probabilities of %s_float.tflite within 1e-5", (stacks) => {
    const { graph } = readTflite(golden(`${stacks}_float.tflite`), stacks)
    const output = runFloat({ graph, input: goldenArray('inputs_f32.npy.gz') as Tensor<'float32'> })
    expect(largestDifference(output.data, goldenArray(`${stacks}_keras_prob.npy`).data as Float32Array)).toBeLessThan(1e-5)
  })
})

import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import * as tf from '@tensorflow/tfjs'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { goldenJson, goldenNetwork, noise, relativeError } from '../../../test/support.ts'
import { WASM_BINARY } from '../../wasm/kernels-binary.ts'
import { useBackend } from '../backend.ts'
import { buildLayersModel } from '../layers-model.ts'
import { registerTrainingKernels } from './register.ts'

type Shape4 = [number, number, number, number]

/** What an expression of tensors gives on a backend, as plain arrays; it must leave no tensor. */
async function on(backend: 'wasm' | 'cpu', run: () => tf.Tensor[]): Promise<Float32Array[]> {
  await useBackend(backend)
  const before = tf.memory().numTensors
  const results = tf.tidy(() => run().map((tensor) => tensor.dataSync<'float32'>().slice()))
  expect(tf.memory().numTensors).toBe(before)
  return results
}

const tensor = (shape: readonly number[], seed: string) => tf.tensor(noise(shape, seed).data, [...shape], 'float32')

beforeAll(() => registerTrainingKernels())
afterAll(() => expect(tf.memory().numTensors).toBe(0))

// Input, filter height and width, output channels, stride, pad: those of the network, then odd ones.
const CONVOLUTIONS: readonly (readonly [Shape4, [number, number], number, [number, number], 'valid' | 'same' | number])[] = [
  [[2, 22, 19, 1], [7, 7], 16, [2, 2], 'valid'],
  [[2, 18, 15, 16], [3, 3], 16, [1, 1], 'valid'],
  [[2, 5, 7, 20], [3, 3], 16, [1, 1], 'same'],
  [[1, 4, 3, 16], [3, 3], 20, [1, 1], 2],
  [[2, 10, 9, 16], [3, 3], 16, [2, 2], 'valid'],
  [[2, 16, 13, 16], [1, 1], 16, [1, 1], 'valid'],
  [[1, 5, 7, 3], [3, 2], 5, [1, 1], 'same'],
  [[3, 9, 6, 5], [3, 3], 13, [2, 1], 'same'],
  [[2, 8, 8, 4], [5, 5], 7, [3, 3], 2],
  [[2, 7, 9, 2], [1, 1], 3, [2, 2], 'valid'],
  [[1, 4, 4, 1], [4, 4], 1, [1, 1], 'valid'],
  [[1, 6, 5, 9], [2, 3], 17, [1, 1], 3],
]

describe('Conv2DBackpropFilter and Conv2DBackpropInput', () => {
  it.each(CONVOLUTIONS)('of %j by %j to %i channels, strides %j, pad %s: equal the cpu backend within 1e-5', async (shape, filter, channels, strides, pad) => {
    const rounding = typeof pad === 'number' ? 'floor' : undefined
    const run = () => {
      const x = tensor(shape, 'x') as tf.Tensor4D
      const w = tensor([...filter, shape[3], channels], 'w') as tf.Tensor4D
      const y = tf.conv2d(x, w, strides, pad, 'NHWC', 1, rounding)
      const dy = tensor(y.shape, 'dy')
      const [dx, dw] = tf.grads((x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, pad, 'NHWC', 1, rounding))([x, w], dy)
      return [dx!, dw!]
    }
    const [expected, found, again] = [await on('cpu', run), await on('wasm', run), await on('wasm', run)]
    for (const i of [0, 1]) expect(relativeError(found[i]!, expected[i]!)).toBeLessThan(1e-5)
    expect(again).toEqual(found)
  })
})

const POOLS: readonly (readonly [Shape4, [number, number], [number, number], 'valid' | 'same' | number])[] = [
  [[2, 34, 27, 4], [3, 3], [2, 2], 'valid'],
  [[2, 16, 13, 4], [1, 1], [2, 2], 'valid'],
  [[2, 8, 8, 4], [2, 2], [2, 2], 'valid'],
  [[1, 9, 7, 3], [3, 2], [1, 2], 'same'],
  [[3, 5, 5, 6], [4, 4], [1, 1], 2],
]

describe('MaxPoolGrad', () => {
  it.each(POOLS)('of %j by %j, strides %j, pad %s: equals the cpu backend, ties included', async (shape, filter, strides, pad) => {
    const rounding = typeof pad === 'number' ? 'floor' : undefined
    const run = () => {
      // Rounded: many windows then hold their largest value twice.
      const x = tensor(shape, 'x').round() as tf.Tensor4D
      const y = tf.maxPool(x, filter, strides, pad, rounding)
      return [tf.grad((x) => tf.maxPool(x as tf.Tensor4D, filter, strides, pad, rounding))(x, tensor(y.shape, 'dy'))]
    }
    const [expected, found] = [await on('cpu', run), await on('wasm', run)]
    expect(relativeError(found[0]!, expected[0]!)).toBeLessThan(1e-6)
  })
})

interface Golden {
  readonly x: Shape4
  readonly filter: Shape4
  readonly dy: Shape4
  readonly size: [number, number]
  readonly strides: [number, number]
  readonly padding: 'valid' | 'same'
  readonly values: Readonly<Record<'x' | 'filter' | 'dy' | 'dx' | 'dfilter', number[]>>
}
const goldens = goldenJson('gradients.json') as { readonly convolutions: readonly Golden[]; readonly pools: readonly Golden[] }

describe('gradients of TensorFlow', () => {
  it.each(goldens.convolutions.map((golden) => [golden.x, golden.filter, golden.strides, golden.padding, golden] as const))(
    'of a convolution of %j by %j, strides %j, %s: within 1e-5',
    async (x, filter, strides, padding, { dy, values }) => {
      const [dx, dfilter] = await on('wasm', () =>
        tf.grads((x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, padding))([tf.tensor4d(values.x, x), tf.tensor4d(values.filter, filter)], tf.tensor4d(values.dy, dy)),
      )
      expect(relativeError(dx!, values.dx)).toBeLessThan(1e-5)
      expect(relativeError(dfilter!, values.dfilter)).toBeLessThan(1e-5)
    },
  )

  it.each(goldens.pools.map((golden) => [golden.x, golden.size, golden.strides, golden.padding, golden] as const))(
    'of max pooling of %j by %j, strides %j, %s: within 1e-6',
    async (x, size, strides, padding, { dy, values }) => {
      const [dx] = await on('wasm', () => [tf.grad((x) => tf.maxPool(x as tf.Tensor4D, size, strides, padding))(tf.tensor4d(values.x, x), tf.tensor4d(values.dy, dy))])
      expect(relativeError(dx!, values.dx)).toBeLessThan(1e-6)
    },
  )
})

describe('Conv2D and FusedConv2D', () => {
  it.each(CONVOLUTIONS)('of %j by %j to %i channels, strides %j, pad %s: equal the cpu backend within 1e-5, bias and activation included', async (shape, filter, channels, strides, pad) => {
    const rounding = typeof pad === 'number' ? 'floor' : undefined
    const run = () => {
      const x = tensor(shape, 'x') as tf.Tensor4D
      const w = tensor([...filter, shape[3], channels], 'w') as tf.Tensor4D
      const bias = tensor([channels], 'bias')
      // relu6 is left to tfjs, which convolves wrong where a pad in numbers exceeds a filter.
      const activations = typeof pad === 'number' ? (['linear', 'relu'] as const) : (['linear', 'relu', 'relu6'] as const)
      const options = { x, filter: w, strides, pad, ...(rounding && { dimRoundingMode: rounding } as const) }
      return [tf.conv2d(x, w, strides, pad, 'NHWC', 1, rounding), tf.fused.conv2d(options), ...activations.map((activation) => tf.fused.conv2d({ ...options, bias, activation }))]
    }
    const [expected, found] = [await on('cpu', run), await on('wasm', run)]
    for (const [i, values] of expected.entries()) expect([i, relativeError(found[i]!, values, 1e-6)]).toEqual([i, expect.closeTo(0, 5)])
  })

  it('of dilated filters', async () => {
    const run = () => [tf.conv2d(tensor([2, 9, 8, 3], 'x') as tf.Tensor4D, tensor([3, 3, 3, 5], 'w') as tf.Tensor4D, 1, 'same', 'NHWC', [2, 2])]
    expect(relativeError((await on('wasm', run))[0]!, (await on('cpu', run))[0]!)).toBeLessThan(1e-5)
  })
})

const REDUCTIONS: readonly (readonly [number[], number[] | undefined, boolean])[] = [
  [[3, 5, 4, 6], [0, 1, 2], false],
  [[3, 5, 4, 6], [2, 0, 1], true],
  [[300, 7], [0], false],
  [[5, 3, 2], [0], true],
  // Left to tfjs.
  [[3, 5, 4], [1], false],
  [[3, 5, 4], [-1], true],
  [[3, 5, 4], undefined, false],
]

describe('Sum and Mean', () => {
  it.each(REDUCTIONS)('of %j over %j, keepDims %s: equal the cpu backend within 1e-6', async (shape, axis, keepDims) => {
    const run = () => [tf.sum(tensor(shape, 'x'), axis, keepDims), tf.mean(tensor(shape, 'x'), axis, keepDims)].flatMap((y) => [y, tf.tensor1d(y.shape.length === 0 ? [0] : y.shape)])
    const [expected, found] = [await on('cpu', run), await on('wasm', run)]
    for (const i of [0, 2]) expect(relativeError(found[i]!, expected[i]!)).toBeLessThan(1e-6)
    for (const i of [1, 3]) expect(found[i]).toEqual(expected[i])
  })

  it('of whole numbers stay whole', async () => {
    expect(await on('wasm', () => [tf.sum(tf.tensor2d([1, 2, 3, 4], [2, 2], 'int32'), 0)])).toEqual([Int32Array.of(4, 6)])
  })
})

describe('FusedBatchNormGrad', () => {
  it.each([
    ['by channel', [2, 5, 4, 6], [6]],
    ['by channel, of rows', [30, 7], [7]],
    ['by value, left to tfjs', [2, 3, 2, 5], [2, 3, 2, 5]],
  ] as const)('%s: equals the cpu backend within 1e-5', async (_, shape, perChannel) => {
    const run = () => {
      const variance = tensor(perChannel, 'variance').abs().add(0.1)
      const inputs = [tensor(shape, 'x'), tensor(perChannel, 'mean'), variance, tensor(perChannel, 'offset'), tensor(perChannel, 'scale')]
      const normalize = (...[x, mean, variance, offset, scale]: tf.Tensor[]) => tf.batchNorm(x!, mean as tf.Tensor1D, variance as tf.Tensor1D, offset, scale, 1e-3)
      return tf.grads(normalize)(inputs, tensor(shape, 'dy'))
    }
    const [expected, found] = [await on('cpu', run), await on('wasm', run)]
    for (const [i, values] of expected.entries()) expect(relativeError(found[i]!, values)).toBeLessThan(1e-5)
  })

  it('of a training network of layers: the gradients of TensorFlow within 5e-5', async () => {
    const golden = goldenNetwork()
    await useBackend('wasm')
    const before = tf.memory().numTensors
    const model = buildLayersModel(golden.model)
    const { value, grads } = tf.tidy(() => {
      const [targets, shares] = [tf.tensor2d(golden.targets, [golden.count, golden.classes]), tf.tensor1d(golden.shares)]
      return tf.variableGrads(() => {
        const scores = model.apply(tf.tensor4d(golden.x, [golden.count, 16, 13, 1]), { training: true }) as tf.Tensor2D
        return tf.metrics.categoricalCrossentropy(targets, scores).mul(shares).sum().div(golden.count).asScalar()
      })
    })
    expect(Math.abs(value.dataSync()[0]! - golden.batch.loss)).toBeLessThan(1e-6)
    const found = new Map(model.layers.flatMap((layer) => layer.trainableWeights.map((weight) => [`${layer.name}/${weight.originalName.split('/').at(-1)}`, grads[weight.name]!.dataSync()] as const)))
    expect([...found.keys()].toSorted()).toEqual(Object.keys(golden.batch.gradients).toSorted())
    const largest = Math.max(...Object.values(golden.batch.gradients).flat().map(Math.abs))
    for (const [key, values] of found) expect([key, relativeError(values, golden.batch.gradients[key]!, 0.01 * largest) < 5e-5]).toEqual([key, true])
    tf.dispose([value, grads])
    model.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('registerTrainingKernels', () => {
  it('works on copies where the memory of tfjs is out of reach: the same bytes', async () => {
    const run = () => {
      const x = tensor([2, 9, 7, 3], 'x') as tf.Tensor4D
      const w = tensor([3, 3, 3, 5], 'w') as tf.Tensor4D
      return tf.grads((x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, 'same'))([x, w], tensor([2, 5, 4, 5], 'dy'))
    }
    const direct = await on('wasm', run)
    const wasm = (tf.backend() as unknown as { wasm: { asm: object } }).wasm
    const { asm } = wasm
    try {
      wasm.asm = { ...asm, memory: undefined }
      expect(await on('wasm', run)).toEqual(direct)
    } finally {
      wasm.asm = asm
    }
  })

  it('may be called again, and keeps its kernels', () => {
    const kernel = tf.getKernel('MaxPoolGrad', 'wasm')
    registerTrainingKernels()
    expect(tf.getKernel('MaxPoolGrad', 'wasm')).toBe(kernel)
  })

  it('refuses channels first, which the backend has no convolution for either', async () => {
    await useBackend('wasm')
    const dy = tensor([1, 2, 4, 4], 'dy') as tf.Tensor4D
    const call = () => tf.tidy(() => tf.engine().runKernel('Conv2DBackpropFilter', { x: dy, dy }, { filterShape: [1, 1, 2, 2], strides: 1, pad: 'same', dataFormat: 'NCHW' }))
    expect(call).toThrow(expect.objectContaining({ code: 'MODEL_UNSUPPORTED' }))
    dy.dispose()
  })
})

describe('WASM_BINARY', () => {
  it('is what assembly/ compiles to', () => {
    const script = fileURLToPath(new URL('../../../scripts/build-wasm.mjs', import.meta.url))
    expect(execFileSync(process.execPath, [script, '--check'], { encoding: 'utf8' })).toContain(`${Buffer.from(WASM_BINARY, 'base64').length} bytes of WebAssembly`)
  })
})

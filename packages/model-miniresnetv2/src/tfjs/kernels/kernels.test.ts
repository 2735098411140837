import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import * as tf from '@tensorflow/tfjs'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { goldenJson, noise } from '../../../test/support.ts'
import { WASM_BINARY } from '../../wasm/kernels-binary.ts'
import { useBackend } from '../backend.ts'
import { registerTrainingKernels } from './register.ts'

type Shape4 = [number, number, number, number]

/** Largest difference, relative to the largest value. */
function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(found).toHaveLength(expected.length)
  let largest = 0
  let error = 0
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]!))
    error = Math.max(error, Math.abs(found[i]! - expected[i]!))
  }
  return error / largest
}

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

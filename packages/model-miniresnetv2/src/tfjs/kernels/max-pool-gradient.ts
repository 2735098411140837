import * as tf from '@tensorflow/tfjs'
import { compute, type WasmBackend } from './host.ts'

interface PoolAttributes {
  readonly filterSize: number | [number, number]
  readonly strides: number | [number, number]
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

/** The gradient of max pooling: to the first of the largest values of a window. */
export const maxPoolGrad: tf.KernelFunc = ({ inputs, backend, attrs }) => {
  const { dy, input } = inputs as { dy: tf.TensorInfo; input: tf.TensorInfo }
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as PoolAttributes
  const pool = tf.backend_util.computePool2DInfo(input.shape as [number, number, number, number], filterSize, strides, 1, pad, dimRoundingMode)
  const wasm = backend as WasmBackend
  const out = wasm.makeOutput(input.shape, 'float32')
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, filterHeight, filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo } = pool
  compute(wasm, [input, dy, out], 1, 0, (k, x, dy, dx) => {
    k.clear(dx, 4 * batchSize * inHeight * inWidth * inChannels)
    k.maxPoolGradient(
      x, dy, dx, batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, filterHeight, filterWidth,
      strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo.top, padInfo.left, 0,
    )
  })
  return out
}

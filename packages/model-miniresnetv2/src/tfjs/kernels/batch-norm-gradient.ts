import * as tf from '@tensorflow/tfjs'
import { sizeOf } from '@aed/core'
import { compute, type WasmBackend } from './host.ts'

/** Our kernel's name; tfjs makes this gradient of twenty ops, one of which writes a tensor of the input's size to repeat a few values. */
export const FUSED_BATCH_NORM_GRADIENT = 'FusedBatchNormGrad'

interface Inputs {
  readonly x: tf.TensorInfo
  readonly dy: tf.TensorInfo
  readonly mean: tf.TensorInfo
  readonly variance: tf.TensorInfo
  readonly scale: tf.TensorInfo
}

/**
 * The gradients of `scale · (x − mean) / √(variance + ε) + offset` by x, mean, variance, scale and offset, in this order: those of the batch's own mean and variance by x are
 * not among them, tfjs differentiates these by itself. Channels are the last axis; what is done by channel is done in float64.
 */
export const fusedBatchNormGrad: tf.KernelFunc = ({ inputs, backend, attrs }) => {
  const { x, dy, mean, variance, scale } = inputs as unknown as Inputs
  const { varianceEpsilon } = attrs as unknown as { readonly varianceEpsilon: number }
  const wasm = backend as WasmBackend
  const channels = mean.shape[0]!
  const rows = sizeOf(x.shape) / channels
  const results = [wasm.makeOutput(x.shape, 'float32'), ...Array.from({ length: 4 }, () => wasm.makeOutput([channels], 'float32'))]
  const tensors: readonly tf.TensorInfo[] = [x, dy, mean, variance, scale, ...results]
  // Four sums by channel, the factors of dx, and the zeros that stand for all that is not asked of the kernels.
  compute(wasm, tensors, results.length, 4 * channels * 6, (k, ...pointers) => {
    const view = (at: number) => new Float32Array(k.memory.buffer, at, channels)
    const [xAt, dyAt, meanAt, varianceAt, scaleAt, dxAt, ...byChannel] = pointers.slice(0, -1) as [number, number, number, number, number, number, ...number[]]
    const sums = pointers.at(-1)!
    const factors = sums + 16 * channels
    const zeros = factors + 4 * channels
    k.clear(zeros, 4 * channels)
    k.sumGradients(xAt, dyAt, rows, channels, zeros, zeros, 0, meanAt, sums)
    const [dys, products] = [view(sums), view(sums + 4 * channels)]
    const [dMean, dVariance, dScale, dOffset] = byChannel.map(view) as [Float32Array, Float32Array, Float32Array, Float32Array]
    const [factor, variances, scales] = [view(factors), view(varianceAt), view(scaleAt)]
    for (let i = 0; i < channels; i++) {
      const inverse = 1 / Math.sqrt(variances[i]! + varianceEpsilon)
      const scaled = scales[i]! * inverse
      factor[i] = scaled
      dMean[i] = -dys[i]! * scaled
      dVariance[i] = -0.5 * products[i]! * scaled * inverse * inverse
      dScale[i] = products[i]! * inverse
      dOffset[i] = dys[i]!
    }
    k.normalizeGradient(xAt, dyAt, dxAt, rows, channels, zeros, zeros, 0, meanAt, factors, zeros, zeros, 0)
  })
  return results
}

/** Lets the gradient of tfjs's batch normalization run as that one kernel where a backend has it and statistics are by channel; elsewhere it stays what it was. */
export function registerBatchNormGradient(): void {
  const present = tf.getGradient('FusedBatchNorm') as tf.GradConfig & { readonly ours?: boolean }
  if (present.ours) return
  tf.unregisterGradient('FusedBatchNorm')
  const ours: typeof present = {
    ...present,
    ours: true,
    gradFunc(dy, saved, attrs) {
      // Without a scale tfjs comes not as far as here: it fails to save what is missing.
      const [x, mean, variance, scale] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
      const kernel = tf.getKernel(FUSED_BATCH_NORM_GRADIENT, tf.getBackend()) as tf.KernelConfig | undefined
      if (mean.rank !== 1 || !kernel) return present.gradFunc(dy, saved, attrs)
      const gradients = tf.engine().runKernel(FUSED_BATCH_NORM_GRADIENT, { x, dy, mean, variance, scale } as unknown as tf.NamedTensorMap, { varianceEpsilon: attrs['varianceEpsilon'] as number }) as unknown as tf.Tensor[]
      return Object.fromEntries(['x', 'mean', 'variance', 'scale', 'offset'].map((name, i) => [name, () => gradients[i]!]))
    },
  }
  tf.registerGradient(ours)
}

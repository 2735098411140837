import * as tf from '@tensorflow/tfjs'
import { sizeOf } from '@aed/core'
import { compute, type WasmBackend } from './host.ts'

/**
 * `Sum` or `Mean` over all axes before the last ones, as batch normalization and the gradient of a bias need them: rows are added up where they lie, where tfjs turns the
 * whole tensor first. All else goes to the kernel that was there.
 */
export const channelSums =
  (mean: boolean) =>
  (present: tf.KernelFunc): tf.KernelFunc =>
  (call) => {
    const { x } = call.inputs as { readonly x: tf.TensorInfo }
    const { axis, keepDims } = call.attrs as { readonly axis: number | number[]; readonly keepDims: boolean }
    const axes = tf.util.parseAxisParam(axis, x.shape).toSorted((a, b) => a - b)
    const kept = x.shape.slice(axes.length)
    const channels = sizeOf(kept)
    const rows = sizeOf(x.shape) / channels
    if (x.dtype !== 'float32' || kept.length === 0 || axes.length === 0 || axes.some((axis, i) => axis !== i) || !(rows > 0)) return present(call)
    const wasm = call.backend as WasmBackend
    const out = wasm.makeOutput(keepDims ? [...axes.map(() => 1), ...kept] : kept, 'float32')
    compute(wasm, [x, out], 1, 8 * channels, (k, xAt, outAt, sums) => {
      k.sumRows(xAt, rows, channels, sums)
      const found = new Float32Array(k.memory.buffer, sums, channels)
      const result = new Float32Array(k.memory.buffer, outAt, channels)
      for (let i = 0; i < channels; i++) result[i] = found[i]! / (mean ? rows : 1)
    })
    return out
  }

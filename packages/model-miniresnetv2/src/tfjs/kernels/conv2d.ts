import type * as tf from '@tensorflow/tfjs'
import { sizeOf } from '@aed/core'
import { createConvolution } from '../../wasm/winograd.ts'
import { convShape, type ConvAttributes } from './conv2d-gradients.ts'
import { compute, type WasmBackend } from './host.ts'

/**
 * `Conv2D` and `FusedConv2D`: the convolution with its bias and ReLU, 3 × 3 by Winograd where it pays. Other activations, and layouts that the backend refuses itself, go to
 * the kernel that was there.
 */
export const convolution =
  (name: string) =>
  (present: tf.KernelFunc): tf.KernelFunc =>
  (call) => {
    const { x, filter, bias } = call.inputs as { readonly x: tf.TensorInfo; readonly filter: tf.TensorInfo; readonly bias?: tf.TensorInfo }
    const { activation = 'linear', ...attributes } = call.attrs as unknown as ConvAttributes & { readonly activation?: string }
    if (attributes.dataFormat !== 'NHWC' || x.dtype !== 'float32' || !['linear', 'relu'].includes(activation)) return present(call)
    const shape = convShape(x.shape, filter.shape, attributes, name)
    if (bias && sizeOf(bias.shape) !== shape.outChannels) return present(call)
    const conv = createConvolution(shape)
    const wasm = call.backend as WasmBackend
    const batch = x.shape[0]!
    const out = wasm.makeOutput([batch, shape.outHeight, shape.outWidth, shape.outChannels], 'float32')
    const tensors: readonly tf.TensorInfo[] = [x, filter, ...(bias ? [bias] : []), out]
    compute(wasm, tensors, 1, conv.scratchBytes, (k, ...pointers) => {
      const [y, scratch] = pointers.slice(-2) as [number, number]
      conv.forward(k, batch, pointers[0], pointers[1]!, bias ? pointers[2]! : 0, y, scratch)
      if (activation === 'relu') k.relu(y, y, sizeOf(out.shape))
    })
    return out
  }

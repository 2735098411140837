import * as tf from '@tensorflow/tfjs'
import { AedError } from '@aed/core'
import type { ConvShape } from '../../wasm/conv2d.ts'
import { createConvolution } from '../../wasm/winograd.ts'
import { compute, type WasmBackend } from './host.ts'

type Shape4 = [number, number, number, number]

/** Attributes of a convolution and of its gradients; these have no dilations: tfjs differentiates no dilated convolution. */
export interface ConvAttributes {
  readonly strides: number | [number, number]
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding
  readonly dilations?: number | [number, number]
  readonly dataFormat: 'NHWC' | 'NCHW'
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

/** @throws AedError `MODEL_UNSUPPORTED` for channels first */
export function convShape(inputShape: readonly number[], filterShape: readonly number[], attributes: ConvAttributes, kernel: string): ConvShape {
  const { strides, pad, dilations = 1, dataFormat, dimRoundingMode } = attributes
  if (dataFormat === 'NCHW') throw new AedError('MODEL_UNSUPPORTED', `${kernel} on wasm: expected channels last (NHWC), got NCHW`)
  const info = tf.backend_util.computeConv2DInfo(inputShape as Shape4, filterShape as Shape4, strides, dilations, pad, dimRoundingMode, false, 'channelsLast')
  const { padInfo, ...shape } = info
  return { ...shape, padTop: padInfo.top, padLeft: padInfo.left }
}

/** The gradient of a convolution by its filter. */
export const conv2DBackpropFilter: tf.KernelFunc = ({ inputs, backend, attrs }) => {
  const { x, dy } = inputs as { x: tf.TensorInfo; dy: tf.TensorInfo }
  const { filterShape, ...rest } = attrs as unknown as ConvAttributes & { readonly filterShape: number[] }
  const conv = createConvolution(convShape(x.shape, filterShape, rest, 'Conv2DBackpropFilter'))
  const wasm = backend as WasmBackend
  const batch = x.shape[0]!
  const out = wasm.makeOutput(filterShape, 'float32')
  compute(wasm, [x, dy, out], 1, conv.scratchBytes, (k, x, dy, gradient, scratch) => conv.filterGradient(k, batch, x, dy, gradient, scratch))
  return out
}

/** The gradient of a convolution by its input. */
export const conv2DBackpropInput: tf.KernelFunc = ({ inputs, backend, attrs }) => {
  const { dy, filter } = inputs as { dy: tf.TensorInfo; filter: tf.TensorInfo }
  const { inputShape, ...rest } = attrs as unknown as ConvAttributes & { readonly inputShape: number[] }
  const conv = createConvolution(convShape(inputShape, filter.shape, rest, 'Conv2DBackpropInput'))
  const wasm = backend as WasmBackend
  const batch = inputShape[0]!
  const out = wasm.makeOutput(inputShape, 'float32')
  compute(wasm, [dy, filter, out], 1, conv.scratchBytes, (k, dy, filter, dx, scratch) => conv.inputGradient(k, batch, dy, filter, dx, scratch))
  return out
}

import type { Activation, GraphNode } from '@aed/core'
import { typedTensor, unsupported, type Storage } from '../executor.ts'
import { clamp, roundHalfAway } from '../fixed-point.ts'

/** Affine quantization of a whole tensor. */
export interface TensorQuantization {
  /** A float32 value. */
  readonly scale: number
  readonly zeroPoint: number
}

/** Scale and zero point of an int8 activation; one of each. */
export function quantizationOf({ graph }: Storage, node: GraphNode, name: string | undefined): TensorQuantization {
  const { quantization } = typedTensor(graph, node, name, 'int8')
  const [scale, zeroPoint] = [quantization?.scales[0], quantization?.zeroPoints[0]]
  if (scale === undefined || zeroPoint === undefined) throw unsupported(graph, node, `tensor '${name ?? ''}' has no scale and zero point`)
  if (quantization!.scales.length !== 1) throw unsupported(graph, node, `activation '${name ?? ''}' has ${quantization!.scales.length} scales, one is supported`)
  if (!(scale > 0 && scale < Infinity) || !Number.isInteger(zeroPoint) || zeroPoint < -128 || zeroPoint > 127)
    throw unsupported(graph, node, `tensor '${name ?? ''}' has scale ${scale} and zero point ${zeroPoint}`)
  return { scale, zeroPoint }
}

/** The node must not change the scale: pooling, padding and the like. */
export function sameQuantization(storage: Storage, node: GraphNode): TensorQuantization {
  const input = quantizationOf(storage, node, node.inputs[0])
  const output = quantizationOf(storage, node, node.outputs[0])
  if (Math.abs(input.scale - output.scale) > 1e-6 || input.zeroPoint !== output.zeroPoint)
    throw unsupported(storage.graph, node, `its output must have the input's scale ${input.scale} and zero point ${input.zeroPoint}, it has ${output.scale} and ${output.zeroPoint}`)
  return output
}

/** Smallest and largest output of a node with a fused activation. @see tflite::CalculateActivationRangeQuantized */
export function activationRange(activation: Activation, { scale, zeroPoint }: TensorQuantization): { min: number; max: number } {
  return {
    min: activation === 'none' ? -128 : Math.max(-128, zeroPoint),
    max: activation === 'relu6' ? Math.min(127, zeroPoint + roundHalfAway(Math.fround(6 / scale))) : 127,
  }
}

/** A function of one int8 as a table, index q + 128, clamped to int8. */
export function int8Table(f: (q: number) => number): Int8Array {
  return Int8Array.from({ length: 256 }, (_, i) => clamp(f(i - 128), -128, 127))
}


import { AedError, tensorOf, type Activation, type Graph, type GraphNode, type GraphTensor } from '@aed/core'
import { roundHalfAway } from '../fixed-point.ts'
import type { Affine } from '../network.ts'

/** The error for what cannot become C, with its place. */
export function unsupported(graph: Graph, node: GraphNode, what: string, hint?: string): AedError {
  return new AedError('DEPLOY_UNSUPPORTED', `graph '${graph.name}', ${node.op} '${node.name}': ${what}`, hint === undefined ? {} : { hint })
}

/** An int8 tensor of one scale and zero point. */
export function affineOf(graph: Graph, node: GraphNode, name: string | undefined): Affine {
  const { dtype, quantization } = tensorOf(graph, name)
  const where = `tensor '${name ?? ''}'`
  if (dtype !== 'int8') throw unsupported(graph, node, `${where} is ${dtype}, expected int8`, 'quantize the model first: aed quantize')
  const [scale, zeroPoint] = [quantization?.scales[0], quantization?.zeroPoints[0]]
  if (quantization?.scales.length !== 1 || scale === undefined || zeroPoint === undefined)
    throw unsupported(graph, node, `${where} has ${quantization?.scales.length ?? 0} scales, expected one`)
  if (!(scale > 0 && scale < Infinity) || !Number.isInteger(zeroPoint) || zeroPoint < -128 || zeroPoint > 127)
    throw unsupported(graph, node, `${where} has scale ${scale} and zero point ${zeroPoint}`)
  return { scale: Math.fround(scale), zeroPoint }
}

/** For nodes that only move values: input and output must be of one scale. */
export function sameAffine(graph: Graph, node: GraphNode): Affine {
  const input = affineOf(graph, node, node.inputs[0])
  const output = affineOf(graph, node, node.outputs[0])
  if (Math.abs(input.scale - output.scale) > 1e-6 || input.zeroPoint !== output.zeroPoint)
    throw unsupported(graph, node, `its output has scale ${output.scale} and zero point ${output.zeroPoint}, expected the input's ${input.scale} and ${input.zeroPoint}`)
  return output
}

/** Limits of the outputs with a fused activation, as the C struct `aed_range`. @see tflite::CalculateActivationRangeQuantized */
export function rangeOf(activation: Activation, { scale, zeroPoint }: Affine) {
  return {
    zero_point: zeroPoint,
    min: activation === 'none' ? -128 : Math.max(-128, zeroPoint),
    max: activation === 'relu6' ? Math.min(127, zeroPoint + roundHalfAway(Math.fround(6 / scale))) : 127,
  }
}

/** An int8 constant. */
export function constantOf(graph: Graph, node: GraphNode, name: string | undefined): GraphTensor & { readonly data: Int8Array } {
  const found = tensorOf(graph, name)
  if (!(found.data && found.dtype === 'int8')) throw unsupported(graph, node, `'${name ?? ''}' is ${found.data ? found.dtype : 'not constant'}, expected an int8 constant`)
  return { ...found, data: found.data as Int8Array }
}

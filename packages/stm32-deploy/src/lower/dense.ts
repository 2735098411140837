import { tensorOf, type DenseNode } from '@aed/core'
import type { Layer, Lines } from '../network.ts'
import { callsByInputRow } from './calls.ts'
import { formatLines, sizeOfLines, type Lowering } from './lowering.ts'
import { affineOf, rangeOf } from './quantization.ts'
import { foldZeroPoint, inDouble, productInFloat, weightedSum, weightTables } from './weights.ts'

/** Sums row by row of its input, through the reshape before it, so that a flattened tensor is never whole. */
export function lowerDense(lowering: Lowering, node: DenseNode, out: Lines): Layer {
  const { graph } = lowering
  const lines = lowering.flatLines(node, node.inputs[0]!)
  const weights = tensorOf(graph, node.inputs[1])
  const sum = weightedSum(lowering, node, 0, weights.quantization?.scales.length === 1 ? productInFloat : inDouble)
  const { bias, accumulatorBits } = foldZeroPoint(lowering, node, sum, affineOf(graph, node, node.inputs[0]).zeroPoint)
  return {
    name: node.name,
    op: node.op,
    summary: `${formatLines(lines)} -> ${formatLines(out)}`,
    kernel: 'dense_s8',
    inputs: [lines.storage],
    output: out.storage,
    inPlace: [],
    calls: callsByInputRow(lines.height, out.height),
    indexStep: 1,
    parameters: { in: { ring: lines }, out: { ring: out }, range: rangeOf(node.activation, affineOf(graph, node, node.outputs[0])) },
    tables: weightTables(sum, bias),
    arguments: [{ table: 0 }, { table: 1 }, { table: 2 }, { table: 3 }, { storage: lines.storage }, { storage: out.storage }, { work: 'int32_t' }],
    work: { bytes: 4 * bias.length, lives: 'layer' },
    macs: bias.length * sizeOfLines(lines),
    cost: 2 * bias.length * sizeOfLines(lines),
    accumulatorBits,
  }
}

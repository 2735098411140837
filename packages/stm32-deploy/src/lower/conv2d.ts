import type { Conv2dNode } from '@aed/core'
import type { Layer, Lines } from '../network.ts'
import { callsByOutputRow } from './calls.ts'
import { formatLines, sizeOfLines, type Lowering } from './lowering.ts'
import { affineOf, rangeOf } from './quantization.ts'
import { packWeights } from './pack-weights.ts'
import { foldZeroPoint, inDouble, weightedSum, weightTables } from './weights.ts'
import { convolutionInput, describeWindow, windowRows } from './window.ts'

/** Windows are gathered, two columns at a time, for packed weights; where these are not proven, a 1 × 1 filter without padding reads its input where it lies. */
export function lowerConv2d(lowering: Lowering, node: Conv2dNode, out: Lines): Layer {
  const { graph } = lowering
  const { lines, window } = convolutionInput(lowering, node)
  const { zeroPoint } = affineOf(graph, node, node.inputs[0])
  const sum = weightedSum(lowering, node, 0, inDouble)
  const { bias, accumulatorBits } = foldZeroPoint(lowering, node, sum, zeroPoint)
  const depth = window.filter_height * window.filter_width * lines.channels
  const pointwise = depth === lines.channels && window.pad_top === 0 && window.pad_left === 0 && fits(node, lines, out)
  const packed = packWeights(sum, accumulatorBits)
  const shared = {
    name: node.name,
    op: node.op,
    summary: `${describeWindow(window)}: ${formatLines(lines)} -> ${formatLines(out)}`,
    inputs: [lines.storage],
    output: out.storage,
    inPlace: [],
    calls: callsByOutputRow(out.height, (row) => [windowRows(window, lines.height, row)]),
    indexStep: 1,
    tables: weightTables(sum, bias),
    macs: sizeOfLines(out) * depth,
    accumulatorBits,
  }
  const geometry = { in: { ring: lines }, out: { ring: out } }
  const range = rangeOf(node.activation, affineOf(graph, node, node.outputs[0]))
  const tables = [{ table: 0 }, { table: 1 }, { table: 2 }, { table: 3 }]
  const ends = [{ storage: lines.storage }, { storage: out.storage }]
  if (packed) {
    return {
      ...shared,
      kernel: 'conv_packed_s8',
      tables: [packed, ...shared.tables.slice(1)],
      parameters: { ...geometry, window, range, in_zero_point: zeroPoint },
      arguments: [...tables, ...ends, { work: 'int16_t' }],
      work: { bytes: 4 * Math.ceil(depth / 4) * 4, lives: 'call' },
    }
  }
  return pointwise
    ? {
        ...shared,
        kernel: 'conv_1x1_s8',
        parameters: { ...geometry, range, stride_height: window.stride_height, stride_width: window.stride_width },
        arguments: [...tables, ...ends],
      }
    : {
        ...shared,
        kernel: 'conv_s8',
        parameters: { ...geometry, window, range, in_zero_point: zeroPoint },
        arguments: [...tables, ...ends, { work: 'int8_t' }],
        work: { bytes: 2 * depth, lives: 'call' },
      }
}

/** True when no output reads beyond the last row or column, as one behind a PAD at the end would. */
function fits({ strides }: Conv2dNode, lines: Lines, out: Lines): boolean {
  return (out.height - 1) * strides[0] < lines.height && (out.width - 1) * strides[1] < lines.width
}

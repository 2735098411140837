import type { DepthwiseConv2dNode } from '@aed/core'
import type { Layer, Lines } from '../network.ts'
import { callsByOutputRow } from './calls.ts'
import { formatLines, sizeOfLines, type Lowering } from './lowering.ts'
import { affineOf, rangeOf } from './quantization.ts'
import { accumulatorBits, inDouble, weightedSum, weightTables } from './weights.ts'
import { convolutionInput, describeWindow, windowRows } from './window.ts'

export function lowerDepthwiseConv2d(lowering: Lowering, node: DepthwiseConv2dNode, out: Lines): Layer {
  const { graph } = lowering
  const { lines, window } = convolutionInput(lowering, node)
  const { zeroPoint } = affineOf(graph, node, node.inputs[0])
  const sum = weightedSum(lowering, node, 3, inDouble)
  const taps = window.filter_height * window.filter_width
  const largest = sum.bias.reduce((most, bias) => Math.max(most, Math.abs(bias)), 0) + taps * 128 * 255
  return {
    name: node.name,
    op: node.op,
    summary: `${describeWindow(window)}: ${formatLines(lines)} -> ${formatLines(out)}`,
    kernel: 'depthwise_conv_s8',
    inputs: [lines.storage],
    output: out.storage,
    inPlace: [],
    calls: callsByOutputRow(out.height, (row) => [windowRows(window, lines.height, row)]),
    indexStep: 1,
    parameters: {
      in: { ring: lines },
      out: { ring: out },
      window,
      range: rangeOf(node.activation, affineOf(graph, node, node.outputs[0])),
      in_zero_point: zeroPoint,
      channel_multiplier: node.multiplier,
    },
    tables: weightTables(sum, sum.bias),
    arguments: [{ table: 0 }, { table: 1 }, { table: 2 }, { table: 3 }, { storage: lines.storage }, { storage: out.storage }],
    macs: sizeOfLines(out) * taps,
    accumulatorBits: accumulatorBits(graph, node, largest),
  }
}

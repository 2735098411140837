import type { DepthwiseConv2dNode } from '@aed/core'
import type { Layer, Lines } from '../network.ts'
import { scale } from '../fixed-point.ts'
import { affineStep, perChannelStep } from './affine-step.ts'
import { callsByOutputRow } from './calls.ts'
import { formatLines, sizeOfLines, type Lowering } from './lowering.ts'
import { affineOf, rangeOf } from './quantization.ts'
import { accumulatorBits, inDouble, weightedSum, weightTables, type WeightedSum } from './weights.ts'
import { convolutionInput, describeWindow, windowRows, type Window } from './window.ts'

export function lowerDepthwiseConv2d(lowering: Lowering, node: DepthwiseConv2dNode, out: Lines): Layer {
  const { graph } = lowering
  const { lines, window } = convolutionInput(lowering, node)
  const { zeroPoint } = affineOf(graph, node, node.inputs[0])
  const sum = weightedSum(lowering, node, 3, inDouble)
  const taps = window.filter_height * window.filter_width
  const largest = sum.bias.reduce((most, bias) => Math.max(most, Math.abs(bias)), 0) + taps * 128 * 255
  const output = affineOf(graph, node, node.outputs[0])
  const range = rangeOf(node.activation, output)
  const shared = {
    name: node.name,
    op: node.op,
    summary: `${describeWindow(window)}: ${formatLines(lines)} -> ${formatLines(out)}`,
    inputs: [lines.storage],
    output: out.storage,
    calls: callsByOutputRow(out.height, (row) => [windowRows(window, lines.height, row)]),
    indexStep: 1,
    macs: sizeOfLines(out) * taps,
    cost: (30 + 8 * taps) * sizeOfLines(out),
    accumulatorBits: accumulatorBits(graph, node, largest),
  }
  const geometry = { in: { ring: lines }, out: { ring: out } }
  const ends = [{ storage: lines.storage }, { storage: out.storage }]
  const found = isPerChannel(window, node, lines, out) ? affineStep(perChannel(sum, zeroPoint, range), slopes(sum), range) : undefined
  if (found) return { ...shared, inPlace: [0], ...perChannelStep(lines, out, range, found) }
  return {
    ...shared,
    kernel: 'depthwise_conv_s8',
    proof: { refused: [isPerChannel(window, node, lines, out) ? 'affine: in some channel no line gives all 256 outputs' : 'affine: more than a scale and an offset for each channel'] },
    inPlace: [],
    parameters: { ...geometry, window, range, in_zero_point: zeroPoint, channel_multiplier: node.multiplier },
    tables: weightTables(sum, sum.bias),
    arguments: [{ table: 0 }, { table: 1 }, { table: 2 }, { table: 3 }, ...ends],
  }
}

/** True for a 1 × 1 filter that only scales and offsets each channel where it lies, as a batch normalization does. */
function isPerChannel({ filter_height, filter_width, stride_height, stride_width, pad_top, pad_left }: Window, { multiplier }: DepthwiseConv2dNode, lines: Lines, out: Lines): boolean {
  const single = filter_height * filter_width * stride_height * stride_width * multiplier === 1 && pad_top === 0 && pad_left === 0
  return single && lines.height === out.height && lines.width === out.width
}

/** What the literal kernel makes of each of the 256 inputs, for each channel. */
function perChannel({ weights, bias, multiplier, shift }: WeightedSum, inZeroPoint: number, range: ReturnType<typeof rangeOf>): readonly Int8Array[] {
  return Array.from(bias, (start, channel) =>
    Int8Array.from({ length: 256 }, (_, i) => {
      const value = scale(start + weights[channel]! * (i - 128 - inZeroPoint), { multiplier: multiplier[channel]!, shift: shift[channel]! })
      return Math.max(range.min, Math.min(range.max, value + range.zero_point))
    }),
  )
}

const slopes = ({ weights, multiplier, shift }: WeightedSum): readonly number[] =>
  Array.from(weights, (weight, channel) => weight * multiplier[channel]! * 2 ** (shift[channel]! - 31))

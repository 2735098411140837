import { formatShape, tensorOf, type MeanNode } from '@aed/core'
import { quantizeMultiplier } from '../fixed-point.ts'
import type { Layer, Lines } from '../network.ts'
import { callsByInputRow, callsByOutputRow } from './calls.ts'
import { formatLines, sizeOfLines, type Lowering } from './lowering.ts'
import { affineOf, rangeOf, unsupported } from './quantization.ts'
import { accumulatorBits } from './weights.ts'

/**
 * Mean over rows, columns, channels or some of them; the division is part of the output's factor.
 * @see tflite::reference_ops::QuantizedMeanOrSum
 */
export function lowerMean(lowering: Lowering, node: MeanNode, out: Lines): Layer {
  const { graph } = lowering
  const { shape } = tensorOf(graph, node.inputs[0])
  if (shape.length !== 4) throw unsupported(graph, node, `its input has shape ${formatShape(shape)}, expected [1, height, width, channels]`)
  const lines = lowering.lines(node, node.inputs[0])
  const [from, to] = [affineOf(graph, node, node.inputs[0]), affineOf(graph, node, node.outputs[0])]
  const [overRows, overColumns, overChannels] = [1, 2, 3].map((axis) => node.axes.includes(axis))
  const count = (overRows ? lines.height : 1) * (overColumns ? lines.width : 1) * (overChannels ? lines.channels : 1)
  const sums = (overColumns ? 1 : lines.width) * (overChannels ? 1 : lines.channels)
  const rowSums = !overRows && out.height !== lines.height
  if (sums > 32767) throw unsupported(graph, node, `it keeps ${sums} sums, at most 32767 are supported`)
  if (rowSums) throw unsupported(graph, node, `its output ${formatLines(out)} does not keep the rows of ${formatLines(lines)}`, 'keep its dimensions (keepDims)')
  // The division's factor keeps as many bits as it can: what is lost here decides roundings.
  const factor = quantizeMultiplier(from.scale / to.scale)
  const bits = Math.min(31 - Math.clz32(count), 31 + factor.shift)
  const multiplier = Number((BigInt(factor.multiplier) << BigInt(bits)) / BigInt(count))
  return {
    name: node.name,
    op: node.op,
    summary: `axes ${formatShape(node.axes)}: ${formatLines(lines)} -> ${formatLines(out)}`,
    kernel: 'mean_s8',
    inputs: [lines.storage],
    output: out.storage,
    inPlace: [],
    calls: overRows ? callsByInputRow(lines.height, out.height) : callsByOutputRow(out.height, (row) => [{ from: row, to: row + 1 }]),
    indexStep: 1,
    parameters: {
      in: { ring: lines },
      out: { ring: out },
      range: rangeOf('none', to),
      factor: { multiplier, shift: factor.shift - bits },
      zero_sum: from.zeroPoint * count,
      row_step: overRows ? 0 : 1,
      column_step: overColumns ? 0 : overChannels ? 1 : lines.channels,
      channel_step: overChannels ? 0 : 1,
      sums,
    },
    tables: [],
    arguments: [{ storage: lines.storage }, { storage: out.storage }, { work: 'int32_t' }],
    work: { bytes: 4 * sums, lives: overRows ? 'layer' : 'call' },
    macs: 0,
    cost: 6 * sizeOfLines(lines),
    accumulatorBits: accumulatorBits(graph, node, count * 256),
  }
}

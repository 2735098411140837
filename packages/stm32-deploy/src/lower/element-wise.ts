import { exp, tensorOf, type PadNode, type PlainNode, type SoftmaxNode } from '@aed/core'
import { clampToInt8, quantizeMultiplier, roundHalfAway, scale } from '../fixed-point.ts'
import type { Affine, Layer, Lines, Table } from '../network.ts'
import { callsByInputRow, callsByOutputRow } from './calls.ts'
import { formatLines, rowRange, sizeOfLines, type Lowering } from './lowering.ts'
import { affineOf, sameAffine } from './quantization.ts'

type LayerBase = Omit<Layer, 'kernel' | 'parameters' | 'tables'>

/** A layer whose row needs the same row of its one input. */
function rowByRow(node: PlainNode | SoftmaxNode, lines: Lines, out: Lines): LayerBase {
  return {
    name: node.name,
    op: node.op,
    summary: `${formatLines(lines)} -> ${formatLines(out)}`,
    inputs: [lines.storage],
    output: out.storage,
    inPlace: [0],
    calls: callsByOutputRow(out.height, (row) => [{ from: row, to: row + 1 }]),
    indexStep: 1,
    arguments: [{ table: 0 }, { storage: lines.storage }, { storage: out.storage }],
    macs: 0,
    cost: 6 * sizeOfLines(out),
  }
}

/** A function of one int8 is a table of 256. */
function lookup(lowering: Lowering, node: PlainNode, out: Lines, f: (q: number, from: Affine, to: Affine) => number): Layer {
  const lines = lowering.lines(node, node.inputs[0])
  const from = affineOf(lowering.graph, node, node.inputs[0])
  const to = affineOf(lowering.graph, node, node.outputs[0])
  const data = Int8Array.from({ length: 256 }, (_, i) => clampToInt8(f(i - 128, from, to)))
  const table: Table = { name: 'table', kind: 'tables', data, shape: [256] }
  return { ...rowByRow(node, lines, out), kernel: 'lookup_s8', parameters: { in: { ring: lines }, out: { ring: out } }, tables: [table] }
}

/** @see tflite::reference_ops::ReluX (the factor in float32) */
export function lowerRelu(lowering: Lowering, node: PlainNode, out: Lines): Layer {
  return lookup(lowering, node, out, (q, from, to) => {
    const factor = quantizeMultiplier(Math.fround(from.scale / to.scale))
    return Math.max(scale(q - from.zeroPoint, factor) + to.zeroPoint, to.zeroPoint)
  })
}

/** From one scale to another. @see tflite::reference_ops::Requantize (the factor in double) */
export function lowerQuantize(lowering: Lowering, node: PlainNode, out: Lines): Layer {
  return lookup(lowering, node, out, (q, from, to) => scale(q - from.zeroPoint, quantizeMultiplier(from.scale / to.scale)) + to.zeroPoint)
}

/** 1 / (1 + e^−x) in float32. @see tflite::LUTPopulate */
export function lowerLogistic(lowering: Lowering, node: PlainNode, out: Lines): Layer {
  return lookup(lowering, node, out, (q, from, to) => {
    const x = Math.fround(from.scale * (q - from.zeroPoint))
    const y = Math.fround(1 / Math.fround(1 + Math.fround(exp(-x))))
    return roundHalfAway(Math.fround(y * Math.fround(1 / to.scale))) + to.zeroPoint
  })
}

/**
 * Softmax with e^(−beta · scale · d) as a float32 table of the distance d to the largest value.
 * @see tflite::PopulateSoftmaxLookupTable
 */
export function lowerSoftmax(lowering: Lowering, node: SoftmaxNode, out: Lines): Layer {
  const lines = lowering.lines(node, node.inputs[0])
  const from = affineOf(lowering.graph, node, node.inputs[0])
  const to = affineOf(lowering.graph, node, node.outputs[0])
  const factor = Math.fround(-from.scale * Math.fround(node.beta))
  const data = Float32Array.from({ length: 256 }, (_, distance) => exp(Math.fround(factor * distance)))
  return {
    ...rowByRow(node, lines, out),
    kernel: 'softmax_s8',
    parameters: { in: { ring: lines }, out: { ring: out }, out_scale: { float: to.scale }, out_zero_point: to.zeroPoint },
    tables: [{ name: 'exps', kind: 'tables', data, shape: [256] }],
  }
}

/** A reshape whose rows are others than its input's, for a consumer that cannot do without. */
export function lowerReshape(lowering: Lowering, node: PlainNode, out: Lines): Layer {
  const lines = lowering.lines(node, node.inputs[0])
  return {
    ...rowByRow(node, lines, out),
    kernel: 'reshape_s8',
    inPlace: [],
    calls: callsByInputRow(lines.height, out.height),
    parameters: { in: { ring: lines }, out: { ring: out } },
    tables: [],
    arguments: [{ storage: lines.storage }, { storage: out.storage }],
  }
}

/** A PAD that its consumers do not take over. */
export function lowerPad(lowering: Lowering, node: PadNode, out: Lines): Layer {
  const { zeroPoint } = sameAffine(lowering.graph, node)
  const lines = lowering.lines(node, node.inputs[0])
  const shape = tensorOf(lowering.graph, node.inputs[0]).shape
  // Paddings of [height, width, channels], as imageOf reads a shape.
  const before = node.paddings.slice(shape.length > 1 ? 1 : 0).map(([count]) => count)
  const channels = before.at(-1) ?? 0
  const [top, left] = before.length === 3 ? [before[0]!, before[1]!] : [before.length === 2 ? before[0]! : 0, 0]
  return {
    name: node.name,
    op: node.op,
    summary: `${formatLines(lines)} -> ${formatLines(out)}`,
    kernel: 'pad_s8',
    inputs: [lines.storage],
    output: out.storage,
    inPlace: [],
    calls: callsByOutputRow(out.height, (row) => [rowRange(row - top, row - top + 1, lines.height)]),
    indexStep: 1,
    parameters: { in: { ring: lines }, out: { ring: out }, pad_top: top, pad_left: left, pad_channels: channels, value: zeroPoint },
    tables: [],
    arguments: [{ storage: lines.storage }, { storage: out.storage }],
    macs: 0,
    cost: sizeOfLines(out),
  }
}

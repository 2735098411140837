import { tensorOf, type Pool2dNode } from '@aed/core'
import type { Call, Layer, Lines } from '../network.ts'
import { callsByOutputRow } from './calls.ts'
import { formatLines, rowRange, sizeOfLines, type Lowering, type Unpadded } from './lowering.ts'
import { rangeOf, sameAffine } from './quantization.ts'
import { describeWindow, windowOf, windowRows, type Window } from './window.ts'

/**
 * Maximum pooling takes each input row at once into the rows of the output that it belongs to, so that of the (larger) input one row is
 * kept. A PAD before it counts as a value, its own padding does not: the two are never mixed.
 */
export function lowerMaxPool2d(lowering: Lowering, node: Pool2dNode, out: Lines): Layer {
  const affine = sameAffine(lowering.graph, node)
  const { lines, window, fused } = maxPoolInput(lowering, node, out)
  return {
    ...poolLayer(node, lines, window, out),
    kernel: 'max_pool_s8',
    ...maxPoolCalls(window, lines.height, out.height),
    parameters: { in: { ring: lines }, out: { ring: out }, window, range: rangeOf(node.activation, affine), pad_value: fused ? affine.zeroPoint : -128 },
  }
}

/** Averages need their whole window at once; a PAD before them would count as a value and is made for real. */
export function lowerAveragePool2d(lowering: Lowering, node: Pool2dNode, out: Lines): Layer {
  const range = rangeOf(node.activation, sameAffine(lowering.graph, node))
  const { lines, window } = pooled(lowering, node, lowering.padded(node, node.inputs[0]!))
  return {
    ...poolLayer(node, lines, window, out),
    kernel: 'average_pool_s8',
    calls: callsByOutputRow(out.height, (row) => [windowRows(window, lines.height, row)]),
    indexStep: 1,
    parameters: { in: { ring: lines }, out: { ring: out }, window, range },
  }
}

function pooled(lowering: Lowering, node: Pool2dNode, { lines, padding, fused }: Unpadded) {
  return { lines, fused, window: windowOf({ ...node, dilations: [1, 1] }, tensorOf(lowering.graph, node.inputs[0]).shape, padding) }
}

function maxPoolInput(lowering: Lowering, node: Pool2dNode, out: Lines) {
  if (node.padding === 'valid') {
    const found = pooled(lowering, node, lowering.unpadded(node, node.inputs[0]!))
    // A window of padding alone would have no input row to begin with.
    const rows = Array.from({ length: out.height }, (_, row) => windowRows(found.window, found.lines.height, row))
    if (rows.every(({ from, to }) => from < to)) return found
  }
  return pooled(lowering, node, lowering.padded(node, node.inputs[0]!))
}

const poolLayer = (node: Pool2dNode, lines: Lines, window: Window, out: Lines) => ({
  name: node.name,
  op: node.op,
  summary: `${describeWindow(window)}: ${formatLines(lines)} -> ${formatLines(out)}`,
  inputs: [lines.storage],
  output: out.storage,
  inPlace: [],
  tables: [],
  arguments: [{ storage: lines.storage }, { storage: out.storage }],
  macs: 0,
  cost: 2 * window.filter_height * window.filter_width * sizeOfLines(out),
})

/** A call for each input row that a window can hold; with windows one row high only for those that one does. */
function maxPoolCalls(window: Window, height: number, outHeight: number): Pick<Layer, 'calls' | 'indexStep'> {
  if (window.filter_height === 1) return { calls: callsByOutputRow(outHeight, (row) => [windowRows(window, height, row)]), indexStep: window.stride_height }
  const windows = Array.from({ length: outHeight }, (_, row) => windowRows(window, height, row))
  const calls = Array.from({ length: windows.at(-1)!.to }, (_, row): Call => {
    const holds = windows.map(({ from, to }) => row >= from && row < to)
    const complete = windows.filter(({ to }) => to <= row + 1).length
    const first = holds.indexOf(true)
    return { reads: [rowRange(row, row + 1, height)], writes: first < 0 ? { from: complete, to: complete } : { from: first, to: holds.lastIndexOf(true) + 1 }, complete }
  })
  return { calls, indexStep: 1 }
}

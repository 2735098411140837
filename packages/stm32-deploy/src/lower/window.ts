import { paddingBefore, tensorOf, type Conv2dNode, type DepthwiseConv2dNode, type Padding } from '@aed/core'
import type { Lines, RowRange } from '../network.ts'
import { rowRange, type Padding2d, type Lowering } from './lowering.ts'

/** The C struct `aed_window`. */
export type Window = {
  readonly filter_height: number
  readonly filter_width: number
  readonly stride_height: number
  readonly stride_width: number
  readonly dilation_height: number
  readonly dilation_width: number
  readonly pad_top: number
  readonly pad_left: number
}

interface Sliding {
  readonly filter: readonly [number, number]
  readonly strides: readonly [number, number]
  readonly dilations: readonly [number, number]
  readonly padding: Padding
}

/**
 * A window over lines whose own padding and that of a PAD before it are one.
 * @param paddedShape shape of the node's input, the PAD included
 */
export function windowOf({ filter, strides, dilations, padding }: Sliding, paddedShape: readonly number[], fused: Padding2d): Window {
  const before = (axis: 0 | 1) => paddingBefore(paddedShape[axis + 1]!, filter[axis], strides[axis], padding, dilations[axis])
  return {
    filter_height: filter[0],
    filter_width: filter[1],
    stride_height: strides[0],
    stride_width: strides[1],
    dilation_height: dilations[0],
    dilation_width: dilations[1],
    pad_top: before(0) + fused.top,
    pad_left: before(1) + fused.left,
  }
}

/** Rows of the input that an output row's window covers. */
export function windowRows(window: Window, height: number, row: number): RowRange {
  const top = row * window.stride_height - window.pad_top
  return rowRange(top, top + (window.filter_height - 1) * window.dilation_height + 1, height)
}

/** The input of a convolution, without a PAD before it (a zero point adds nothing to the sums, wherever it comes from), and its window. */
export function convolutionInput(lowering: Lowering, node: Conv2dNode | DepthwiseConv2dNode): { readonly lines: Lines; readonly window: Window } {
  const { lines, padding } = lowering.unpadded(node, node.inputs[0]!)
  const [, height, width] = tensorOf(lowering.graph, node.inputs[1]).shape
  return { lines, window: windowOf({ ...node, filter: [height!, width!] }, tensorOf(lowering.graph, node.inputs[0]).shape, padding) }
}

/** `3x3 stride 2` for comments. */
export function describeWindow({ filter_height, filter_width, stride_height, stride_width, dilation_height, dilation_width, pad_top, pad_left }: Window): string {
  const stride = stride_height === stride_width ? `${stride_height}` : `${stride_height}x${stride_width}`
  const dilated = dilation_height * dilation_width > 1 ? `, dilation ${dilation_height}x${dilation_width}` : ''
  const padded = pad_top + pad_left > 0 ? `, pad ${pad_top} ${pad_left}` : ''
  return `${filter_height}x${filter_width} stride ${stride}${dilated}${padded}`
}

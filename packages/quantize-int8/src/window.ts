import { paddingBefore, tensorOf, type Conv2dNode, type DepthwiseConv2dNode, type Graph, type Pool2dNode } from '@aed/core'

/** Sizes of one convolution or pooling, as its loops need them. */
export interface WindowGeometry {
  readonly inputHeight: number
  readonly inputWidth: number
  readonly inputChannels: number
  readonly outputHeight: number
  readonly outputWidth: number
  readonly outputChannels: number
  readonly filterHeight: number
  readonly filterWidth: number
  readonly strideHeight: number
  readonly strideWidth: number
  readonly dilationHeight: number
  readonly dilationWidth: number
  readonly padTop: number
  readonly padLeft: number
}

/** Geometry of a node whose shapes {@link validateGraph} has checked. */
export function windowGeometry(graph: Graph, node: Conv2dNode | DepthwiseConv2dNode | Pool2dNode): WindowGeometry {
  const [, inputHeight, inputWidth, inputChannels] = tensorOf(graph, node.inputs[0]).shape as [number, number, number, number]
  const [, outputHeight, outputWidth, outputChannels] = tensorOf(graph, node.outputs[0]).shape as [number, number, number, number]
  const convolves = node.op === 'conv2d' || node.op === 'depthwiseConv2d'
  const [filterHeight, filterWidth] = convolves ? (tensorOf(graph, node.inputs[1]).shape.slice(1, 3) as [number, number]) : node.filter
  const [strideHeight, strideWidth] = node.strides
  const [dilationHeight, dilationWidth] = convolves ? node.dilations : [1, 1]
  return {
    inputHeight, inputWidth, inputChannels, outputHeight, outputWidth, outputChannels,
    filterHeight, filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth,
    padTop: paddingBefore(inputHeight, filterHeight, strideHeight, node.padding, dilationHeight),
    padLeft: paddingBefore(inputWidth, filterWidth, strideWidth, node.padding, dilationWidth),
  }
}

/** Taps `[first, end)` of a filter along one axis that fall inside the input. */
export function firstTap(origin: number, dilation: number): number {
  return origin >= 0 ? 0 : Math.ceil(-origin / dilation)
}
export function endTap(origin: number, dilation: number, taps: number, length: number): number {
  return Math.min(taps, Math.ceil((length - origin) / dilation))
}

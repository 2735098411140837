import { sizeOf, tensorOf, type Conv2dNode, type DenseNode, type DepthwiseConv2dNode, type Graph, type GraphNode } from '@aed/core'
import { planProduct, type PlanProduct } from './matrix-product.ts'
import { endTap, firstTap, windowGeometry, type WindowGeometry } from './window.ts'

/** The nodes that sum products of inputs and weights. */
export type WeightedNode = Conv2dNode | DepthwiseConv2dNode | DenseNode

export const isWeighted = (node: GraphNode): node is WeightedNode => node.op === 'conv2d' || node.op === 'depthwiseConv2d' || node.op === 'dense'

/** The sums of a convolution or dense layer in doubles, for float32 and int8 alike; `multiplyRows` says why. */
export interface WeightedSums {
  /** To be filled with the input's real values, or whole multiples of its scale, before {@link computeRow}. */
  readonly input: Float64Array
  /** Rows of the output image; a dense layer's are one row of items. */
  readonly rows: number
  /** One row of the output, `[width, channels]`, valid until the next. */
  computeRow(row: number): Float64Array
}

/**
 * @param weights in the layout of the node, zero point subtracted
 * @param bias one value for each output channel
 * @param plan makes the matrix products
 */
export function planWeightedSums(graph: Graph, node: WeightedNode, weights: Float64Array, bias: Float64Array, plan: PlanProduct = planProduct): WeightedSums {
  const input = new Float64Array(sizeOf(tensorOf(graph, node.inputs[0]).shape))
  if (node.op === 'dense') {
    const product = plan(input.length / (weights.length / bias.length), weights, bias)
    const computeRow = () => {
      product.rows.set(input)
      product.run()
      return product.sums
    }
    return { input, rows: 1, computeRow }
  }
  const g = windowGeometry(graph, node)
  if (node.op === 'depthwiseConv2d') {
    const rowSums = new Float64Array(g.outputWidth * g.outputChannels)
    const computeRow = (row: number) => {
      sumDepthwiseRow(input, weights, bias, g, row, rowSums)
      return rowSums
    }
    return { input, rows: g.outputHeight, computeRow }
  }
  // The windows of one row of outputs as a matrix; zeros where they reach over the edge.
  const product = plan(g.outputWidth, weights, bias)
  const computeRow = (row: number) => {
    gatherRow(input, product.rows, g, row)
    product.run()
    return product.sums
  }
  return { input, rows: g.outputHeight, computeRow }
}

/** Copies the windows of one output row to `[outputWidth, filterHeight · filterWidth · channels]`. */
function gatherRow(input: Float64Array, windows: Float64Array, g: WindowGeometry, row: number): void {
  const channels = g.inputChannels
  const originY = row * g.strideHeight - g.padTop
  const firstY = firstTap(originY, g.dilationHeight)
  const endY = endTap(originY, g.dilationHeight, g.filterHeight, g.inputHeight)
  windows.fill(0)
  for (let x = 0; x < g.outputWidth; x++) {
    const originX = x * g.strideWidth - g.padLeft
    const firstX = firstTap(originX, g.dilationWidth)
    const endX = endTap(originX, g.dilationWidth, g.filterWidth, g.inputWidth)
    for (let ky = firstY; ky < endY; ky++) {
      const line = (originY + ky * g.dilationHeight) * g.inputWidth + originX
      for (let kx = firstX; kx < endX; kx++) {
        let from = (line + kx * g.dilationWidth) * channels
        let to = ((x * g.filterHeight + ky) * g.filterWidth + kx) * channels
        for (const end = from + channels; from < end; ) windows[to++] = input[from++]!
      }
    }
  }
}

/** One output row of a depthwise convolution, weights `[filterHeight, filterWidth, outputChannels]`. */
function sumDepthwiseRow(input: Float64Array, weights: Float64Array, bias: Float64Array, g: WindowGeometry, row: number, rowSums: Float64Array): void {
  const channels = g.outputChannels
  const multiplier = channels / g.inputChannels
  const originY = row * g.strideHeight - g.padTop
  const firstY = firstTap(originY, g.dilationHeight)
  const endY = endTap(originY, g.dilationHeight, g.filterHeight, g.inputHeight)
  for (let x = 0; x < g.outputWidth; x++) {
    const originX = x * g.strideWidth - g.padLeft
    const firstX = firstTap(originX, g.dilationWidth)
    const endX = endTap(originX, g.dilationWidth, g.filterWidth, g.inputWidth)
    const to = x * channels
    rowSums.set(bias, to)
    for (let ky = firstY; ky < endY; ky++) {
      for (let kx = firstX; kx < endX; kx++) {
        const w = (ky * g.filterWidth + kx) * channels
        const from = ((originY + ky * g.dilationHeight) * g.inputWidth + originX + kx * g.dilationWidth) * g.inputChannels
        for (let channel = 0, inputChannel = from; channel < channels; inputChannel++) {
          const value = input[inputChannel]!
          for (const end = channel + multiplier; channel < end; channel++) rowSums[to + channel]! += value * weights[w + channel]!
        }
      }
    }
  }
}

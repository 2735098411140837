import { sizeOf, tensorOf, type Conv2dNode, type DenseNode, type DepthwiseConv2dNode, type Graph } from '@aed/core'
import { multiplyRows } from './matrix-product.ts'
import { endTap, firstTap, windowGeometry, type WindowGeometry } from './window.ts'

/** The nodes that sum products of inputs and weights. */
export type WeightedNode = Conv2dNode | DepthwiseConv2dNode | DenseNode

/** The sums of a convolution or dense layer in doubles, for float32 and int8 alike; see {@link multiplyRows} on why. */
export interface WeightedSums {
  /** To be filled with the input's real values, or whole multiples of its scale, before {@link computeRow}. */
  readonly input: Float64Array
  /** Rows of the output image; a dense layer's are one row of items. */
  readonly rows: number
  /** One row of the output, `[width, channels]`: what {@link computeRow} writes. */
  readonly rowSums: Float64Array
  computeRow(row: number): void
}

/**
 * @param weights in the layout of the node, zero point subtracted
 * @param bias one value for each output channel
 */
export function planWeightedSums(graph: Graph, node: WeightedNode, weights: Float64Array, bias: Float64Array): WeightedSums {
  const input = new Float64Array(sizeOf(tensorOf(graph, node.inputs[0]).shape))
  if (node.op === 'dense') {
    const count = input.length / (weights.length / bias.length)
    const rowSums = new Float64Array(count * bias.length)
    return { input, rows: 1, rowSums, computeRow: () => multiplyRows(input, count, weights, bias, rowSums) }
  }
  const g = windowGeometry(graph, node)
  const rowSums = new Float64Array(g.outputWidth * g.outputChannels)
  if (node.op === 'depthwiseConv2d') return { input, rows: g.outputHeight, rowSums, computeRow: (row) => sumDepthwiseRow(input, weights, bias, g, row, rowSums) }
  // The windows of one row of outputs as a matrix; zeros where they reach over the edge.
  const windows = new Float64Array((g.outputWidth * weights.length) / bias.length)
  const computeRow = (row: number) => {
    gatherRow(input, windows, g, row)
    multiplyRows(windows, g.outputWidth, weights, bias, rowSums)
  }
  return { input, rows: g.outputHeight, rowSums, computeRow }
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

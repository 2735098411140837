import type { Conv2dNode, DenseNode, DepthwiseConv2dNode } from '@aed/core'
import type { PlanNode } from '../executor.ts'
import { endTap, firstTap, windowGeometry, type WindowGeometry } from '../window.ts'
import { multiplyFloatRows, planFloatProduct } from './matrix-product.ts'

/** Copies the windows of one output row to rows of a matrix `[outputWidth, filterHeight · filterWidth · channels]`; what lies outside stays as it is. */
function gatherFloatRow(input: Float32Array, patches: Float64Array, g: WindowGeometry, outputRow: number): void {
  const channels = g.inputChannels
  const depth = g.filterHeight * g.filterWidth * channels
  const originY = outputRow * g.strideHeight - g.padTop
  const [firstY, endY] = [firstTap(originY, g.dilationHeight), endTap(originY, g.dilationHeight, g.filterHeight, g.inputHeight)]
  for (let x = 0; x < g.outputWidth; x++) {
    const originX = x * g.strideWidth - g.padLeft
    const firstX = firstTap(originX, g.dilationWidth)
    const endX = endTap(originX, g.dilationWidth, g.filterWidth, g.inputWidth)
    for (let ky = firstY; ky < endY; ky++) {
      const line = (originY + ky * g.dilationHeight) * g.inputWidth
      for (let kx = firstX; kx < endX; kx++) {
        let from = (line + originX + kx * g.dilationWidth) * channels
        let to = x * depth + (ky * g.filterWidth + kx) * channels
        for (const end = from + channels; from < end; ) patches[to++] = input[from++]!
      }
    }
  }
}

export const planFloatConv2d: PlanNode<Conv2dNode> = (storage, node) => {
  const g = windowGeometry(storage.graph, node)
  const input = storage.values(node, node.inputs[0], 'float32')
  const output = storage.values(node, node.outputs[0], 'float32')
  const product = planFloatProduct(storage, node, g.outputChannels)
  const patches = new Float64Array(g.outputWidth * product.depth)
  return () => {
    for (let y = 0; y < g.outputHeight; y++) {
      patches.fill(0)
      gatherFloatRow(input, patches, g, y)
      multiplyFloatRows(patches, g.outputWidth, product, output, y * g.outputWidth * g.outputChannels)
    }
  }
}

export const planFloatDense: PlanNode<DenseNode> = (storage, node) => {
  const channels = storage.tensor(node.inputs[1]).shape[0]!
  const input = storage.values(node, node.inputs[0], 'float32')
  const output = storage.values(node, node.outputs[0], 'float32')
  const product = planFloatProduct(storage, node, channels)
  const rows = new Float64Array(input.length)
  return () => {
    rows.set(input)
    multiplyFloatRows(rows, rows.length / product.depth, product, output, 0)
  }
}

export const planFloatDepthwiseConv2d: PlanNode<DepthwiseConv2dNode> = (storage, node) => {
  const g = windowGeometry(storage.graph, node)
  const input = storage.values(node, node.inputs[0], 'float32')
  const output = storage.values(node, node.outputs[0], 'float32')
  const channels = g.outputChannels
  const { weights, bias, min, max } = planFloatProduct(storage, node, channels)
  const inputChannelOf = Int32Array.from({ length: channels }, (_, channel) => Math.floor(channel / node.multiplier))
  const sums = new Float64Array(channels)
  return () => {
    let to = 0
    for (let y = 0; y < g.outputHeight; y++) {
      const originY = y * g.strideHeight - g.padTop
      const [firstY, endY] = [firstTap(originY, g.dilationHeight), endTap(originY, g.dilationHeight, g.filterHeight, g.inputHeight)]
      for (let x = 0; x < g.outputWidth; x++) {
        const originX = x * g.strideWidth - g.padLeft
        const [firstX, endX] = [firstTap(originX, g.dilationWidth), endTap(originX, g.dilationWidth, g.filterWidth, g.inputWidth)]
        sums.set(bias)
        for (let ky = firstY; ky < endY; ky++) {
          for (let kx = firstX; kx < endX; kx++) {
            const from = ((originY + ky * g.dilationHeight) * g.inputWidth + originX + kx * g.dilationWidth) * g.inputChannels
            const w = (ky * g.filterWidth + kx) * channels
            for (let channel = 0; channel < channels; channel++) sums[channel]! += input[from + inputChannelOf[channel]!]! * weights[w + channel]!
          }
        }
        for (let channel = 0; channel < channels; channel++) output[to++] = Math.min(Math.max(sums[channel]!, min), max)
      }
    }
  }
}

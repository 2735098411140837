import type { Conv2dNode } from '@aed/core'
import type { PlanNode } from '../executor.ts'
import { endTap, firstTap, windowGeometry, type WindowGeometry } from '../window.ts'
import { multiplyRows, planProduct } from './matrix-product.ts'
import { convolutionMultipliers, quantizationOf } from './quantization.ts'

/** Copies the windows of one output row to rows of a matrix `[outputWidth, filterHeight · filterWidth · channels]`; what lies outside stays as it is. */
function gatherRow(input: Int8Array, patches: Int8Array, g: WindowGeometry, outputRow: number): void {
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

/** @see tflite::reference_integer_ops::ConvPerChannel */
export const planConv2d: PlanNode<Conv2dNode> = (storage, node) => {
  const g = windowGeometry(storage.graph, node)
  const input = storage.values(node, node.inputs[0], 'int8')
  const output = storage.values(node, node.outputs[0], 'int8')
  const { zeroPoint: inputZeroPoint } = quantizationOf(storage, node, node.inputs[0])
  const product = planProduct(storage, node, g.outputChannels, convolutionMultipliers(storage, node, 0, g.outputChannels))
  const pointwise = product.depth === g.inputChannels && g.strideHeight === 1 && g.strideWidth === 1
  if (pointwise) return () => multiplyRows(input, g.outputHeight * g.outputWidth, product, output, 0)
  const patches = new Int8Array(g.outputWidth * product.depth)
  return () => {
    for (let y = 0; y < g.outputHeight; y++) {
      patches.fill(inputZeroPoint)
      gatherRow(input, patches, g, y)
      multiplyRows(patches, g.outputWidth, product, output, y * g.outputWidth * g.outputChannels)
    }
  }
}

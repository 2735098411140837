import type { DepthwiseConv2dNode } from '@aed/core'
import type { PlanNode } from '../executor.ts'
import { clamp, multiplyByQuantizedMultiplier } from '../fixed-point.ts'
import { endTap, firstTap, windowGeometry } from '../window.ts'
import { biasOf } from './matrix-product.ts'
import { activationRange, convolutionMultipliers, quantizationOf } from './quantization.ts'

/** @see tflite::reference_integer_ops::DepthwiseConvPerChannel */
export const planDepthwiseConv2d: PlanNode<DepthwiseConv2dNode> = (storage, node) => {
  const g = windowGeometry(storage.graph, node)
  const input = storage.values(node, node.inputs[0], 'int8')
  const output = storage.values(node, node.outputs[0], 'int8')
  const weights = storage.values(node, node.inputs[1], 'int8')
  const channels = g.outputChannels
  const bias = biasOf(storage, node, channels)
  const { multipliers, shifts } = convolutionMultipliers(storage, node, 3, channels)
  const inputZeroPoint = quantizationOf(storage, node, node.inputs[0]).zeroPoint
  const quantization = quantizationOf(storage, node, node.outputs[0])
  const { min, max } = activationRange(node.activation, quantization)
  const inputChannelOf = Int32Array.from({ length: channels }, (_, channel) => Math.floor(channel / node.multiplier))
  const sums = new Int32Array(channels)
  return () => {
    let to = 0
    for (let y = 0; y < g.outputHeight; y++) {
      const originY = y * g.strideHeight - g.padTop
      const firstY = firstTap(originY, g.dilationHeight)
      const endY = endTap(originY, g.dilationHeight, g.filterHeight, g.inputHeight)
      for (let x = 0; x < g.outputWidth; x++) {
        const originX = x * g.strideWidth - g.padLeft
        const firstX = firstTap(originX, g.dilationWidth)
        const endX = endTap(originX, g.dilationWidth, g.filterWidth, g.inputWidth)
        sums.set(bias)
        for (let ky = firstY; ky < endY; ky++) {
          for (let kx = firstX; kx < endX; kx++) {
            const from = ((originY + ky * g.dilationHeight) * g.inputWidth + originX + kx * g.dilationWidth) * g.inputChannels
            const w = (ky * g.filterWidth + kx) * channels
            for (let channel = 0; channel < channels; channel++)
              sums[channel]! += (input[from + inputChannelOf[channel]!]! - inputZeroPoint) * weights[w + channel]!
          }
        }
        for (let channel = 0; channel < channels; channel++)
          output[to++] = clamp(multiplyByQuantizedMultiplier(sums[channel]!, multipliers[channel]!, shifts[channel]!) + quantization.zeroPoint, min, max)
      }
    }
  }
}

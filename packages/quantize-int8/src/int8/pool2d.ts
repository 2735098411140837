import type { Pool2dNode } from '@aed/core'
import type { PlanNode, Storage } from '../executor.ts'
import { clamp } from '../fixed-point.ts'
import { endTap, firstTap, windowGeometry } from '../window.ts'
import { activationRange, sameQuantization } from './quantization.ts'

// Local names: see fixed-point.ts.
const { max: larger, trunc } = Math

export const poolParameters = (storage: Storage, node: Pool2dNode) => ({
  geometry: windowGeometry(storage.graph, node),
  ...activationRange(node.activation, sameQuantization(storage, node)),
})

/**
 * Maximum, or mean rounded half away from zero, of what each window holds of the input; padding does not count.
 * @see tflite::reference_integer_ops::MaxPool, AveragePool
 */
export const planPool2d: PlanNode<Pool2dNode> = (storage, node) => {
  const { geometry: g, min, max } = poolParameters(storage, node)
  const input = storage.values(node, node.inputs[0], 'int8')
  const output = storage.values(node, node.outputs[0], 'int8')
  const channels = g.inputChannels
  const takesMaximum = node.op === 'maxPool2d'
  const held = new Int32Array(channels)
  return () => {
    let to = 0
    for (let y = 0; y < g.outputHeight; y++) {
      const originY = y * g.strideHeight - g.padTop
      const [firstY, endY] = [firstTap(originY, 1), endTap(originY, 1, g.filterHeight, g.inputHeight)]
      for (let x = 0; x < g.outputWidth; x++) {
        const originX = x * g.strideWidth - g.padLeft
        const [firstX, endX] = [firstTap(originX, 1), endTap(originX, 1, g.filterWidth, g.inputWidth)]
        held.fill(takesMaximum ? -128 : 0)
        for (let ky = firstY; ky < endY; ky++) {
          for (let kx = firstX; kx < endX; kx++) {
            let from = ((originY + ky) * g.inputWidth + originX + kx) * channels
            if (takesMaximum) for (let channel = 0; channel < channels; channel++) held[channel] = larger(held[channel]!, input[from++]!)
            else for (let channel = 0; channel < channels; channel++) held[channel]! += input[from++]!
          }
        }
        const count = (endY - firstY) * (endX - firstX)
        for (let channel = 0; channel < channels; channel++) {
          const value = held[channel]!
          // Integer division truncates: adding half the count with the sign of the sum rounds half away from zero.
          const result = takesMaximum ? value : trunc((value > 0 ? value + (count >> 1) : value - (count >> 1)) / count)
          output[to++] = clamp(result, min, max)
        }
      }
    }
  }
}

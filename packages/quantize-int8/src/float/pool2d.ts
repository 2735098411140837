import type { Pool2dNode } from '@aed/core'
import type { PlanNode } from '../executor.ts'
import { endTap, firstTap, windowGeometry } from '../window.ts'
import { activationLimits } from './activation-limits.ts'

// Local names: see fixed-point.ts.
const { max: larger, min: smaller } = Math

/** Maximum or mean of what each window holds of the input; padding does not count. */
export const planFloatPool2d: PlanNode<Pool2dNode> = (storage, node) => {
  const g = windowGeometry(storage.graph, node)
  const input = storage.values(node, node.inputs[0], 'float32')
  const output = storage.values(node, node.outputs[0], 'float32')
  const { min, max } = activationLimits(node.activation)
  const channels = g.inputChannels
  const takesMaximum = node.op === 'maxPool2d'
  const held = new Float64Array(channels)
  return () => {
    let to = 0
    for (let y = 0; y < g.outputHeight; y++) {
      const originY = y * g.strideHeight - g.padTop
      const [firstY, endY] = [firstTap(originY, 1), endTap(originY, 1, g.filterHeight, g.inputHeight)]
      for (let x = 0; x < g.outputWidth; x++) {
        const originX = x * g.strideWidth - g.padLeft
        const [firstX, endX] = [firstTap(originX, 1), endTap(originX, 1, g.filterWidth, g.inputWidth)]
        held.fill(takesMaximum ? -Infinity : 0)
        for (let ky = firstY; ky < endY; ky++) {
          for (let kx = firstX; kx < endX; kx++) {
            let from = ((originY + ky) * g.inputWidth + originX + kx) * channels
            if (takesMaximum) for (let channel = 0; channel < channels; channel++) held[channel] = larger(held[channel]!, input[from++]!)
            else for (let channel = 0; channel < channels; channel++) held[channel]! += input[from++]!
          }
        }
        const count = takesMaximum ? 1 : (endY - firstY) * (endX - firstX)
        for (let channel = 0; channel < channels; channel++) output[to++] = smaller(larger(held[channel]! / count, min), max)
      }
    }
  }
}

import type { PlanProduct } from '../matrix-product.ts'
import { instantiateKernelsNow, type Kernels } from './kernels.ts'
import { HeapSpace } from './heap-space.ts'

/** Rows and channels that the kernel takes at a time. */
const UNIT = 4

const inFours = (count: number) => Math.ceil(count / UNIT) * UNIT

/**
 * Matrix products on WebAssembly SIMD, in a memory of their own, with the bits of `multiplyRows`: both sum in the same order and round alike.
 * @returns undefined where WebAssembly cannot be compiled at once
 */
export function createWasmProducts(): PlanProduct | undefined {
  const kernels = instantiateKernelsNow()
  if (!kernels) return undefined
  const space = new HeapSpace(kernels)
  return (count, weights, bias) => planWasmProduct(kernels, space, count, weights, bias)
}

function planWasmProduct(kernels: Kernels, space: HeapSpace, count: number, weights: Float64Array, bias: Float64Array) {
  const [channels, depth] = [bias.length, weights.length / bias.length]
  const [paddedCount, paddedChannels] = [inFours(count), inFours(channels)]
  const place = (values: number) => space.reserve(8 * values)
  const [rowsAt, sumsAt, biasAt, weightsAt] = [place(paddedCount * depth), place(paddedCount * paddedChannels), place(paddedChannels), place(paddedChannels * depth)]
  const at = (pointer: number, length: number) => new Float64Array(kernels.memory.buffer, pointer, length)
  at(biasAt, channels).set(bias)
  const packed = at(weightsAt, paddedChannels * depth)
  for (let channel = 0, i = 0; channel < channels; channel++) {
    let to = (channel - (channel % UNIT)) * depth + (channel % UNIT)
    for (let k = 0; k < depth; k++, to += UNIT) packed[to] = weights[i++]!
  }
  // Views are made again when the memory has grown for another product.
  const view = (pointer: number, length: number) => {
    let values = at(pointer, length)
    return () => (values.buffer === kernels.memory.buffer ? values : (values = at(pointer, length)))
  }
  const [rows, sums] = [view(rowsAt, count * depth), view(sumsAt, count * channels)]
  return {
    get rows() {
      return rows()
    },
    get sums() {
      return sums()
    },
    run() {
      kernels.multiplyFloat(rowsAt, paddedCount, depth, weightsAt, biasAt, paddedChannels, sumsAt)
      if (channels === paddedChannels) return
      const all = at(sumsAt, count * paddedChannels)
      for (let row = 1; row < count; row++) all.copyWithin(row * channels, row * paddedChannels, row * paddedChannels + channels)
    },
  }
}

import { createRandom } from '@aed/core'

/**
 * What a dropout layer multiplies by in one step: 0 for what is dropped, 1 / (1 − rate) for the rest. An item's mask depends on the step's seed, on the
 * layer and on the item's place in the whole batch alone, however the batch is cut.
 * @param first place of the first item
 * @returns `[count, size]`
 */
export function dropoutMask(seed: number | string, layer: string, rate: number, count: number, size: number, first = 0): Float32Array<ArrayBuffer> {
  const mask = new Float32Array(count * size)
  const random = createRandom(seed).fork(layer)
  const kept = 1 / (1 - rate)
  const limit = Math.floor(rate * 4294967296)
  for (let item = 0; item < count; item++) {
    const own = random.fork(first + item)
    for (let i = item * size; i < (item + 1) * size; i++) mask[i] = own.uint32() < limit ? 0 : kept
  }
  return mask
}

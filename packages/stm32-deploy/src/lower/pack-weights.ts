import type { Table } from '../network.ts'
import type { WeightedSum } from './weights.ts'

/** Sums of this many bits leave room for 256 times a second one in 32. */
const LARGEST_SUM_BITS = 24
/** Right shifts that the short requantization takes. */
const LARGEST_SHIFT = 20

/**
 * Weights of two output channels as one 16-bit number `even + 256 · odd`, as `aed_matmul_packed_s8` reads them: blocks of four channels
 * by four depths, depths beyond the last as zeros.
 * @returns undefined where the kernel's equality with the literal sums is not proven for every input: sums that need more than 24 bits,
 *   shifts other than 1 to 20 to the right, a weight of −128, channels not in fours
 */
export function packWeights({ weights, bias, shift }: WeightedSum, accumulatorBits: number): Table | undefined {
  const channels = bias.length
  const depth = weights.length / channels
  const blocks = Math.ceil(depth / 4)
  if (accumulatorBits > LARGEST_SUM_BITS || channels % 4 !== 0) return undefined
  if (weights.includes(-128) || shift.some((value) => value > -1 || value < -LARGEST_SHIFT)) return undefined
  const weight = (channel: number, k: number) => (k < depth ? weights[channel * depth + k]! : 0)
  const lane = (channel: number, k: number) => weight(channel, k) + 256 * weight(channel + 1, k)
  const packed = new Int32Array(channels * blocks)
  let at = 0
  for (let channel = 0; channel < channels; channel += 4)
    for (let block = 0; block < blocks; block++)
      for (const k of [4 * block, 4 * block + 1])
        for (const pair of [channel, channel + 2]) packed[at++] = (lane(pair, k) & 0xffff) | (lane(pair, k + 2) << 16)
  return { name: 'weights', kind: 'weights', data: packed, shape: [channels / 4, blocks, 4] }
}

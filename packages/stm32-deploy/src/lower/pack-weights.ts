import type { WeightedSum } from './weights.ts'

/** Sums of this many bits leave room for 256 times a second one in 32. */
const LARGEST_SUM_BITS = 24
/** Right shifts that the short requantization takes. */
const LARGEST_SHIFT = 20
/** Depths of a block in the order in which its halves hold them: one dual multiplication takes the bytes 0 and 2 of a word, the next 1 and 3. */
const DEPTHS = [0, 2, 1, 3]

/**
 * Weights of two output channels as one 16-bit number `even + 256 · odd`, as `aed_matmul_packed_s8` reads them: blocks of four channels
 * by four depths, depths beyond the last as zeros.
 * @param pad whether inputs may be padded to whole fours, as a gathered window can
 * @returns undefined where the kernel's equality with the literal sums is not proven for every input: sums that need more than 24 bits,
 *   shifts other than 1 to 20 to the right, a weight of −128, channels or unpadded depths not in fours
 */
export function packWeights(sum: WeightedSum, accumulatorBits: number, pad: boolean): WeightedSum | undefined {
  const { weights, bias, shift } = sum
  const channels = bias.length
  const depth = weights.length / channels
  const padded = Math.ceil(depth / 4) * 4
  if (accumulatorBits > LARGEST_SUM_BITS || channels % 4 !== 0 || (padded !== depth && !pad)) return undefined
  if (weights.includes(-128) || shift.some((value) => value > -1 || value < -LARGEST_SHIFT)) return undefined
  const packed = new Int8Array(channels * padded)
  let at = 0
  const put = (channel: number, k: number) => {
    const weight = (odd: number) => (k < depth ? weights[(channel + odd) * depth + k]! : 0)
    packed[at++] = weight(0)
    packed[at++] = weight(1) - (weight(0) < 0 ? 1 : 0)
  }
  for (let channel = 0; channel < channels; channel += 4)
    for (let k = 0; k < padded; k += 4)
      for (const half of [0, 2])
        for (const pair of [0, 2]) for (const i of [0, 1]) put(channel + pair, k + DEPTHS[half + i]!)
  return { ...sum, weights: packed, shape: [channels / 4, padded / 4, 16] }
}

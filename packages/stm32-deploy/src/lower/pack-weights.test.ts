import { describe, expect, it } from '@jest/globals'
import { packWeights } from './pack-weights.ts'

const sum = (weights: readonly number[], shift = -8) => {
  const channels = 4
  return {
    weights: Int8Array.from(weights),
    shape: [channels, weights.length / channels],
    bias: new Int32Array(channels),
    multiplier: new Int32Array(channels).fill(1 << 30),
    shift: new Int8Array(channels).fill(shift),
  }
}
const counting = Array.from({ length: 16 }, (_, i) => i + 1)

describe('packWeights', () => {
  it('puts two channels side by side, depths 0 and 2 before 1 and 3', () => {
    expect([...packWeights(sum(counting), 20, false)!.weights]).toEqual([1, 5, 3, 7, 9, 13, 11, 15, 2, 6, 4, 8, 10, 14, 12, 16])
  })

  it('takes the borrow of a negative weight off its neighbour: -1 + 256 * 5 has the bytes -1 and 4', () => {
    expect([...packWeights(sum(counting.with(0, -1)), 20, false)!.weights.slice(0, 2)]).toEqual([-1, 4])
  })

  it('pads depths to four with zeros where inputs can be padded, else leaves the weights unpacked', () => {
    expect([...packWeights(sum([1, 2, 3, 4]), 20, true)!.weights]).toEqual([1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    expect(packWeights(sum([1, 2, 3, 4]), 20, false)).toBeUndefined()
  })

  it('leaves what is not proven unpacked: sums of 25 bits, shifts of 0 and 21, a weight of -128', () => {
    expect(packWeights(sum(counting), 24, false)).toBeDefined()
    expect(packWeights(sum(counting), 25, false)).toBeUndefined()
    expect(packWeights(sum(counting, 0), 20, false)).toBeUndefined()
    expect(packWeights(sum(counting, -20), 20, false)).toBeDefined()
    expect(packWeights(sum(counting, -21), 20, false)).toBeUndefined()
    expect(packWeights(sum(counting.with(3, -128)), 20, false)).toBeUndefined()
  })
})

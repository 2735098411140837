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

const lane = (even: number, odd: number) => even + 256 * odd
const word = (low: number, high: number) => (low & 0xffff) | (high << 16)

describe('packWeights', () => {
  it('puts two channels in a lane, depths 0 and 2 in a word before 1 and 3', () => {
    const { data, shape } = packWeights(sum(counting), 20)!
    expect([...data]).toEqual([
      word(lane(1, 5), lane(3, 7)),
      word(lane(9, 13), lane(11, 15)),
      word(lane(2, 6), lane(4, 8)),
      word(lane(10, 14), lane(12, 16)),
    ])
    expect(shape).toEqual([1, 1, 4])
  })

  it('takes the borrow of a negative weight off its neighbour: -1 + 256 * 5 has the bytes ff and 04', () => {
    expect(packWeights(sum(counting.with(0, -1)), 20)!.data[0]! & 0xffff).toBe(0x04ff)
  })

  it('fills depths up to four with zeros', () => {
    expect([...packWeights(sum([1, 2, 3, 4]), 20)!.data]).toEqual([lane(1, 2), lane(3, 4), 0, 0])
  })

  it('leaves what is not proven unpacked: sums of 25 bits, shifts of 0 and 21, a weight of -128', () => {
    expect(packWeights(sum(counting), 24)).toBeDefined()
    expect(packWeights(sum(counting), 25)).toBeUndefined()
    expect(packWeights(sum(counting, 0), 20)).toBeUndefined()
    expect(packWeights(sum(counting, -20), 20)).toBeDefined()
    expect(packWeights(sum(counting, -21), 20)).toBeUndefined()
    expect(packWeights(sum(counting.with(3, -128)), 20)).toBeUndefined()
  })
})

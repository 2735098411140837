import { describe, expect, it } from '@jest/globals'
import { packFactors, packWeights, transformFilters, type Filters } from './pack-weights.ts'

const filters = (weights: readonly number[], height: number, width: number, depth: number): Filters => ({
  weights: Int8Array.from(weights),
  channels: 4,
  depth,
  window: { filter_height: height, filter_width: width, stride_height: 1, stride_width: 1, dilation_height: 1, dilation_width: 1, pad_top: 0, pad_left: 0 },
})
const counting = Array.from({ length: 16 }, (_, i) => i + 1)

const lane = (even: number, odd: number) => even + 256 * odd
const word = (low: number, high: number) => (low & 0xffff) | (high << 16)

describe('packWeights', () => {
  it('puts two channels in a lane, depths 0 and 2 in a word before 1 and 3', () => {
    const { data, shape } = packWeights(filters(counting, 1, 1, 4))
    expect([...data]).toEqual([
      word(lane(1, 5), lane(3, 7)),
      word(lane(9, 13), lane(11, 15)),
      word(lane(2, 6), lane(4, 8)),
      word(lane(10, 14), lane(12, 16)),
    ])
    expect(shape).toEqual([1, 1, 1, 4])
  })

  it('takes the borrow of a negative weight off its neighbour: -1 + 256 * 5 has the bytes ff and 04', () => {
    expect(packWeights(filters(counting.with(0, -1), 1, 1, 4)).data[0]! & 0xffff).toBe(0x04ff)
  })

  it('fills the depths of each filter row up to four with zeros', () => {
    expect([...packWeights(filters([1, 2, 3, 4, 5, 6, 7, 8], 2, 1, 1)).data]).toEqual([lane(1, 3), lane(5, 7), 0, 0, lane(2, 4), lane(6, 8), 0, 0])
  })
})

describe('transformFilters', () => {
  it('gives sum, alternating sum, twice the first and minus twice the last tap, in this order', () => {
    // Depth 0 of channel 0 has taps 1, 5, 9 (depth 4, three taps); all else 0.
    const weights = new Array<number>(48).fill(0)
    ;[weights[0], weights[4], weights[8]] = [1, 5, 9]
    const { data, shape } = transformFilters(filters(weights, 1, 3, 4))
    expect(shape).toEqual([1, 4, 1, 1, 8])
    expect([0, 8, 16, 24].map((at) => data[at])).toEqual([word(15, 0), word(5, 0), word(2, 0), word(-18, 0)])
    expect(data.filter((value) => value !== 0)).toHaveLength(4)
  })
})

describe('packFactors', () => {
  it('puts four biases, four multipliers and four shifts less one into nine words', () => {
    const sum = { weights: new Int8Array(4), shape: [4, 1, 1, 1], bias: Int32Array.of(1, -2, 3, -4), multiplier: Int32Array.of(5, 6, 7, 8), shift: Int8Array.of(-1, -2, -9, -20) }
    expect([...packFactors(sum).data]).toEqual([1, -2, 3, -4, 5, 6, 7, 8, 0x13080100])
  })
})

import { describe, expect, it } from '@jest/globals'
import { createRandom } from '@aed/core'
import { quantizeMultiplier, roundedHigh, scale } from './fixed-point.ts'

const random = createRandom('fixed point')
const ends = [-(2 ** 31), -(2 ** 31) + 1, -(2 ** 30), -65536, -1, 0, 1, 65535, 2 ** 30 - 1, 2 ** 31 - 1]
const int32s = [...ends, ...Array.from({ length: 200 }, () => Math.floor(random.between(-(2 ** 31), 2 ** 31)))]

describe('roundedHigh', () => {
  it('(x · multiplier + 2^30) >> 31 as whole numbers have it, at the ends of int32 and within', () => {
    for (const multiplier of [0, 2 ** 30, 2 ** 30 + 1, 2 ** 31 - 1, 0x5555aaaa, 0x7fff0000, 0x4000ffff])
      for (const x of int32s) expect([x, roundedHigh(x, multiplier)]).toEqual([x, Number((BigInt(x) * BigInt(multiplier) + 2n ** 30n) >> 31n)])
  })
})

describe('scale', () => {
  it('MultiplyByQuantizedMultiplier: shift left in int32, doubling high product, rounding shift right with ties away from zero', () => {
    for (const real of [0, 1e-9, 0.003, 0.4999999, 0.5, 0.77, 1, 1.9, 30])
      for (const x of int32s) {
        const factor = quantizeMultiplier(real)
        const high = (BigInt(factor.shift > 0 ? x << factor.shift : x) * BigInt(factor.multiplier) + 2n ** 30n) >> 31n
        const right = BigInt(Math.max(0, -factor.shift))
        const rounded = right === 0n ? high : high < 0n ? -((-high + (1n << (right - 1n))) >> right) : (high + (1n << (right - 1n))) >> right
        expect([real, x, scale(x, factor)]).toEqual([real, x, Number(rounded)])
      }
  })
})

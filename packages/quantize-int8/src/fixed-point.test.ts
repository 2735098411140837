import { createRandom } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { multiplyByQuantizedMultiplier, quantizeMultiplier, roundHalfAway, roundingDivideByPowerOfTwo, saturatingRoundingDoublingHighMul } from './fixed-point.ts'

/** ⌊(ab + 2^30) / 2^31⌋ without any limit of precision. */
const highMul = (a: number, b: number) => Number((BigInt(a) * BigInt(b) + (1n << 30n)) >> 31n)

const EDGES = [-2147483648, -2147483647, -1073741825, -1073741824, -65537, -65536, -65535, -32769, -2, -1, 0, 1, 2, 32767, 65535, 65536, 1073741823, 1073741824, 2147483646, 2147483647]

describe('saturatingRoundingDoublingHighMul', () => {
  it('equals 64-bit arithmetic at the edges of int32', () => {
    for (const a of EDGES) for (const b of EDGES.filter((x) => x >= 0)) expect([a, b, saturatingRoundingDoublingHighMul(a, b) + 0]).toEqual([a, b, highMul(a, b)])
  })

  it('equals 64-bit arithmetic on 200000 random pairs', () => {
    const random = createRandom(1)
    let different = 0
    for (let i = 0; i < 200000; i++) {
      const [a, b] = [random.uint32() | 0, random.uint32() >>> 1]
      if (saturatingRoundingDoublingHighMul(a, b) !== highMul(a, b)) different++
    }
    expect(different).toBe(0)
  })

  it('rounds ties toward +∞: ±1 times one half', () => {
    expect(saturatingRoundingDoublingHighMul(1, 1073741824)).toBe(1)
    expect(saturatingRoundingDoublingHighMul(-1, 1073741824) + 0).toBe(0)
  })
})

describe('roundingDivideByPowerOfTwo', () => {
  it('rounds ties away from zero', () => {
    expect([-6, -5, -3, -2, -1, 1, 2, 3, 5, 6].map((x) => roundingDivideByPowerOfTwo(x, 2))).toEqual([-2, -1, -1, -1, 0, 0, 1, 1, 1, 2])
  })

  it('equals exact rounding for every exponent, at the edges of int32', () => {
    for (const x of EDGES)
      for (let exponent = 0; exponent <= 31; exponent++) expect([x, exponent, roundingDivideByPowerOfTwo(x, exponent)]).toEqual([x, exponent, roundHalfAway(x / 2 ** exponent)])
  })
})

describe('quantizeMultiplier', () => {
  it('gives 31 bits and an exponent', () => {
    expect(quantizeMultiplier(1)).toEqual({ multiplier: 1073741824, shift: 1 })
    expect(quantizeMultiplier(0.75)).toEqual({ multiplier: 1610612736, shift: 0 })
    expect(quantizeMultiplier(1 / 3)).toEqual({ multiplier: 1431655765, shift: -1 })
  })

  it('carries a mantissa that rounds up to one into the exponent', () => {
    expect(quantizeMultiplier(1 - 2 ** -40)).toEqual({ multiplier: 1073741824, shift: 1 })
  })

  it('gives zero for zero and for what 31 right shifts cannot reach', () => {
    expect(quantizeMultiplier(0)).toEqual({ multiplier: 0, shift: 0 })
    expect(quantizeMultiplier(2 ** -33)).toEqual({ multiplier: 0, shift: 0 })
    expect(quantizeMultiplier(2 ** -32)).toEqual({ multiplier: 1073741824, shift: -31 })
  })
})

describe('multiplyByQuantizedMultiplier', () => {
  it('rounds twice: 5 · 0.3 = 1.5 is 2 in Q31 and stays 2, 1 · 3/8 becomes 1 in Q31 and then 1/2 rounds away from zero', () => {
    const scaled = (x: number, real: number) => {
      const { multiplier, shift } = quantizeMultiplier(real)
      return multiplyByQuantizedMultiplier(x, multiplier, shift)
    }
    expect(scaled(5, 0.3)).toBe(2)
    expect(scaled(1, 3 / 8)).toBe(1)
    expect(scaled(-1, 3 / 8)).toBe(-1)
    expect(scaled(7, 5)).toBe(35)
  })
})

describe('roundHalfAway', () => {
  it('gives no negative zero', () => {
    expect(roundHalfAway(-0.3)).toBe(0)
  })

  it('rounds as C does, also just below one half', () => {
    expect([0.5, 1.5, 2.5, -0.5, -2.5, 0.49999999999999994, 2.4].map(roundHalfAway)).toEqual([1, 2, 3, -1, -3, 0, 2])
  })
})

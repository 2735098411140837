import { createRandom } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { clampToInt8, scale } from '../fixed-point.ts'
import { proveRequantization } from './requantize.ts'

/** A layer of one channel. */
const layer = (multiplier: number, right: number) => ({ weights: new Int8Array(1), shape: [1], bias: new Int32Array(1), multiplier: Int32Array.of(multiplier), shift: Int8Array.of(-right) })

/** What SMMLAR, the sign and the shifts of `aed_requantize` give, in integers without end. */
function short(sum: number, multiplier: number, right: number, zeroPoint: number): number {
  const high = ((BigInt(2 * zeroPoint + 1) << BigInt(right - 1 + 32)) + 2n * BigInt(sum) * BigInt(multiplier) + 0x80000000n) >> 32n
  return clampToInt8(Number((high + (sum < 0 ? -1n : 0n)) >> BigInt(right)))
}

describe('proveRequantization', () => {
  it('proves what holds for every sum, counted one by one', () => {
    const random = createRandom('requantize')
    for (let k = 0; k < 12; k++) {
      const [multiplier, right, zeroPoint] = [2 ** 30 + random.integer(2 ** 30), 1 + random.integer(9), random.integer(256) - 128]
      const [least, most] = [-20000 - random.integer(1000), 20000 + random.integer(1000)]
      const thresholds = proveRequantization(layer(multiplier, right), [{ least, most }], zeroPoint)
      const literal = (sum: number) => clampToInt8(scale(sum, { multiplier, shift: -right }) + zeroPoint)
      expect(thresholds).toBe(literal(most) - literal(least))
      for (let sum = least; sum <= most; sum++) if (short(sum, multiplier, right, zeroPoint) !== literal(sum)) throw new Error(`sum ${sum}, multiplier ${multiplier}, right ${right}, zero point ${zeroPoint}`)
    }
  })

  it('says which channel has a shift that the short sequence does not take', () => {
    expect(proveRequantization(layer(2 ** 30, 0), [{ least: -5, most: 5 }], 0)).toMatch(/channel 0 is shifted right by 0, expected 1 to 20/)
    expect(proveRequantization(layer(2 ** 30, 21), [{ least: -5, most: 5 }], 0)).toMatch(/by 21/)
    expect(proveRequantization(layer(0, 0), [{ least: -5, most: 5 }], 0)).toMatch(/by 0/)
  })
})

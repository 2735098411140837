import { describe, expect, it } from '@jest/globals'
import { indexOfNonFinite } from './non-finite.ts'

describe('indexOfNonFinite', () => {
  it('finds the first NaN or infinity wherever it stands', () => {
    for (const bad of [NaN, Infinity, -Infinity])
      for (let length = 1; length < 12; length++)
        for (let at = 0; at < length; at++) {
          const samples = new Float32Array(length).fill(3.4e38)
          samples[at] = bad
          samples[length - 1] = at < length - 1 ? NaN : bad
          expect(indexOfNonFinite(samples)).toBe(at)
        }
  })

  it('is -1 for finite samples, the largest included, and for none', () => {
    expect(indexOfNonFinite(new Float32Array(1001).fill(3.4028234663852886e38))).toBe(-1)
    expect(indexOfNonFinite(new Float32Array(0))).toBe(-1)
  })
})

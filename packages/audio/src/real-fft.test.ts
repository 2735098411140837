import { describe, expect, it } from '@jest/globals'
import { createRandom } from '@aed/core'
import { createHalvingFilter, createHalvingTables } from './real-fft.ts'

describe('createHalvingFilter', () => {
  it.each([8, 16, 32, 64, 128, 1024])('size %i: equals the sums of products within 1e-13', (size) => {
    const random = createRandom(size)
    const taps = Float64Array.from({ length: Math.min(9, size / 2) }, () => random.between(-1, 1))
    const input = Float64Array.from({ length: size }, () => random.between(-1, 1))
    const output = new Float64Array(size / 2)
    createHalvingFilter(createHalvingTables(size, taps)).run(input, output)
    for (let m = 0; m < size / 2; m++) {
      let sum = 0
      for (let k = 1 - taps.length; k < taps.length; k++) sum += taps[Math.abs(k)]! * input[(((2 * m - k) % size) + size) % size]!
      expect(Math.abs(output[m]! - sum)).toBeLessThan(1e-13)
    }
  })
})

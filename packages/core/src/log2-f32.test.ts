import { describe, expect, it } from '@jest/globals'
import { log2F32 } from './log2-f32.ts'
import { log } from './math.ts'
import { createRandom } from './random.ts'

const random = createRandom('log2')

describe('log2F32', () => {
  it('is within 3e-6 of the logarithm over 60 octaves, and exact at powers of two', () => {
    let worst = 0
    for (let i = 0; i < 60000; i++) {
      const x = Math.fround(2 ** random.between(-40, 20))
      worst = Math.max(worst, Math.abs(log2F32(x) - log(x) / Math.LN2))
    }
    expect(worst).toBeLessThan(3e-6)
    expect([-126, -40, -1, 0, 1, 7, 127].map((e) => log2F32(2 ** e))).toEqual([-126, -40, -1, 0, 1, 7, 127])
  })
})

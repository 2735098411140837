import { describe, expect, it } from '@jest/globals'
import { affinePair, affineStep } from './affine-step.ts'

const limits = { min: -128, max: 127 }
const clamp = (x: number, { min, max } = limits) => Math.max(min, Math.min(max, x))

describe('affineStep', () => {
  it('finds factor, offset and a common shift that give every one of the 256 outputs of each channel', () => {
    const slopes = [0.37, -1.9, 0]
    const tables = slopes.map((slope, channel) => Int8Array.from({ length: 256 }, (_, i) => clamp(Math.round(slope * (i - 128) + 3 * channel))))
    const { shift, steps } = affineStep(tables, slopes, limits)!
    steps.forEach(({ factors, offset }, channel) =>
      expect(Int8Array.from({ length: 256 }, (_, i) => clamp((factors[0]! * (i - 128) + offset) >> shift))).toEqual(tables[channel]),
    )
  })

  it('undefined for a function that is no line', () => {
    expect(affineStep([Int8Array.from({ length: 256 }, (_, i) => (i % 2 === 0 ? 10 : 0))], [0], limits)).toBeUndefined()
  })
})

describe('affinePair', () => {
  const [slopeA, slopeB] = [744489 / 2 ** 20, 293601 / 2 ** 20]
  const table = () => Int8Array.from({ length: 65536 }, (_, i) => clamp((744489 * ((i >> 8) - 128) + 293601 * ((i & 255) - 128) + 5.5 * 2 ** 20) >> 20, { min: 5, max: 127 }))

  it('finds two factors and an offset that give all 65,536 outputs, sums within int32', () => {
    const expected = table()
    const { factors, offset, shift } = affinePair(expected, [slopeA, slopeB], { min: 5, max: 127 })!
    const [a, b] = [factors[0]!, factors[1]!]
    expect(Int8Array.from({ length: 65536 }, (_, i) => clamp((a * ((i >> 8) - 128) + b * ((i & 255) - 128) + offset) >> shift, { min: 5, max: 127 }))).toEqual(expected)
    expect(128 * (Math.abs(a) + Math.abs(b)) + Math.abs(offset)).toBeLessThan(2 ** 31)
  })

  it('undefined when one pair of all differs', () => {
    const wrong = table()
    wrong[0x9070] = wrong[0x9070]! + 2
    expect(affinePair(wrong, [slopeA, slopeB], { min: 5, max: 127 })).toBeUndefined()
  })
})

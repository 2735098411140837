import { createRandom, log10, pow } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { log10Bulk } from './log10-bulk.ts'

const logOf = (values: number[], lowest: number) => {
  const array = Float64Array.from(values)
  log10Bulk(array, lowest)
  return [...array]
}

describe('log10Bulk', () => {
  it('is within 1e-15 of log10 from 1e-300 to 1e300', () => {
    const random = createRandom('log10')
    const values = Array.from({ length: 20000 }, (_, i) => (i % 2 ? pow(10, random.between(-300, 300)) : random.between(0.5, 2)))
    const logs = logOf(values, 1e-300)
    const worst = Math.max(...logs.map((value, i) => Math.abs(value - log10(values[i]!)) / Math.max(1, Math.abs(value))))
    expect(worst).toBeLessThan(1e-15)
  })

  it('is exact for 1 and follows the order of values next to it', () => {
    const [below, at, above] = logOf([1 - 2 ** -53, 1, 1 + 2 ** -52], 1e-10)
    expect(at).toBe(0)
    expect(below).toBeLessThan(0)
    expect(above).toBeGreaterThan(0)
  })

  it('raises what lies below the floor to its logarithm, zeros and subnormals included', () => {
    expect(logOf([0, 5e-324, 1e-11, 1e-10], 1e-10)).toEqual([-10, -10, -10, -10])
    expect(logOf([0, 1e-310, 1], 5e-324)).toEqual([log10(5e-324), log10(1e-310), 0])
  })
})

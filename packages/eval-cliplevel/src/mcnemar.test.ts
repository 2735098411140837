import { describe, expect, it } from '@jest/globals'
import { goldens } from '../test/fixtures.ts'
import { compareMcNemar } from './mcnemar.ts'

/** Lists in which the first alone is right `first` times and the second alone `second` times. */
function discordant(first: number, second: number): [boolean[], boolean[]] {
  const of = (a: boolean, b: boolean) => [...new Array<boolean>(first).fill(a), ...new Array<boolean>(second).fill(b), true, true, false]
  return [of(true, false), of(false, true)]
}

describe('compareMcNemar', () => {
  for (const { first, second, p } of goldens.mcNemar)
    it(`gives SciPy's p = ${p.toPrecision(6)} for ${first} against ${second}`, () => {
      const result = compareMcNemar(...discordant(first, second))
      expect(Math.abs(result.p - p) / p).toBeLessThan(1e-9)
      expect(result).toMatchObject({ count: first + second + 3, bothRight: 2, onlyFirstRight: first, onlySecondRight: second, bothWrong: 1 })
    })

  it('does not care which comes first', () => {
    const [a, b] = discordant(4, 11)
    expect(compareMcNemar(a, b).p).toBe(compareMcNemar(b, a).p)
  })

  it('stays a probability far out in the tail: 2^-1999 underflows to 0', () => {
    expect(compareMcNemar(...discordant(0, 2000)).p).toBe(0)
    expect(compareMcNemar(...discordant(0, 1000)).p).toBe(2 ** -999)
  })

  it('refuses lists of different length, and empty ones', () => {
    for (const [a, b] of [[[true], [true, false]], [[], []]] as [boolean[], boolean[]][])
      expect(() => compareMcNemar(a, b)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
  })
})

import { describe, expect, it } from '@jest/globals'
import { goldens } from '../test/fixtures.ts'
import { accuracyOf, bootstrapByRecording, quantile, type BootstrapOptions } from './bootstrap.ts'

const { correct, interval95, interval50 } = goldens.bootstrap
const intervalOf = (right: readonly boolean[], of: readonly string[], options: BootstrapOptions) => bootstrapByRecording(of, [accuracyOf(right)], options)[0]!
const sources = goldens.bootstrap.sources.map(String)

describe('bootstrapByRecording', () => {
  for (const [confidence, expected] of [[0.95, interval95], [0.5, interval50]] as const)
    it(`comes within 0.005 of NumPy's ${100 * confidence} % interval of 200,000 resamples by recording`, () => {
      const found = intervalOf(correct, sources, { resamples: 50_000, confidence, seed: 0 })
      expect(Math.abs(found[0] - expected[0])).toBeLessThan(0.005)
      expect(Math.abs(found[1] - expected[1])).toBeLessThan(0.005)
    })

  it('is wider by recording than it would be by clip, as clips of a recording agree', () => {
    const width = ([low, high]: readonly [number, number]) => high - low
    const options = { resamples: 5000, confidence: 0.95, seed: 1 }
    const byClip = intervalOf(correct, correct.map((_right, i) => String(i)), options)
    expect(width(intervalOf(correct, sources, options))).toBeGreaterThan(1.2 * width(byClip))
  })

  it('is [1, 1] where every clip is right and null for one recording', () => {
    const options = { resamples: 10, confidence: 0.9, seed: 0 }
    expect(intervalOf([true, true], ['a', 'b'], options)).toEqual([1, 1])
    expect(intervalOf([true, false], ['a', 'a'], options)).toBeNull()
  })
})

describe('bootstrapByRecording with several statistics', () => {
  it('shows all of them the same resamples, leaves out those that do not define one, and gives null where none does', () => {
    const seen: number[] = []
    const options = { resamples: 200, confidence: 0.9, seed: 3 }
    const [one, even, never] = bootstrapByRecording(['a', 'b', 'b'], [(w) => (seen.push(w[0]! + w[1]!), w[1]!), (w) => (w[0]! > 0 ? 1 : null), () => null], options)
    expect(new Set(seen)).toEqual(new Set([2]))
    expect([one, even, never]).toEqual([[0, 2], [1, 1], null])
  })
})

describe('quantile', () => {
  it('equals numpy.quantile', () => {
    const { values, parts, quantiles } = goldens.quantiles
    parts.forEach((part, i) => expect(Math.abs(quantile(Float64Array.from(values), part) - quantiles[i]!)).toBeLessThan(1e-14))
  })
})

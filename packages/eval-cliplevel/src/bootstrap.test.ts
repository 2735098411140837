import { describe, expect, it } from '@jest/globals'
import { goldens } from '../test/fixtures.ts'
import { bootstrapByRecording, quantile } from './bootstrap.ts'

const { correct, interval95, interval50 } = goldens.bootstrap
const sources = goldens.bootstrap.sources.map(String)

describe('bootstrapByRecording', () => {
  for (const [confidence, expected] of [[0.95, interval95], [0.5, interval50]] as const)
    it(`comes within 0.005 of NumPy's ${100 * confidence} % interval of 200,000 resamples by recording`, () => {
      const found = bootstrapByRecording(correct, sources, { resamples: 50_000, confidence, seed: 0 })!
      expect(Math.abs(found[0] - expected[0])).toBeLessThan(0.005)
      expect(Math.abs(found[1] - expected[1])).toBeLessThan(0.005)
    })

  it('is wider by recording than it would be by clip, as clips of a recording agree', () => {
    const width = ([low, high]: readonly [number, number]) => high - low
    const options = { resamples: 5000, confidence: 0.95, seed: 1 }
    const byClip = bootstrapByRecording(correct, correct.map((_right, i) => String(i)), options)!
    expect(width(bootstrapByRecording(correct, sources, options)!)).toBeGreaterThan(1.2 * width(byClip))
  })

  it('is [1, 1] where every clip is right and null for one recording', () => {
    const options = { resamples: 10, confidence: 0.9, seed: 0 }
    expect(bootstrapByRecording([true, true], ['a', 'b'], options)).toEqual([1, 1])
    expect(bootstrapByRecording([true, false], ['a', 'a'], options)).toBeNull()
  })
})

describe('quantile', () => {
  it('equals numpy.quantile', () => {
    const { values, parts, quantiles } = goldens.quantiles
    parts.forEach((part, i) => expect(Math.abs(quantile(Float64Array.from(values), part) - quantiles[i]!)).toBeLessThan(1e-14))
  })
})

import { describe, expect, it } from '@jest/globals'
import { casesOf, codeOf, expectClose, golden } from '../test/goldens.ts'
import { melFilterBank } from './mel-filter-bank.ts'
import { createMelFilters } from './mel-filters.ts'

describe('melFilterBank', () => {
  it.each(casesOf('filters'))('equals librosa.filters.mel within 1e-7: %s', (_name, { file, sampleRate, options }) => {
    const expected = golden(file)
    const bank = melFilterBank({ sampleRate, ...options })
    expect(bank.shape).toEqual(expected.shape)
    expectClose(bank.data, expected.data, { abs: 1e-7 })
  })

  it('has slaney bands of equal area: weights sum to 1 / (width of a bin in Hz)', () => {
    const { data, shape } = melFilterBank({ sampleRate: 16000, nFft: 8192, nMels: 20, fmin: 100, fmax: 7000 })
    const bins = shape[1]!
    for (let m = 0; m < 20; m++) expect((data.subarray(m * bins, (m + 1) * bins).reduce((sum, w) => sum + w, 0) * 16000) / 8192).toBeCloseTo(1, 2)
  })

  it('names the bands that come out empty, with a remedy', () => {
    const bank = melFilterBank({ sampleRate: 16000, nFft: 128, nMels: 64, fmin: 20, fmax: 7500 })
    const bins = bank.shape[1]!
    const empty = Array.from({ length: 64 }, (_, m) => m).filter((m) => bank.data.subarray(m * bins, (m + 1) * bins).every((w) => w === 0))
    expect(empty.length).toBeGreaterThan(5)
    expect(bank.emptyBands).toEqual(empty)
    expect(bank.warnings).toHaveLength(1)
    expect(bank.warnings[0]).toMatch(new RegExp(`^mel bands ${empty[0]!} \\(.* Hz\\).*raise nFft, lower nMels`))
  })

  it('has nothing to warn of with the defaults', () => {
    expect(melFilterBank({ sampleRate: 16000 })).toMatchObject({ dtype: 'float32', shape: [64, 513], emptyBands: [], warnings: [] })
  })

  it('takes fmax above half the sampling rate, as librosa does, and warns of the bands that lie there', () => {
    expect(melFilterBank({ sampleRate: 16000, fmax: 24000, nMels: 40 }).emptyBands).toContain(39)
  })

  it.each([
    { fmin: 3000, fmax: 3000 },
    { fmin: 3000, fmax: 2000 },
    { fmin: 8000, fmax: null },
    { fmin: 8000, fmax: 9000 },
    { fmin: 1000, fmax: 1000.0000000000001 },
    { nMels: 0 },
    { sampleRate: 0 },
    { sampleRate: NaN },
    { sampleRate: Infinity },
  ])('refuses %j', (options) => {
    expect(codeOf(() => melFilterBank({ sampleRate: 16000, ...options }))).toBe('INVALID_OPTION')
  })
})

describe('createMelFilters', () => {
  it('holds the same weights sparse, in float64', () => {
    const options = { nFft: 512, nMels: 40, fmin: 20, fmax: 7500, melScale: 'slaney', melNorm: 'slaney' } as const
    const { start, offset, weights, bins } = createMelFilters(16000, options)
    const dense = new Float64Array(40 * bins)
    for (let m = 0; m < 40; m++) dense.set(weights.subarray(offset[m], offset[m + 1]), m * bins + start[m]!)
    expectClose(melFilterBank({ sampleRate: 16000, ...options }).data, dense, { rel: 2e-7 })
    expect(weights.every((w) => w > 0)).toBe(true)
  })
})

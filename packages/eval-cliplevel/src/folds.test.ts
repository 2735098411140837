import { describe, expect, it } from '@jest/globals'
import { summarizeFolds } from './folds.ts'

describe('summarizeFolds', () => {
  it('gives mean and sample standard deviation: 0.80, 0.85, 0.90 give 0.85 ± 0.05', () => {
    const { folds, mean, std } = summarizeFolds([0.8, 0.85, 0.9])
    expect(folds).toBe(3)
    expect(mean).toBeCloseTo(0.85, 14)
    expect(std).toBeCloseTo(0.05, 14)
  })

  it('has no deviation for one fold', () => {
    expect(summarizeFolds([0.5])).toEqual({ folds: 1, mean: 0.5, std: null })
  })

  it('refuses no folds and figures that are not finite', () => {
    for (const values of [[], [0.5, NaN], [Infinity]]) expect(() => summarizeFolds(values)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
  })
})

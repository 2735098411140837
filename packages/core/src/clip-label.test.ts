import { describe, expect, it } from '@jest/globals'
import { acceptedClass, meanScores } from './clip-label.ts'

describe('meanScores', () => {
  it('is the mean of each class over the patches, and null without one', () => {
    expect(meanScores(Float32Array.of(0.5, 0.25, 1, 0.5), 2)).toEqual(Float32Array.of(0.75, 0.375))
    expect(meanScores(new Float32Array(0), 2)).toBeNull()
  })
})

describe('acceptedClass', () => {
  it('is the first of the highest scores, and −1 where that lies below its own threshold', () => {
    expect(acceptedClass(Float32Array.of(0.25, 0.5, 0.5), null)).toBe(1)
    expect(acceptedClass(Float32Array.of(0.25, 0.5, 0.5), [2, 0.5, 2])).toBe(1)
    expect(acceptedClass(Float32Array.of(0.25, 0.5, 0.5), [0, 0.5 + 1e-12, 0])).toBe(-1)
  })
})

import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { createDetector, detectEvents, featureConfig, movingMean, patchPeriod, refractoryPatches } from './index.ts'

const invalid = (code: string) => expect.objectContaining({ code })

describe('movingMean', () => {
  it('is the mean of the last patches, of fewer at the start', () => {
    expect([...movingMean(Float32Array.of(1, 0, 0, 1, 0.5, 0.5), 2, 2)]).toEqual([1, 0, 0.5, 0.5, 0.25, 0.75])
    expect([...movingMean(Float32Array.of(0.3, 0.9), 1, 1)]).toEqual([...Float32Array.of(0.3, 0.9)])
  })

  it('adds from the oldest to the newest in float32: another order gives another sum', () => {
    const scores = Float32Array.of(1, 2 ** -24, 2 ** -24)
    expect(movingMean(scores, 1, 3)[2]).toBe(Math.fround(1 / 3))
    expect(movingMean(scores.toReversed(), 1, 3)[2]).toBe(Math.fround((1 + 2 ** -23) / 3))
  })

  it('refuses a span of no patch and rows that are not whole', () => {
    expect(() => movingMean(Float32Array.of(1), 1, 0)).toThrow(invalid('INVALID_OPTION'))
    expect(() => movingMean(Float32Array.of(1, 2, 3), 2, 1)).toThrow(invalid('INVALID_INPUT'))
  })
})

describe('refractoryPatches', () => {
  it('rounds up to whole patches, at least one, and forgives rounding', () => {
    const period = patchPeriod(featureConfig())
    expect(period).toBeCloseTo((38 * 320) / 16000, 12)
    expect([0, 0.1, 0.76, 0.77, 3 * period, 1.53].map((time) => refractoryPatches(time, period))).toEqual([1, 1, 1, 2, 3, 3])
  })
})

describe('detectEvents', () => {
  it('fires where the mean reaches the threshold, and then rests', () => {
    const scores = Float32Array.of(0, 0.6, 0.8, 0.9, 0.9, 0.1, 0.9)
    expect(detectEvents(scores, { smoothing: 1, thresholds: [0.8], refractory: 0 }, 1).map(({ patch }) => patch)).toEqual([2, 3, 4, 6])
    expect(detectEvents(scores, { smoothing: 1, thresholds: [0.8], refractory: 2 }, 1).map(({ patch }) => patch)).toEqual([2, 4, 6])
    expect(detectEvents(scores, { smoothing: 2, thresholds: [0.8], refractory: 5 }, 1)).toEqual([{ class: 0, patch: 3, score: Math.fround(Math.fround(Math.fround(0.8) + Math.fround(0.9)) / 2) }])
  })

  it('keeps classes apart, each with its threshold; one above 1 never fires', () => {
    const found = detectEvents(Float32Array.of(0.5, 0.5, 1, 0.9, 0.9, 1), { smoothing: 1, thresholds: [0.5, 0.9, 2], refractory: 0 }, 1)
    expect(found.map(({ class: c, patch }) => [patch, c])).toEqual([[0, 0], [1, 0], [1, 1]])
  })

  it('compares in float32: a score equal to its threshold fires', () => {
    expect(detectEvents(Float32Array.of(0.1), { smoothing: 1, thresholds: [0.1], refractory: 0 }, 1)).toHaveLength(1)
  })

  it('equals its definition by moving mean, threshold and rest for any stream', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 8 }), (values, smoothing, classes, rest, threshold) => {
        const scores = Float32Array.from(values.slice(0, values.length - (values.length % classes)), (value) => value / 8)
        const means = movingMean(scores, classes, smoothing)
        const expected: [number, number][] = []
        const last = new Map<number, number>()
        for (let i = 0; i < means.length; i++) {
          const [patch, c] = [Math.floor(i / classes), i % classes]
          if (means[i]! < threshold / 8 || patch - (last.get(c) ?? -Infinity) < rest) continue
          last.set(c, patch)
          expected.push([patch, c])
        }
        const parameters = { smoothing, thresholds: Array.from({ length: classes }, () => threshold / 8), refractory: rest * 0.76 }
        expect(detectEvents(scores, parameters, 0.76).map(({ patch, class: c }) => [patch, c])).toEqual(expected)
      }),
      { numRuns: 300 },
    )
  })

  it('refuses scores of other classes, and NaN', () => {
    const one = { smoothing: 1, thresholds: [0.5, 0.5], refractory: 0 }
    expect(() => detectEvents(Float32Array.of(1, 2, 3), one, 1)).toThrow(invalid('INVALID_INPUT'))
    expect(() => detectEvents(Float32Array.of(1, NaN), one, 1)).toThrow(invalid('INVALID_INPUT'))
    expect(() => createDetector(one, 0)).toThrow(invalid('INVALID_OPTION'))
  })
})

describe('createDetector', () => {
  it('begins anew after reset', () => {
    const detector = createDetector({ smoothing: 2, thresholds: [0.5], refractory: 10 }, 1)
    expect(detector.push([1])).toEqual([{ class: 0, patch: 0, score: 1 }])
    expect(detector.push([1])).toEqual([])
    detector.reset()
    expect(detector.push([0.5])).toEqual([{ class: 0, patch: 0, score: 0.5 }])
  })
})

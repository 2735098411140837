import { createRandom } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { CALIBRATION_BINS, divergenceRange, meanSquaredErrorRange, percentileRange } from './choose-range.ts'
import { quantizationOfRange } from './choose-scales.ts'
import { addToHistogram, emptyHistogram, type Histogram } from './histogram.ts'
import { quantizeValue } from './int8/affine.ts'
import type { Range } from './calibrate.ts'

function histogramOf(values: Float32Array): Histogram {
  const histogram = emptyHistogram(Math.min(0, ...values), Math.max(0, ...values), CALIBRATION_BINS)
  addToHistogram(histogram, values)
  return histogram
}

const random = createRandom(7)
/** Values of a layer behind relu: half of them 0, the others half a bell, and one far outside. */
const relu = Float32Array.from({ length: 20_000 }, (_, i) => (i === 77 ? 40 : Math.max(0, random.normal())))
/** Normal values with a few outliers on both sides. */
const bell = Float32Array.from({ length: 20_000 }, (_, i) => (i % 5000 === 0 ? (i % 2000 === 0 ? -25 : 30) : random.normal()))

/** Mean squared error of int8 values in a range. */
function errorOf(values: Float32Array, range: Range): number {
  const { scales: [scale], zeroPoints: [zeroPoint] } = quantizationOfRange(range) as { scales: [number]; zeroPoints: [number] }
  return values.reduce((sum, x) => sum + (x - scale * (quantizeValue(x, scale, zeroPoint) - zeroPoint)) ** 2, 0) / values.length
}

describe('addToHistogram', () => {
  it('counts every value once, the ends in the outermost bins and zeros apart', () => {
    const histogram = emptyHistogram(-1, 3, 4)
    addToHistogram(histogram, Float32Array.of(-1, -0.5, 0, 0, 0.5, 1, 2.5, 3))
    expect([[...histogram.counts], histogram.zeros]).toEqual([[2, 1, 1, 2], 2])
  })
})

describe('percentileRange', () => {
  it('leaves out as much at each end as was asked for, and never zero', () => {
    const uniform = Float32Array.from({ length: 10_000 }, (_, i) => i / 10_000 - 0.25)
    const { min, max } = percentileRange(histogramOf(uniform), 90)
    expect([min, max].map((end) => Math.round(100 * end) / 100)).toEqual([-0.2, 0.7])
    expect(percentileRange(histogramOf(uniform.map((x) => x + 0.3)), 50).min).toBe(0)
    const whole = percentileRange(histogramOf(uniform), 100)
    expect([Math.abs(whole.min + 0.25) < 1e-3, Math.abs(whole.max - 0.75) < 1e-3]).toEqual([true, true])
  })

  it('cuts a lone outlier off', () => {
    expect(percentileRange(histogramOf(relu), 99.98).max).toBeLessThan(6)
  })
})

describe.each([['mean squared error', meanSquaredErrorRange], ['divergence', divergenceRange]])('the range by %s', (_, choose) => {
  it('keeps the whole of evenly spread values', () => {
    const { min, max } = choose(histogramOf(Float32Array.from({ length: 20_000 }, (_value, i) => i / 10_000 - 1)))
    expect([min < -0.95, max > 0.95]).toEqual([true, true])
  })

  it('is the same again, and that of no spread for no values but zeros', () => {
    expect(choose(histogramOf(bell))).toEqual(choose(histogramOf(bell)))
    expect(choose(emptyHistogram(0, 0, CALIBRATION_BINS))).toEqual({ min: 0, max: 0 })
  })
})

describe('divergenceRange', () => {
  it('cuts lone outliers off, and never zero', () => {
    const [positive, both] = [divergenceRange(histogramOf(relu)), divergenceRange(histogramOf(bell))]
    expect([positive.min, positive.max > 2, positive.max < 20]).toEqual([0, true, true])
    expect([both.min < -2, both.min > -12, both.max > 2, both.max < 15]).toEqual([true, true, true, true])
  })
})

describe('meanSquaredErrorRange', () => {
  it('has less error than the whole range and than any of some others', () => {
    for (const values of [relu, bell]) {
      const histogram = histogramOf(values)
      const best = errorOf(values, meanSquaredErrorRange(histogram))
      for (const part of [1, 0.8, 0.3, 0.03]) expect(best).toBeLessThan(errorOf(values, { min: histogram.min * part, max: histogram.max * part }))
    }
  })
})

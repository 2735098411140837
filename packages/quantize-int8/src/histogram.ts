/** How often values fall into equal bins between the smallest and the largest of them. */
export interface Histogram {
  /** Below 0, or 0. */
  readonly min: number
  /** Above 0, or 0. */
  readonly max: number
  readonly counts: Float64Array
  /** Values that are exactly 0, which int8 holds exactly whatever the range; they are in no bin. */
  zeros: number
}

export const emptyHistogram = (min: number, max: number, bins: number): Histogram => ({ min, max, counts: new Float64Array(bins), zeros: 0 })

/** Counts values that lie within the histogram. */
export function addToHistogram(histogram: Histogram, values: Float32Array): void {
  const { min, max, counts } = histogram
  const last = counts.length - 1
  const factor = max > min ? counts.length / (max - min) : 0
  let zeros = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (value === 0) zeros++
    else {
      const bin = ((value - min) * factor) | 0
      counts[bin > last ? last : bin]!++
    }
  }
  histogram.zeros += zeros
}

/** The middle of a bin. */
export const centreOf = ({ min, max, counts }: Histogram, bin: number): number => min + ((bin + 0.5) * (max - min)) / counts.length

/**
 * Autocorrelation of a series without its mean: for each lag the mean product of the values so far apart, relative to that of lag 0 plus a floor.
 * @param lags so many lags from 0, cut to the length of the series
 */
export function autocorrelation(x: Float64Array, lags: number, floor: number): Float64Array {
  const n = x.length
  const result = new Float64Array(Math.min(lags, n))
  for (let lag = 0; lag < result.length; lag++) {
    let even = 0
    let odd = 0
    let i = 0
    for (; i + 1 < n - lag; i += 2) {
      even += x[i]! * x[i + lag]!
      odd += x[i + 1]! * x[i + 1 + lag]!
    }
    if (i < n - lag) even += x[i]! * x[i + lag]!
    result[lag] = (even + odd) / (n - lag)
  }
  const power = result[0]! + floor
  for (let lag = 0; lag < result.length; lag++) result[lag]! /= power
  return result
}

/** Largest rise above the minimum so far, within lags `[from, to)`: high where a series is periodic. */
export function largestRise(correlation: Float64Array, from: number, to: number): number {
  let lowest = Infinity
  let rise = 0
  for (let lag = from; lag < Math.min(to, correlation.length); lag++) {
    lowest = Math.min(lowest, correlation[lag]!)
    rise = Math.max(rise, correlation[lag]! - lowest)
  }
  return rise
}

/** Central moments of a series: differences from its mean, written over it, and the means of their powers. */
export function centre(x: Float64Array): { readonly mean: number; readonly second: number; readonly third: number; readonly fourth: number } {
  const n = x.length
  let mean = 0
  for (let i = 0; i < n; i++) mean += x[i]!
  mean /= n
  let second = 0
  let third = 0
  let fourth = 0
  for (let i = 0; i < n; i++) {
    const d = (x[i]! -= mean)
    const square = d * d
    second += square
    third += square * d
    fourth += square * square
  }
  return { mean, second: second / n, third: third / n, fourth: fourth / n }
}

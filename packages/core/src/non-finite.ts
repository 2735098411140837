/**
 * Index of the first sample that is NaN or infinite, −1 when all are finite. Fast where all are: a float64 sum of finite float32 values cannot overflow, and no
 * sum loses a NaN or an infinity again.
 */
export function indexOfNonFinite(samples: Float32Array): number {
  let a = 0
  let b = 0
  let i = 0
  for (; i + 3 < samples.length; i += 4) {
    a += samples[i]! + samples[i + 1]!
    b += samples[i + 2]! + samples[i + 3]!
  }
  for (; i < samples.length; i++) a += samples[i]!
  return Number.isFinite(a + b) ? -1 : samples.findIndex((sample) => !Number.isFinite(sample))
}

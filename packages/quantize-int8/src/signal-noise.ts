import { log10, type Quantization } from '@aed/core'

/** Sums over float values and what int8 made of them. */
export interface Sums {
  signal: number
  noise: number
  dot: number
  quantized: number
}

export const emptySums = (): Sums => ({ signal: 0, noise: 0, dot: 0, quantized: 0 })

/** Adds values of a tensor and their int8 form. */
export function addErrors(sums: Sums, expected: Float32Array, values: Int8Array, { scales, zeroPoints }: Quantization): void {
  const [scale, zeroPoint] = [scales[0]!, zeroPoints[0]!]
  for (let i = 0; i < expected.length; i++) addError(sums, expected[i]!, scale * (values[i]! - zeroPoint))
}

/** Adds one value and what became of it. */
export function addError(sums: Sums, float: number, other: number): void {
  sums.signal += float * float
  sums.noise += (float - other) * (float - other)
  sums.dot += float * other
  sums.quantized += other * other
}

/** Signal-to-noise ratio in dB; null when there is no noise, or no signal. */
export const ratioDb = ({ signal, noise }: Sums): number | null => (noise === 0 || signal === 0 ? null : 10 * log10(signal / noise))

/** Cosine of the angle between both; 1 when they are equal. */
export const cosineOf = ({ signal, noise, dot, quantized }: Sums): number => (noise === 0 ? 1 : signal === 0 || quantized === 0 ? 0 : dot / Math.sqrt(signal) / Math.sqrt(quantized))

import { AedError, type Quantization } from '@aed/core'
import { clamp, roundHalfAway } from '../fixed-point.ts'

/** The one scale and zero point of a quantized activation. */
function perTensor({ scales, zeroPoints }: Quantization): readonly [scale: number, zeroPoint: number] {
  if (scales.length !== 1 || zeroPoints.length !== 1) throw new AedError('INVALID_INPUT', `an activation has one scale and zero point, got ${scales.length} and ${zeroPoints.length}`)
  return [scales[0]!, zeroPoints[0]!]
}

/**
 * One value as the QUANTIZE operator does it: x / scale in float32, rounded half away from zero, plus zero point, clamped.
 * @see tflite::reference_ops::AffineQuantize
 */
export function quantizeValue(x: number, scale: number, zeroPoint: number): number {
  return clamp(roundHalfAway(Math.fround(x / scale)) + zeroPoint, -128, 127)
}

/**
 * float32 → int8, each value by {@link quantizeValue}.
 * @throws AedError `INVALID_INPUT` for NaN, with the index
 */
export function quantizeValues(values: Float32Array, quantization: Quantization): Int8Array {
  const [scale, zeroPoint] = perTensor(quantization)
  const quantized = new Int8Array(values.length)
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!
    if (x !== x) throw new AedError('INVALID_INPUT', `value ${i} is not a number`)
    quantized[i] = quantizeValue(x, scale, zeroPoint)
  }
  return quantized
}

/** int8 → float32: scale · (q − zeroPoint). @see tflite::reference_ops::Dequantize */
export function dequantizeValues(values: Int8Array, quantization: Quantization): Float32Array {
  const [scale, zeroPoint] = perTensor(quantization)
  return Float32Array.from(values, (q) => scale * (q - zeroPoint))
}

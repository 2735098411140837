import { log } from './math.ts'

const f32 = Math.fround
const float = new Float32Array(1)
const word = new Uint32Array(float.buffer)

/** 2 / (i · ln 2) for i = 1, 3, 5, 7 in float32: the series of log2((1 + s) / (1 − s)). Equal to these decimals in C. */
export const LOG2_SERIES = [1, 3, 5, 7].map((i) => f32(2 / (i * log(2)))) as unknown as readonly [number, number, number, number]

/**
 * log2 of a normal positive float32, in float32 operations that are rounded one by one. Absolute error below 3e-6 up to
 * |log2 x| = 32; no library function.
 *
 * x = 2^e · m, √½ ≤ m < √2 from the bits (mantissas above 0x3504f3 are halved); f = m − 1, s = f / (2 + f), q = s · s;
 * log2 x = e + s · (c₁ + q · (c₃ + q · (c₅ + q · c₇))).
 */
export function log2F32(x: number): number {
  float[0] = x
  const bits = word[0]!
  const mantissa = bits & 0x7fffff
  const high = mantissa > 0x3504f3 ? 1 : 0
  const exponent = (bits >>> 23) - 127 + high
  word[0] = mantissa | (high ? 0x3f000000 : 0x3f800000)
  const f = f32(float[0] - 1)
  const s = f32(f / f32(2 + f))
  const q = f32(s * s)
  const [c1, c3, c5, c7] = LOG2_SERIES
  const inner = f32(c5 + f32(q * c7))
  const middle = f32(c3 + f32(q * inner))
  const outer = f32(c1 + f32(q * middle))
  return f32(exponent + f32(s * outer))
}

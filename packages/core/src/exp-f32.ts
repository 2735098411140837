const f32 = Math.fround

/** Exponents of x below this would leave the normal numbers of float32. */
const LOWEST = -87
const LOG2_E = f32(1.44269504088896341)
/** ln 2 as a short number, whose product with a small integer is exact, and the rest. */
const LN2_HIGH = 0.693359375
const LN2_LOW = f32(-2.12194440e-4)
/** From the highest power down. */
export const EXP_SERIES: readonly number[] = [1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1].map(f32)

/**
 * eˣ of a float32 x ≤ 0 in float32 operations alone, each product and sum rounded on its own, so that C gives the same bits; 0 below −87. Within
 * 2 units in the last place. In order: t = x · log2 e; k = t − ½ cut to an integer; r = (x − k · LN2_HIGH) − k · LN2_LOW;
 * p = s₀; p = p · r + sᵢ for the other coefficients; y = (p · (r · r) + r) + 1; y · 2ᵏ.
 * @see Moshier, Cephes `expf`
 */
export function expF32(x: number): number {
  if (x < LOWEST) return 0
  const k = Math.trunc(f32(f32(x * LOG2_E) - 0.5))
  const r = f32(f32(x - k * LN2_HIGH) - f32(k * LN2_LOW))
  let p = EXP_SERIES[0]!
  for (let i = 1; i < EXP_SERIES.length; i++) p = f32(f32(p * r) + EXP_SERIES[i]!)
  const y = f32(f32(f32(p * f32(r * r)) + r) + 1)
  return y * 2 ** k // exact
}

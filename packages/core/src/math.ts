/**
 * Elementary functions that give the same bits in every runtime. `Math.sin`, `cos`, `exp`, `log`, `log10` and `pow` are
 * implementation-approximated and differ in the last bits between engines; here only + − × ÷, sqrt and exact bit
 * operations are used, whose results IEEE 754 fixes. All are within 1 ulp of the true value (tests: against `Math`).
 *
 * Methods: argument reduction in two or three parts (Cody and Waite, *Software Manual for the Elementary Functions*, 1980),
 * Taylor series on the small remainder, double-double arithmetic (Dekker, 1971) where one double is not enough.
 */

const bits = new DataView(new ArrayBuffer(8))

/** 2^n for −1022 ≤ n ≤ 1023. */
function powerOfTwo(n: number): number {
  bits.setUint32(0, (n + 1023) << 20)
  bits.setUint32(4, 0)
  return bits.getFloat64(0)
}

/** x · 2^n, right also where the result is subnormal or overflows. */
function scaleByPowerOfTwo(x: number, n: number): number {
  if (n > 1023) return x * powerOfTwo(1023) * powerOfTwo(Math.min(n - 1023, 1023))
  if (n < -1022) return x * powerOfTwo(-969) * powerOfTwo(Math.max(n + 969, -1022))
  return x * powerOfTwo(n)
}

/** Upper 32 bits of ln 2 (so that k · LN2_HI is exact for |k| < 2^20) and the rest. */
const LN2_HI = 6.93147180369123816490e-1
const LN2_LO = 1.90821492927058770002e-10
const INVERSE_LN2 = 1.4426950408889634

/** 1 / k! for k = 2 … 14. */
const INVERSE_FACTORIAL = (() => {
  const values: number[] = [1, 1]
  for (let k = 2, factorial = 1; k <= 20; k++) {
    factorial *= k // exact up to 18!, and one rounding after
    values.push(1 / factorial)
  }
  return values
})()

/** e^(hi + lo) for |lo| far below |hi|. */
function expOfSum(hi: number, lo: number): number {
  const k = Math.round(hi * INVERSE_LN2)
  const a = hi - k * LN2_HI
  const b = lo - k * LN2_LO
  const r = a + b
  const rest = a - r + b
  // e^r − 1 − r by its series, |r| ≤ 0.347: the first term left out is below 2^−60.
  let series = INVERSE_FACTORIAL[14]!
  for (let i = 13; i >= 2; i--) series = series * r + INVERSE_FACTORIAL[i]!
  return scaleByPowerOfTwo(1 + (r + (series * r * r + rest * (1 + r))), k)
}

/** e^x. */
export function exp(x: number): number {
  if (x !== x) return NaN
  if (x > 709.782712893384) return Infinity
  if (x < -745.1332191019412) return 0
  return expOfSum(x, 0)
}

/** x = m · 2^exponent with √½ ≤ m < √2, for finite x > 0; the exponent is left in {@link splitExponent}. */
let splitExponent = 0
function splitMantissa(x: number): number {
  let shift = 0
  if (x < 2.2250738585072014e-308) {
    x *= 18014398509481984 // 2^54: a subnormal becomes normal
    shift = -54
  }
  bits.setFloat64(0, x)
  const high = bits.getUint32(0)
  splitExponent = (high >>> 20) - 1023 + shift
  bits.setUint32(0, (high & 0xfffff) | 0x3ff00000)
  let m = bits.getFloat64(0)
  if (m > Math.SQRT2) {
    m *= 0.5
    splitExponent++
  }
  return m
}

/** 2/3, 2/5, … of log((1 + s) / (1 − s)) = 2s + 2s³/3 + 2s⁵/5 + …; |s| ≤ 0.1716. */
const LOG_SERIES = Array.from({ length: 11 }, (_, i) => 2 / (2 * i + 3))

function logSeries(s2: number): number {
  let sum = LOG_SERIES[10]!
  for (let i = 9; i >= 0; i--) sum = sum * s2 + LOG_SERIES[i]!
  return sum * s2
}

/** Special values of the logarithms: NaN for x < 0, −∞ for 0, ∞; undefined for the rest. */
function logLimit(x: number): number | undefined {
  if (!(x >= 0)) return NaN
  if (x === 0) return -Infinity
  return x === Infinity ? Infinity : undefined
}

/** Natural logarithm. */
export function log(x: number): number {
  const limit = logLimit(x)
  if (limit !== undefined) return limit
  const f = splitMantissa(x) - 1
  const k = splitExponent
  const s = f / (2 + f)
  const half = 0.5 * f * f
  // log(1 + f) = f − f²/2 + s · (f²/2 + R(s²)): the large terms are exact, so that errors of s stay small.
  const tail = s * (half + logSeries(s * s))
  return k * LN2_HI - (half - (tail + k * LN2_LO) - f)
}

/** a · b as a sum of two doubles (Dekker's product; exact while nothing over- or underflows). The low part is left in `low`. */
let low = 0
function twoProduct(a: number, b: number): number {
  const ca = 134217729 * a
  const ah = ca - (ca - a)
  const al = a - ah
  const cb = 134217729 * b
  const bh = cb - (cb - b)
  const bl = b - bh
  const p = a * b
  low = ah * bh - p + ah * bl + al * bh + al * bl
  return p
}

/** log x as a sum of two doubles with about 2^−68 relative error, for finite x > 0; the low part is left in `low`. */
function logDoubleDouble(x: number): number {
  const m = splitMantissa(x)
  const k = splitExponent
  const f = m - 1
  const d = m + 1
  const dLow = m - (d - 1)
  const s = f / d
  // s + sLow = f / (m + 1) to twice the precision.
  const p = twoProduct(s, d)
  const sLow = (f - p - low - s * dLow) / d
  const s2 = s * s
  const cube = twoProduct(s, s)
  const s2Low = low + 2 * s * sLow
  // 2s³/3 needs more than a double; the terms after it do not.
  const third = twoProduct(cube, LOG_SERIES[0]!)
  const thirdLow = low + s2Low * LOG_SERIES[0]! + cube * 3.700743415417188e-17
  let rest = LOG_SERIES[10]!
  for (let i = 9; i >= 1; i--) rest = rest * s2 + LOG_SERIES[i]!
  const factor = third + (thirdLow + rest * s2 * s2)
  const factorLow = third - factor + (thirdLow + rest * s2 * s2)
  const tail = twoProduct(s, factor)
  const tailLow = low + s * factorLow + sLow * factor
  const sum2 = 2 * s + tail
  const sum2Low = 2 * s - sum2 + tail + (tailLow + 2 * sLow)
  const big = k * LN2_HI
  const sum = big + sum2
  const sumLow = (Math.abs(big) >= Math.abs(sum2) ? big - sum + sum2 : sum2 - sum + big) + (sum2Low + k * LN2_LO)
  const hi = sum + sumLow
  low = sum - hi + sumLow
  return hi
}

/** 1 / ln 10 as two doubles. */
const INVERSE_LN10 = 0.4342944819032518
const INVERSE_LN10_LOW = 1.098319650216765e-17

/** Decimal logarithm; exact for the powers of ten that a double holds exactly. */
export function log10(x: number): number {
  const limit = logLimit(x)
  if (limit !== undefined) return limit
  const hi = logDoubleDouble(x)
  const lo = low
  const p = twoProduct(hi, INVERSE_LN10)
  return p + (low + (hi * INVERSE_LN10_LOW + lo * INVERSE_LN10))
}

/** x to the power y, as `Math.pow` defines its special cases. */
export function pow(x: number, y: number): number {
  if (y === 0) return 1
  if (x !== x || y !== y || Math.abs(y) === Infinity || x === 0 || Math.abs(x) === Infinity || y === 1) return x ** y // exact cases
  const whole = Number.isInteger(y)
  if (x < 0 && !whole) return NaN
  const sign = x < 0 && y % 2 !== 0 ? -1 : 1
  const hi = logDoubleDouble(Math.abs(x))
  const lo = low
  if (hi === 0) return sign // |x| = 1; the product below would overflow for large y
  if (Math.abs(y * hi) > 800) return sign * (y * hi > 0 ? Infinity : 0)
  const p = twoProduct(hi, y)
  const value = p > 709.79 ? Infinity : p < -745.2 ? 0 : expOfSum(p, low + lo * y)
  return sign * value
}

/** sin r for |r| ≤ π/4. */
function sinKernel(r: number, rest: number): number {
  const r2 = r * r
  let sum = 0
  for (let i = 17; i >= 3; i -= 2) sum = sum * r2 + (i % 4 === 1 ? INVERSE_FACTORIAL[i]! : -INVERSE_FACTORIAL[i]!)
  return r + (sum * r2 * r + rest)
}

/** cos r for |r| ≤ π/4. */
function cosKernel(r: number, rest: number): number {
  const r2 = r * r
  let sum = 0
  for (let i = 16; i >= 4; i -= 2) sum = sum * r2 + (i % 4 === 0 ? INVERSE_FACTORIAL[i]! : -INVERSE_FACTORIAL[i]!)
  const half = 0.5 * r2
  const w = 1 - half
  return w + (1 - w - half + (sum * r2 * r2 - r * rest))
}

/** sin of the angle r + rest plus `quadrant` quarter turns. */
function sinInQuadrant(quadrant: number, r: number, rest: number): number {
  switch (quadrant & 3) {
    case 0:
      return sinKernel(r, rest)
    case 1:
      return cosKernel(r, rest)
    case 2:
      return -sinKernel(r, rest)
    default:
      return -cosKernel(r, rest)
  }
}

/** π/2 in four parts: the first three of 33 bits, so that k times them is exact for |k| < 2^20. */
const HALF_PI_1 = 1.57079632673412561417
const HALF_PI_2 = 6.07710050630396597660e-11
const HALF_PI_3 = 2.02226624871116645580e-21
const HALF_PI_4 = 8.47842766036889956997e-32

/** a − b as a sum of two doubles (Knuth's difference, exact for any order of sizes); the low part is left in `low`. */
function twoDifference(a: number, b: number): number {
  const difference = a - b
  const t = difference - a
  low = a - (difference - t) - (b + t)
  return difference
}

function sinShifted(x: number, quadrants: number): number {
  if (!(Math.abs(x) <= 1e6)) return NaN
  const k = Math.round(x * 0.6366197723675814)
  const a = twoDifference(x - k * HALF_PI_1, k * HALF_PI_2) // x − k · HALF_PI_1 is exact
  const aLow = low
  const r = twoDifference(a, k * HALF_PI_3)
  const rest = aLow + low - k * HALF_PI_4
  // Near a multiple of π/2 nearly all of r cancels: what is left must carry the rest in its leading digits.
  const sum = r + rest
  return sinInQuadrant(k + quadrants, sum, r - sum + rest)
}

/** Sine of an angle in radians, |x| ≤ 10⁶; NaN beyond. */
export function sin(x: number): number {
  return x === 0 ? x : sinShifted(x, 0) // keeps the sign of zero
}

/** Cosine of an angle in radians, |x| ≤ 10⁶; NaN beyond. */
export function cos(x: number): number {
  return sinShifted(x, 1)
}

const PI_LOW = 1.2246467991473532e-16

function sinPiShifted(x: number, quadrants: number): number {
  const turn = x % 2 // exact
  const k = Math.round(2 * turn)
  const fraction = turn - 0.5 * k // exact, |fraction| ≤ ¼
  const r = twoProduct(fraction, Math.PI)
  return sinInQuadrant(k + quadrants, r, low + fraction * PI_LOW) + 0 // no −0
}

/** sin(π x), exact at multiples of ½ (zeros are +0), for any finite x: the way to windows and twiddle factors. */
export function sinPi(x: number): number {
  return sinPiShifted(x, 0)
}

/** cos(π x), exact at multiples of ½ (zeros are +0), for any finite x. */
export function cosPi(x: number): number {
  return sinPiShifted(x, 1)
}

import { log2F32 } from './log2-f32.ts'

const f32 = Math.fround
const times = (a: number, b: number) => f32(a * b)
const plus = (a: number, b: number) => f32(a + b)
const over = (a: number, b: number) => f32(a / b)

/** Sums of the first four powers of a series of levels, and its ends. Of whole numbers from −255 to 255 exact, like all that is made of them before it is divided. */
export interface LevelSums {
  count: number
  readonly powers: Float64Array
  max: number
  min: number
}

export const emptyLevelSums = (): LevelSums => ({ count: 0, powers: new Float64Array(4), max: -Infinity, min: Infinity })

export function addLevel(sums: LevelSums, x: number): void {
  const { powers } = sums
  const square = x * x
  powers[0]! += x
  powers[1]! += square
  powers[2]! += square * x
  powers[3]! += square * square
  if (x > sums.max) sums.max = x
  if (x < sums.min) sums.min = x
  sums.count++
}

/** Mean of a series as a whole number and the rest, and its central moments. */
export interface LevelMoments {
  readonly nearest: number
  readonly rest: number
  readonly second: number
  readonly third: number
  readonly fourth: number
}

/**
 * Central moments of a series of n > 0 levels: first about the whole number nearest to the mean, m = ⌊(2 Σx + n) / 2n⌋, exactly; then each divided by n, aᵢ = Mᵢ / n, and moved by
 * the rest d = (Σx − n m) / n, in float32 operations that are rounded one by one:
 * a₂ − d²; (a₃ − 3d · a₂) + 2d · d²; ((a₄ − 4d · a₃) + 6d² · a₂) − 3 (d² · d²); the second and fourth at least 0.
 */
export function levelMoments({ count: n, powers: [s1 = 0, s2 = 0, s3 = 0, s4 = 0] }: LevelSums): LevelMoments {
  const m = Math.floor((2 * s1 + n) / (2 * n))
  const mm = m * m
  const a2 = over(f32(s2 - 2 * m * s1 + n * mm), n)
  const a3 = over(f32(s3 - 3 * m * s2 + 3 * mm * s1 - n * mm * m), n)
  const a4 = over(f32(s4 - 4 * m * s3 + 6 * mm * s2 - 4 * mm * m * s1 + n * mm * mm), n)
  const d = over(f32(s1 - n * m), n)
  const dd = times(d, d)
  return {
    nearest: m,
    rest: d,
    second: Math.max(0, plus(a2, -dd)),
    third: plus(plus(a3, -times(times(3, d), a2)), times(2 * d, dd)),
    fourth: Math.max(0, plus(plus(plus(a4, -times(4 * d, a3)), times(times(6, dd), a2)), -times(3, times(dd, dd)))),
  }
}

/**
 * Shape of a series: log2 of its deviation in dB, skewness, log2 of its kurtosis. With s = step · √second + floor and r = step / s: log2 s; third · (r² · r); log2(fourth · (r² · r²) + ½).
 * @param step dB of a level
 * @param floor dB that are added to the deviation
 */
export function levelShape({ second, third, fourth }: LevelMoments, step: number, floor: number): [number, number, number] {
  const deviation = plus(times(step, f32(Math.sqrt(second))), f32(floor))
  const r = over(step, deviation)
  const rr = times(r, r)
  return [log2F32(deviation), times(third, times(rr, r)), log2F32(plus(times(fourth, times(rr, rr)), 0.5))]
}

/** Groups of neighbouring bands whose levels are followed, beside that of all bands. */
export const LEVEL_GROUPS = 8
const SERIES = LEVEL_GROUPS + 1
/** Lags of the autocorrelation, in frames: 1 to 59. */
export const LEVEL_LAGS = 60
/** A period is looked for from this lag on. */
export const LEVEL_FIRST_PERIOD = 3
/** Lags whose correlation is a value of its own. */
export const LEVEL_OWN_LAGS = [1, 2, 5] as const
/** Values of a series. */
export const LEVEL_VALUES = 5 + LEVEL_OWN_LAGS.length
/** dB that are added to a deviation. */
export const LEVEL_FLOOR = 0.5

/** What is kept of how the levels of a clip's bands move. */
export interface LevelState {
  /** One a group, and the last of all bands. */
  readonly series: readonly {
    readonly sums: LevelSums
    /** Σ x[t] x[t − lag], from lag 1 on. */
    readonly products: Float64Array
    /** The first levels. */
    readonly first: Float64Array
    /** The last levels: that of frame t at t mod 60. */
    readonly recent: Float64Array
  }[]
}

export const emptyLevelState = (): LevelState => ({
  series: Array.from({ length: SERIES }, () => ({ sums: emptyLevelSums(), products: new Float64Array(LEVEL_LAGS), first: new Float64Array(LEVEL_LAGS), recent: new Float64Array(LEVEL_LAGS) })),
})

/**
 * Takes one log-mel frame into the state. The level of g bands is their mean; of int8 values q the whole number ⌊(Σ (q + 128) + ⌊g / 2⌋) / g⌋, from 0 to 255.
 * @param values one a band, at `offset`, `offset + stride`, …; float32 in dB or int8
 * @param bands a multiple of 8
 */
export function addLevelFrame({ series }: LevelState, values: Float32Array | Int8Array, bands: number, offset: number, stride: number): void {
  const whole = values instanceof Int8Array
  const v = values as Float32Array
  const size = bands / LEVEL_GROUPS
  const level = (sum: number, count: number) => (whole ? Math.floor((sum + 128 * count + (count >> 1)) / count) : sum / count)
  let all = 0
  for (let group = 0, at = offset; group < LEVEL_GROUPS; group++) {
    let sum = 0
    for (let i = 0; i < size; i++, at += stride) sum += v[at]!
    all += sum
    addToSeries(series[group]!, level(sum, size))
  }
  addToSeries(series[LEVEL_GROUPS]!, level(all, bands))
}

function addToSeries({ sums, products, first, recent }: LevelState['series'][number], x: number): void {
  const t = sums.count
  for (let lag = 1; lag < LEVEL_LAGS && lag <= t; lag++) products[lag]! += x * recent[(t - lag) % LEVEL_LAGS]!
  if (t < LEVEL_LAGS) first[t] = x
  recent[t % LEVEL_LAGS] = x
  addLevel(sums, x)
}

/**
 * How the levels of a clip's bands move. Of each series eight values: its shape ({@link levelShape}, floor 0.5 dB); the largest autocorrelation at lags of 3 to 59 frames and
 * its largest rise there above the lowest so far, each 0 where there is none; the autocorrelation at lags 1, 2 and 5.
 *
 * The autocorrelation at lag k of n frames, 0 for k ≥ n: with Q = Σ x[t] x[t − k] − m (A + B) + (n − k) m² and L = A + B − 2 (n − k) m, exact, A and B the sums without the
 * first and without the last k levels, m and d as in {@link levelMoments}: ((Q / (n − k) − d · (L / (n − k))) + d²) / (second + 1 / step²), in float32 operations rounded one by one.
 * @param scale what one int8 step is worth, or null of float32 in dB
 * @returns `[9, 8]`, series by series; 0 for no frame
 */
export function levelStatistics({ series }: LevelState, scale: number | null): Float32Array {
  const step = f32(scale ?? 1)
  const values = new Float32Array(series.length * LEVEL_VALUES)
  if (series[0]!.sums.count === 0) return values
  series.forEach((one, s) => {
    const moments = levelMoments(one.sums)
    const correlation = autocorrelation(one, moments, step)
    let largest = -Infinity
    let lowest = Infinity
    let rise = 0
    for (let lag = LEVEL_FIRST_PERIOD; lag < Math.min(LEVEL_LAGS, one.sums.count); lag++) {
      const c = correlation[lag]!
      largest = Math.max(largest, c)
      lowest = Math.min(lowest, c)
      rise = Math.max(rise, plus(c, -lowest))
    }
    values.set([...levelShape(moments, step, LEVEL_FLOOR), one.sums.count > LEVEL_FIRST_PERIOD ? largest : 0, rise, ...LEVEL_OWN_LAGS.map((lag) => correlation[lag]!)], s * LEVEL_VALUES)
  })
  return values
}

function autocorrelation({ sums: { count: n, powers }, products, first, recent }: LevelState['series'][number], { nearest: m, rest: d, second }: LevelMoments, step: number): Float32Array {
  const power = plus(second, over(1, times(step, step)))
  const dd = times(d, d)
  const result = new Float32Array(LEVEL_LAGS)
  let before = 0
  let after = 0
  for (let lag = 1; lag < Math.min(LEVEL_LAGS, n); lag++) {
    before += first[lag - 1]!
    after += recent[(n - lag) % LEVEL_LAGS]!
    const pairs = n - lag
    const ends = 2 * powers[0]! - before - after
    const q = over(f32(products[lag]! - m * ends + pairs * m * m), pairs)
    const l = over(f32(ends - 2 * pairs * m), pairs)
    result[lag] = over(plus(plus(q, -times(d, l)), dd), power)
  }
  return result
}

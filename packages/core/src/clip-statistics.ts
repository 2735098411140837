import { AedError } from './errors.ts'
import type { TapBlock, ClipBlock } from './clip-head.ts'

const f32 = Math.fround

/** What is kept of the values of some slots (rows and channels, or bands) while a clip runs. Of an int8 model whole numbers, (q − zero point), which are exact. */
interface Sums {
  /** Values that each slot has taken. */
  count: number
  readonly sum: Float64Array
  readonly sumOfSquares: Float64Array
  readonly max: Float64Array
}

/** State of a tapped tensor: one slot a row (after pooling of rows) and channel. */
export type TapState = Sums

/** State of log-mel frames: one slot a band. */
export interface FrameState extends Sums {
  /** Sum of squared differences from one frame to the next. */
  readonly sumOfSquaredSteps: Float64Array
  /** First and last frame so far, where there is one: what joining two states needs. */
  readonly first: Float64Array
  readonly last: Float64Array
}

/** Shape of a tapped tensor and how its rows are pooled. */
export interface TapShape {
  readonly rows: number
  readonly columns: number
  readonly channels: number
  readonly rowPool: number
}


/**
 * Values that a slot of an int8 tap can take at most: with this many the sum stays below 2²⁴, exact in float32, and the sum of squares below 2³²,
 * which the C library's counters hold.
 */
export const mostPositions = (rowPool: number): number => Math.floor(2 ** 24 / (255 * rowPool * rowPool))

const sumsOf = (slots: number): Sums => ({ count: 0, sum: new Float64Array(slots), sumOfSquares: new Float64Array(slots), max: new Float64Array(slots).fill(-Infinity) })

/** The state before the first patch. */
export const emptyTapState = ({ rows, channels, rowPool }: TapShape): TapState => sumsOf((rows / rowPool) * channels)

/** The state before the first frame. */
export const emptyFrameState = (bands: number): FrameState => ({ ...sumsOf(bands), sumOfSquaredSteps: new Float64Array(bands), first: new Float64Array(bands), last: new Float64Array(bands) })

/**
 * Takes one patch of a tapped tensor into the state: for each column the rows of a pool summed, less `rowPool` zero points.
 * @param values `[rows, columns, channels]`
 */
export function addTap(state: TapState, values: Float32Array | Int8Array, { rows, columns, channels, rowPool }: TapShape, zeroPoint: number): void {
  const { sum, sumOfSquares, max } = state
  const v = values as Float32Array
  const line = columns * channels
  for (let row = 0, slots = 0; row < rows; row += rowPool, slots += channels)
    for (let column = 0; column < columns; column++) {
      const at = row * line + column * channels
      for (let channel = 0; channel < channels; channel++) {
        let x = v[at + channel]!
        for (let r = 1; r < rowPool; r++) x += v[at + r * line + channel]!
        x -= rowPool * zeroPoint
        const slot = slots + channel
        sum[slot]! += x
        sumOfSquares[slot]! += x * x
        if (x > max[slot]!) max[slot] = x
      }
    }
  state.count += columns
}

/**
 * Takes one log-mel frame into the state.
 * @param values one a band, at `offset`, `offset + stride`, …
 */
export function addFrame(state: FrameState, values: Float32Array | Int8Array, offset: number, stride: number, zeroPoint: number): void {
  const { sum, sumOfSquares, max, sumOfSquaredSteps, first, last, count } = state
  const v = values as Float32Array
  for (let band = 0, at = offset; band < sum.length; band++, at += stride) {
    const x = v[at]! - zeroPoint
    sum[band]! += x
    sumOfSquares[band]! += x * x
    if (x > max[band]!) max[band] = x
    const step = x - last[band]!
    if (count > 0) sumOfSquaredSteps[band]! += step * step
    else first[band] = x
    last[band] = x
  }
  state.count++
}

/** What two parts of a clip give together; of whole numbers exactly the state of the whole clip. */
export function mergeTapStates(a: TapState, b: TapState): TapState {
  const add = (x: Float64Array, y: Float64Array) => x.map((value, i) => value + y[i]!)
  return { count: a.count + b.count, sum: add(a.sum, b.sum), sumOfSquares: add(a.sumOfSquares, b.sumOfSquares), max: a.max.map((value, i) => Math.max(value, b.max[i]!)) }
}

/** As {@link mergeTapStates}, `b` following `a` without a gap. */
export function mergeFrameStates(a: FrameState, b: FrameState): FrameState {
  if (a.count === 0 || b.count === 0) return a.count === 0 ? b : a
  const seam = (i: number) => (b.first[i]! - a.last[i]!) ** 2
  return { ...mergeTapStates(a, b), sumOfSquaredSteps: a.sumOfSquaredSteps.map((value, i) => value + b.sumOfSquaredSteps[i]! + seam(i)), first: a.first, last: b.last }
}

/**
 * Statistics of a tap, float32, in this order of operations, each rounded to float32 on its own, with n the count, s the sum, q the sum of
 * squares, m the maximum, and S = float32(scale / rowPool):
 * mean = (float32(s) / float32(n)) · S; std = S · √(float32(n q − s²) / float32(n²) + float32(ε / S²)), n q − s² and n² exact integers of 64 bits
 * (of floats float64, at least 0); max = float32(m) · S; then, where asked for, √max(0, x).
 * @param scale of the int8 tensor; null for floats, whose S is 1 / rowPool
 * @returns statistic by statistic
 * @throws AedError `INVALID_INPUT` for a clip without a patch, `INVALID_STATE` for more positions than {@link mostPositions} in int8
 */
export function tapStatistics(state: TapState, { statistics, rowPool, epsilon, sqrt }: Pick<TapBlock, 'statistics' | 'rowPool' | 'epsilon' | 'sqrt'>, scale: number | null): Float32Array {
  checkCount(state, scale, rowPool)
  const step = f32((scale ?? 1) / rowPool)
  const parts = statistics.map((statistic) => momentOf(state, statistic, step, f32(epsilon / (step * step))))
  const values = joined(parts)
  return sqrt ? values.map((x) => Math.sqrt(Math.max(0, x))) : values
}

/**
 * Moments of log-mel frames: as {@link tapStatistics} with rowPool 1 and ε 0; delta = S · √(float32(sum of squared steps) / float32(n − 1)), 0 for one frame.
 * @throws AedError as {@link tapStatistics}
 */
export function frameStatistics(state: FrameState, { statistics }: Pick<Extract<ClipBlock, { kind: 'logMelMoments' }>, 'statistics'>, scale: number | null): Float32Array {
  checkCount(state, scale, 1)
  const step = f32(scale ?? 1)
  return joined(
    statistics.map((statistic) =>
      statistic === 'delta'
        ? Float32Array.from(state.sumOfSquaredSteps, (sum) => (state.count > 1 ? f32(step * f32(Math.sqrt(f32(f32(sum) / f32(state.count - 1))))) : 0))
        : momentOf(state, statistic, step, 0),
    ),
  )
}

function checkCount({ count }: Sums, scale: number | null, rowPool: number): void {
  if (count === 0) throw new AedError('INVALID_INPUT', 'a clip head needs a clip of one patch at least', { hint: 'lengthen the clip: minDuration' })
  if (scale !== null && count > mostPositions(rowPool))
    throw new AedError('INVALID_STATE', `a clip head of int8 values takes ${mostPositions(rowPool)} positions at most, got ${count}`, { hint: 'begin a new clip earlier' })
}

function momentOf({ count, sum, sumOfSquares, max }: Sums, statistic: 'mean' | 'std' | 'max', step: number, epsilon: number): Float32Array {
  const n = f32(count)
  const nn = f32(count * count)
  switch (statistic) {
    case 'mean':
      return Float32Array.from(sum, (s) => f32(f32(s) / n) * step)
    case 'std':
      return Float32Array.from(sum, (s, i) => step * f32(Math.sqrt(f32(f32(f32(Math.max(0, count * sumOfSquares[i]! - s * s)) / nn) + epsilon))))
    case 'max':
      return Float32Array.from(max, (m) => f32(m) * step)
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const values = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    values.set(part, at)
    at += part.length
  }
  return values
}

import { AedError, option, parseOptions, throwIfAborted, type OptionsInput, type StageContext, type Tensor } from '@aed/core'
import * as v from 'valibot'
import { checkSpectrogram } from './check-spectrogram.ts'

/** Options of {@link delta}. */
export const deltaOptionsSchema = v.strictObject({
  width: option.integer(9, 'frames that a derivative is fitted to, odd', { min: 3, unit: 'frames' }),
  order: option.integer(1, 'of the derivative: 1 velocity, 2 acceleration', { min: 1, max: 8 }),
  mode: option.choice(
    ['interp', 'nearest', 'mirror', 'constant', 'wrap'],
    'interp',
    'both ends: interp fits the first and last whole windows; else frames beyond are those at the end, mirrored, zeros, or from the other end',
  ),
})

type Mode = OptionsInput<typeof deltaOptionsSchema>['mode']

/** What a caller gives of the options of {@link delta}. */
export type DeltaOptionsInput = OptionsInput<typeof deltaOptionsSchema>

/**
 * Derivative over time of each row: that of the polynomial of degree `order` fitted to the `width` frames around (Savitzky and
 * Golay, 1964).
 * @param features `[rows, frames]`
 * @returns the same shape, per frame to the power of `order`
 * @throws AedError `INVALID_OPTION` for an even width, or an order not below it; `INVALID_INPUT` for fewer frames than `width` with `interp`
 * @see librosa.feature.delta, version in test/golden/MANIFEST.json; scipy.signal.savgol_filter
 */
export function delta(features: Tensor<'float32'>, options: DeltaOptionsInput, context?: StageContext): Tensor<'float32'> {
  throwIfAborted(context?.signal)
  const [rows, frames] = checkSpectrogram(features, 'delta')
  const { width, order, mode } = parseOptions(deltaOptionsSchema, options, 'delta')
  if (width % 2 === 0) throw new AedError('INVALID_OPTION', `delta: width takes an odd number, got ${width}`)
  if (order >= width) throw new AedError('INVALID_OPTION', `delta: order takes less than width = ${width}, got ${order}`)
  if (mode === 'interp' && frames < width)
    throw new AedError('INVALID_INPUT', `delta: mode interp takes at least width = ${width} frames, got ${frames}`, { hint: 'lower width or choose mode nearest' })
  const weights = derivativeWeights(width, order)
  const half = width >> 1
  const data = new Float32Array(rows * frames)
  for (let row = 0; row < rows; row++) {
    const at = row * frames
    for (let t = 0; t < frames; t++) {
      // A polynomial of degree `order` has one derivative of that order everywhere: the ends have that of their window.
      const centre = mode === 'interp' ? Math.min(Math.max(t, half), frames - 1 - half) : t
      let sum = 0
      for (let i = -half; i <= half; i++) {
        const from = outside(centre + i, frames, mode)
        if (from >= 0) sum += weights[i + half]! * features.data[at + from]!
      }
      data[at + t] = sum
    }
  }
  return { dtype: 'float32', shape: [rows, frames], data }
}

/** Index of the frame that stands at `index`, −1 for a zero. */
function outside(index: number, frames: number, mode: Mode): number {
  if (index >= 0 && index < frames) return index
  if (mode === 'constant') return -1
  if (mode === 'nearest') return index < 0 ? 0 : frames - 1
  if (mode === 'wrap') return ((index % frames) + frames) % frames
  if (frames === 1) return 0
  const period = 2 * (frames - 1)
  const phase = ((index % period) + period) % period
  return phase < frames ? phase : period - phase
}

/**
 * Weights of a window's values in the derivative of order `order` of their best polynomial of that degree: its leading
 * coefficient times order!, which is the projection onto the monic orthogonal polynomial of that degree (Gram's).
 */
function derivativeWeights(width: number, order: number): Float64Array {
  const half = width >> 1
  let previous = new Float64Array(width)
  let current = new Float64Array(width).fill(1)
  let factorial = 1
  for (let n = 0; n < order; n++) {
    // p(n+1)(t) = t p(n)(t) − β p(n−1)(t), β = n² (width² − n²) / (4 (4n² − 1))
    const beta = n === 0 ? 0 : (n * n * (width * width - n * n)) / (4 * (4 * n * n - 1))
    const next = current.map((value, i) => (i - half) * value - beta * previous[i]!)
    previous = current
    current = next
    factorial *= n + 1
  }
  const energy = current.reduce((sum, value) => sum + value * value, 0)
  return current.map((value) => (factorial * value) / energy)
}

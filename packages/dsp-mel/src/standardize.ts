import { AedError, formatShape, throwIfAborted, type StageContext, type Tensor } from '@aed/core'

/** Mean and standard deviation of each band, `[bands]`. */
export interface BandStatistics {
  readonly mean: Float64Array
  readonly std: Float64Array
}

/**
 * Mean and standard deviation (of the population: divided by the number of frames) of each band over all frames of some
 * spectrograms or patches.
 * @param features each `[bands, frames]` or `[n, bands, frames]`, of one number of bands
 * @throws AedError `INVALID_INPUT` for other shapes, or no frame at all
 * @returns std is 0 for a band that never changes
 * @see sklearn.preprocessing.StandardScaler
 */
export function bandStatistics(features: readonly Tensor<'float32'>[]): BandStatistics {
  const bands = features[0]?.shape.at(-2) ?? 0
  const mean = new Float64Array(bands)
  const std = new Float64Array(bands)
  const frames = features.reduce((sum, tensor) => sum + framesOf(tensor, bands), 0)
  if (frames === 0) throw new AedError('INVALID_INPUT', 'bandStatistics: at least one frame is needed, got none')
  // Two passes: differences from the mean keep their digits.
  forEachValue(features, bands, (band, value) => (mean[band]! += value))
  for (let m = 0; m < bands; m++) mean[m]! /= frames
  forEachValue(features, bands, (band, value) => (std[band]! += (value - mean[band]!) * (value - mean[band]!)))
  for (let m = 0; m < bands; m++) {
    const variance = std[m]! / frames
    // What rounding of the mean alone can make of a band that never changes.
    const noise = frames * Number.EPSILON * (variance + frames * Number.EPSILON * mean[m]! * mean[m]!)
    std[m] = variance > noise ? Math.sqrt(variance) : 0
  }
  return { mean, std }
}

/**
 * Per-band standardisation: (value − mean) / std of its band; a band that never changes becomes 0.
 * @param features `[bands, frames]` or patches `[n, bands, frames]`
 * @param statistics of the training data, from {@link bandStatistics}; null: of these features themselves
 * @throws AedError `INVALID_INPUT` for other shapes
 */
export function standardizeBands(features: Tensor<'float32'>, statistics: BandStatistics | null, context?: StageContext): Tensor<'float32'> {
  throwIfAborted(context?.signal)
  const { mean, std } = statistics ?? bandStatistics([features])
  framesOf(features, mean.length)
  if (std.length !== mean.length) throw new AedError('INVALID_INPUT', `standardizeBands: mean and std are of one length, got ${mean.length} and ${std.length}`)
  const data = new Float32Array(features.data.length)
  let i = 0
  forEachValue([features], mean.length, (band, value) => {
    data[i++] = std[band]! > 0 ? (value - mean[band]!) / std[band]! : 0
  })
  return { dtype: 'float32', shape: [...features.shape], data }
}

/** Number of all frames of `[bands, frames]` or `[n, bands, frames]`. */
function framesOf({ shape, data }: Tensor<'float32'>, bands: number): number {
  const [count, rows, frames] = shape.length === 2 ? [1, ...shape] : shape
  if (rows !== bands || shape.length > 3 || data.length !== count! * rows * frames!)
    throw new AedError('INVALID_INPUT', `bands: [${bands}, frames] or [n, ${bands}, frames] is needed, got ${formatShape(shape)} with ${data.length} values`)
  return count! * frames!
}

/** Calls `use` for each value in the order of the data. */
function forEachValue(features: readonly Tensor<'float32'>[], bands: number, use: (band: number, value: number) => void): void {
  for (const { shape, data } of features) {
    const frames = shape.at(-1)!
    for (let row = 0, i = 0; i < data.length; row++) for (let t = 0; t < frames; t++) use(row % bands, data[i++]!)
  }
}

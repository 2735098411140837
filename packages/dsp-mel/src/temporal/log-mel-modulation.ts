import { AedError, exp, log, type Tensor } from '@aed/core'
import { checkSpectrogram } from '../check-spectrogram.ts'
import { log10Bulk } from '../log10-bulk.ts'
import { autocorrelation, centre, largestRise } from './periodicity.ts'

/** Groups of bands that are followed, beside the mean of all bands. */
const GROUPS = 8
/** Lags of the autocorrelation in which a period is looked for, in frames. */
const FIRST_LAG = 3
const LAST_LAG = 60
const LN10_TENTH = 0.2302585092994046

/**
 * How a clip's bands move: for the level in dB of eight groups of neighbouring bands (each the mean of the levels of its two halves, whose power is averaged)
 * and for the mean of all bands, nine series in all, eight statistics: log of the deviation, skewness, log of the kurtosis, the largest autocorrelation at lags of 3 to
 * 59 frames, its largest rise there, and the autocorrelation at lags 1, 2 and 5.
 * @param logMel `[bands, frames]` in dB, with a floor of −80 dB re 0; a multiple of 16 bands, 6 frames or more
 * @returns 72 values, statistic by statistic, the nine series fastest
 * @throws AedError `INVALID_INPUT` for another shape
 * @see reference.md, recipe R: `mod_mel` of the prototype
 */
export function logMelModulation(logMel: Tensor<'float32'>): Float32Array {
  const [bands, frames] = checkSpectrogram(logMel, 'logMelModulation')
  if (bands % (2 * GROUPS) !== 0 || frames < 6) throw new AedError('INVALID_INPUT', `logMelModulation: takes a multiple of ${2 * GROUPS} bands and 6 frames or more, got [${bands}, ${frames}]`)
  const series = [...groupLevels(logMel.data, bands, frames), meanLevel(logMel.data, bands, frames)]
  const result = new Float32Array(8 * series.length)
  series.forEach((x, s) => {
    const { second, third, fourth } = centre(x)
    const deviation = Math.sqrt(second) + 0.5
    const ac = autocorrelation(x, LAST_LAG, 1)
    const values = [
      log(deviation),
      third / (deviation * deviation * deviation),
      log(fourth / (deviation * deviation * deviation * deviation) + 0.5),
      ac.subarray(FIRST_LAG).reduce((a, b) => Math.max(a, b), -Infinity),
      largestRise(ac, FIRST_LAG, LAST_LAG),
      ac[1]!,
      ac[2]!,
      ac[5]!,
    ]
    values.forEach((value, i) => (result[i * series.length + s] = value))
  })
  return result
}

/** Levels of the groups of bands over time. */
function groupLevels(data: Float32Array, bands: number, frames: number): Float64Array[] {
  const half = bands / (2 * GROUPS)
  const power = new Float64Array(2 * GROUPS * frames)
  for (let band = 0, at = 0; band < bands; band++) {
    const to = Math.floor(band / half) * frames
    for (let t = 0; t < frames; t++, at++) power[to + t]! += exp(LN10_TENTH * data[at]!)
  }
  for (let i = 0; i < power.length; i++) power[i] = power[i]! / half + 1e-9
  log10Bulk(power, 1e-9)
  return Array.from({ length: GROUPS }, (_, g) => Float64Array.from({ length: frames }, (_value, t) => 5 * (power[2 * g * frames + t]! + power[(2 * g + 1) * frames + t]!)))
}

function meanLevel(data: Float32Array, bands: number, frames: number): Float64Array {
  const mean = new Float64Array(frames)
  for (let band = 0, at = 0; band < bands; band++) for (let t = 0; t < frames; t++, at++) mean[t]! += data[at]!
  return mean.map((sum) => sum / bands)
}

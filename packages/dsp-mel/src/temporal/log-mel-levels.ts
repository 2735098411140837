import { addLevelFrame, AedError, emptyLevelState, LEVEL_GROUPS, levelStatistics, type Tensor } from '@aed/core'
import { checkSpectrogram } from '../check-spectrogram.ts'

/**
 * How the levels of eight groups of neighbouring bands and of all bands move over the frames of a clip: deviation, skewness, kurtosis and autocorrelation, as core's
 * `levelStatistics` states them. The state behind it, core's `LevelState`, runs along a stream in 3 KB: {@link logMelModulation} for a microcontroller.
 * @param logMel `[bands, frames]` in dB, a multiple of 8 bands
 * @returns 72 values, `[9, 8]`, series by series
 * @throws AedError `INVALID_INPUT` for another shape
 */
export function logMelLevels(logMel: Tensor<'float32'>): Float32Array {
  const [bands, frames] = checkSpectrogram(logMel, 'logMelLevels')
  if (bands % LEVEL_GROUPS !== 0) throw new AedError('INVALID_INPUT', `logMelLevels: takes a multiple of ${LEVEL_GROUPS} bands, got ${bands}`)
  const state = emptyLevelState()
  for (let t = 0; t < frames; t++) addLevelFrame(state, logMel.data, bands, t, frames)
  return levelStatistics(state, null)
}

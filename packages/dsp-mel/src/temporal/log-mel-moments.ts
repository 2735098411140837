import { addFrame, emptyFrameState, frameStatistics, type Tensor } from '@aed/core'
import { checkSpectrogram } from '../check-spectrogram.ts'

/**
 * Moments of each band over the frames of a clip: mean, standard deviation, maximum, and root mean square of the difference from frame to frame.
 * The states behind it, which run along a stream and join, are core's `FrameState`.
 * @param logMel `[bands, frames]`
 * @returns `[4, bands]` in the unit of the input; the last is 0 for a single frame
 * @throws AedError `INVALID_INPUT` for another shape, or no frame
 * @see reference.md, recipe R: `mel` of the prototype
 */
export function logMelMoments(logMel: Tensor<'float32'>): Float32Array {
  const [bands, frames] = checkSpectrogram(logMel, 'logMelMoments')
  const state = emptyFrameState(bands)
  for (let t = 0; t < frames; t++) addFrame(state, logMel.data, t, frames, 0)
  return frameStatistics(state, { statistics: ['mean', 'std', 'max', 'delta'] }, null)
}

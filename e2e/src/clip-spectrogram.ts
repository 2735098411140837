import { augmentWaveform, prepareClip, type AudioFile } from '@aed/audio'
import { tensor, type FeatureConfig, type Tensor } from '@aed/core'
import { logMelPatches, logMelSpectrogram } from '@aed/dsp-mel'
import { resampledClip } from './augment-clip.ts'

/**
 * The log-mel spectrogram of a recording at another speed (changed before silence is cut), for windows to be drawn from.
 * @param config.speed 1 is as recorded
 * @returns `[nMels, frames]`; with a reference of its own for each patch (`dbRef` `patch`) the patches `[n, nMels, patchLength]`
 * @throws AedError of `@aed/audio` and `@aed/dsp-mel`
 */
export async function clipSpectrogram(file: AudioFile, { speed, ...config }: FeatureConfig & { readonly speed: number }): Promise<Tensor<'float32'>> {
  const whole = await resampledClip(file, config.audio)
  const changed = speed === 1 ? whole : augmentWaveform({ clip: whole, key: file.name }, { steps: [{ step: 'speed', minSpeed: speed, maxSpeed: speed }] }).clip
  const clip = prepareClip(changed, config.audio)
  if (config.mel.dbRef === 'patch') return logMelPatches(clip, config)
  const { shape, data } = logMelSpectrogram(clip, config.mel)
  return tensor('float32', shape, data)
}

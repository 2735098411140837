import { throwIfAborted, type AudioClip, type StageContext, type Tensor } from '@aed/core'
import { checkClip } from './check-clip.ts'
import { createMelPlan, type MelOptionsInput } from './mel-plan.ts'

/**
 * Mel spectrogram of a clip: power, or magnitude with `power: 1`; no dB. Float64 inside.
 * @returns `[nMels, frames]`, row 0 the lowest band
 * @throws AedError `INVALID_OPTION`; `AUDIO_EMPTY`; `INVALID_INPUT` for NaN or infinite samples (with the index of the
 * first), and for fewer than nFft samples without `center`
 * @see librosa.feature.melspectrogram, version in test/golden/MANIFEST.json
 * @example melSpectrogram({ samples: new Float32Array(16000), sampleRate: 16000 }, {}).shape // [64, 51]
 */
export function melSpectrogram(clip: AudioClip, options: MelOptionsInput, context?: StageContext): Tensor<'float32'> {
  throwIfAborted(context?.signal)
  const { samples, sampleRate } = checkClip(clip)
  const plan = createMelPlan(sampleRate, options)
  const data = new Float32Array(plan.melPower(samples))
  return { dtype: 'float32', shape: [plan.options.nMels, plan.frames(samples.length)], data }
}

/**
 * Log-mel spectrogram of a clip in dB. What 0 dB is, and where the floor lies, follows `dbRef`:
 * `'clip'` the clip's maximum (librosa's `ref=np.max`); `'running'` the maximum of all frames so far; a number: that
 * power (magnitude with `power: 1`); null: no dB, the linear spectrogram. Values more than `topDb` below the reference
 * are raised to that. Silence is 0 dB relative to itself, and −`topDb` relative to a number far above `amin`.
 * @returns `[nMels, frames]`, row 0 the lowest band
 * @throws AedError as {@link melSpectrogram}; `INVALID_OPTION` when `dbRef` is `'patch'`, which `logMelPatches` takes
 * @see librosa.power_to_db, librosa.amplitude_to_db
 */
export function logMelSpectrogram(clip: AudioClip, options: MelOptionsInput, context?: StageContext): Tensor<'float32'> {
  throwIfAborted(context?.signal)
  const { samples, sampleRate } = checkClip(clip)
  const plan = createMelPlan(sampleRate, options)
  const data = plan.logMel(samples)
  return { dtype: 'float32', shape: [plan.options.nMels, plan.frames(samples.length)], data }
}

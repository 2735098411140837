import * as v from 'valibot'
import { option, parseOptions, type OptionsOf } from './options.ts'

/** From a decoded recording to the clip whose features are taken. */
export const audioOptionsSchema = v.strictObject({
  sampleRate: option.integer(16000, 'sampling rate that the recording is resampled to', { min: 1000, max: 384000, unit: 'Hz' }),
  maxDuration: option.numberOrNone(10, 'only so much of the start is read', { min: 0, exclusiveMin: true, unit: 's' }),
  trimSilenceDb: option.numberOrNone(60, 'stretches quieter than this below the loudest RMS are cut out', { min: 0, unit: 'dB' }),
  trimFrameLength: option.integer(3200, 'length of the frames whose RMS is compared; also their hop', { min: 1, unit: 'samples' }),
  minDuration: option.numberOrNone(2, 'a shorter clip is repeated up to this', { min: 0, unit: 's' }),
})

/** From a clip to its mel spectrogram; names and meaning of librosa. */
export const melOptionsSchema = v.strictObject({
  nFft: option.integer(1024, 'FFT length', { min: 2, max: 65536, unit: 'samples' }),
  hopLength: option.integer(320, 'step from frame to frame', { min: 1, unit: 'samples' }),
  winLength: option.integerOrNone(null, 'window length, centred in the FFT frame; none: as nFft', { min: 1, unit: 'samples' }),
  window: option.choice(['hann', 'hamming', 'blackman', 'rectangular'], 'hann', 'periodic window'),
  center: option.boolean(true, 'frame t is centred on sample t · hopLength'),
  padMode: option.choice(['constant', 'reflect', 'edge'], 'constant', 'what lies beyond both ends of a centred clip'),
  power: option.numberChoice([2, 1], 2, 'exponent of the magnitude: 2 power, 1 magnitude'),
  nMels: option.integer(64, 'mel bands', { min: 1, max: 1024 }),
  fmin: option.number(20, 'lower edge of the lowest band', { min: 0, unit: 'Hz' }),
  fmax: option.numberOrNone(7500, 'upper edge of the highest band; none: half the sampling rate', { min: 0, exclusiveMin: true, unit: 'Hz' }),
  melNorm: option.choiceOrNone(['slaney'], 'slaney', 'slaney: bands of equal area'),
  melScale: option.choice(['slaney', 'htk'], 'slaney', 'formula of the mel scale'),
  dbRef: option.choiceOrNumber(['clip', 'patch', 'running'], 'clip', 'what 0 dB is: the maximum of the clip or patch, the maximum so far, or a value; none: no dB', { min: 0, exclusiveMin: true }),
  amin: option.number(1e-10, 'floor of the power before the logarithm', { min: 0, exclusiveMin: true }),
  topDb: option.numberOrNone(80, 'values further below the reference are raised to this', { min: 0, unit: 'dB' }),
})

/** From a spectrogram to patches of equal length. */
export const patchOptionsSchema = v.strictObject({
  patchLength: option.integer(50, 'length of a patch', { min: 1, unit: 'frames' }),
  patchOverlap: option.number(0.25, 'part of a patch that the next one repeats, below 1', { min: 0, max: 0.999999 }),
  includeLastPatch: option.boolean(false, 'one more patch that ends with the last frame'),
})

/** The whole front end, stored with every model. */
export const featureConfigSchema = v.strictObject({
  audio: v.optional(audioOptionsSchema, {}),
  mel: v.optional(melOptionsSchema, {}),
  patches: v.optional(patchOptionsSchema, {}),
})

export type AudioOptions = OptionsOf<typeof audioOptionsSchema>
export type MelOptions = OptionsOf<typeof melOptionsSchema>
export type PatchOptions = OptionsOf<typeof patchOptionsSchema>
/** The front end of a model: everything between a decoded recording and the network's input. */
export type FeatureConfig = OptionsOf<typeof featureConfigSchema>

/**
 * A complete feature config from a partial one; the defaults are those of the published models.
 * @throws AedError `INVALID_OPTION`
 */
export function featureConfig(input: unknown = {}): FeatureConfig {
  return parseOptions(featureConfigSchema, input, 'feature config')
}

/** Frames from one patch to the next: `patchLength − ⌊patchLength · patchOverlap⌋`. */
export function patchStep({ patchLength, patchOverlap }: PatchOptions): number {
  return patchLength - Math.floor(patchLength * patchOverlap)
}

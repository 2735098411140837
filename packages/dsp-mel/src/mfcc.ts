import { AedError, cosPi, option, parseOptions, sinPi, throwIfAborted, type OptionsInput, type StageContext, type Tensor } from '@aed/core'
import * as v from 'valibot'
import { checkSpectrogram } from './check-spectrogram.ts'

/** Options of {@link mfcc}. */
export const mfccOptionsSchema = v.strictObject({
  nMfcc: option.integer(20, 'coefficients, at most as many as there are bands', { min: 1, max: 1024 }),
  lifter: option.number(0, 'weighs coefficient n by 1 + lifter / 2 · sin(π (n + 1) / lifter); 0: not', { min: 0 }),
})

/** What a caller gives of the options of {@link mfcc}. */
export type MfccOptionsInput = OptionsInput<typeof mfccOptionsSchema>

/**
 * Mel-frequency cepstral coefficients: the first coefficients of the orthonormal DCT-II over the bands of a log-mel spectrogram.
 * librosa's `mfcc(y=…)` is `mfcc(powerToDb(melSpectrogram(clip, mel), {}), options)`.
 * @param logMel `[nMels, frames]`, in dB
 * @returns `[nMfcc, frames]`, row 0 the mean level times √nMels
 * @throws AedError `INVALID_OPTION` also when `nMfcc` is above nMels; `INVALID_INPUT` for another shape
 * @see librosa.feature.mfcc (dct_type 2, norm 'ortho'), version in test/golden/MANIFEST.json; lifter: Young et al., The HTK Book
 */
export function mfcc(logMel: Tensor<'float32'>, options: MfccOptionsInput, context?: StageContext): Tensor<'float32'> {
  throwIfAborted(context?.signal)
  const [nMels, frames] = checkSpectrogram(logMel, 'mfcc')
  const { nMfcc, lifter } = parseOptions(mfccOptionsSchema, options, 'mfcc')
  if (nMfcc > nMels) throw new AedError('INVALID_OPTION', `mfcc: nMfcc takes at most the number of bands, ${nMels}, got ${nMfcc}`)
  const data = new Float32Array(nMfcc * frames)
  const row = new Float64Array(frames)
  for (let n = 0; n < nMfcc; n++) {
    row.fill(0)
    const scale = Math.sqrt((n === 0 ? 1 : 2) / nMels) * (lifter > 0 ? 1 + (lifter / 2) * sinPi((n + 1) / lifter) : 1)
    for (let m = 0; m < nMels; m++) {
      const weight = cosPi((n * (2 * m + 1)) / (2 * nMels))
      for (let t = 0; t < frames; t++) row[t]! += weight * logMel.data[m * frames + t]!
    }
    for (let t = 0; t < frames; t++) data[n * frames + t] = scale * row[t]!
  }
  return { dtype: 'float32', shape: [nMfcc, frames], data }
}

import { melOptionsSchema, option, parseOptions, throwIfAborted, type AudioClip, type OptionsInput, type OptionsOf, type StageContext, type Tensor } from '@aed/core'
import * as v from 'valibot'
import { checkClip, checkSamples } from './check-clip.ts'
import { fillFrame, frameCount } from './padding.ts'
import { createSpectrum, type Spectrum } from './spectrum.ts'
import { frameWindow } from './window.ts'

const { nFft, hopLength, winLength, window, center, padMode } = melOptionsSchema.entries

/** Options of {@link stft}: those of a mel spectrogram up to the FFT, and the kind of window. */
export const stftOptionsSchema = v.strictObject({
  nFft,
  hopLength,
  winLength,
  window,
  symmetric: option.boolean(false, 'symmetric window, as filters are designed with; else periodic, as spectra are taken with'),
  center,
  padMode,
})

const { power } = melOptionsSchema.entries

/** Options of {@link spectrogram}. */
export const spectrogramOptionsSchema = v.strictObject({ ...stftOptionsSchema.entries, power })

/** What a caller gives of the options of {@link stft}. */
export type StftOptionsInput = OptionsInput<typeof stftOptionsSchema>
/** What a caller gives of the options of {@link spectrogram}. */
export type SpectrogramOptionsInput = OptionsInput<typeof spectrogramOptionsSchema>
type StftOptions = OptionsOf<typeof stftOptionsSchema>

/** A complex spectrogram; both parts `[bins, frames]`, bin k at k · sampleRate / nFft Hz. */
export interface ComplexSpectrogram {
  readonly shape: readonly [bins: number, frames: number]
  readonly real: Float32Array
  readonly imag: Float32Array
}

/**
 * Short-time Fourier transform. Float64 inside.
 * @returns `[1 + ⌊nFft / 2⌋, frames]`
 * @throws AedError `INVALID_OPTION`; `AUDIO_EMPTY`; `INVALID_INPUT` for NaN or infinite samples, fewer than nFft without `center`
 * @see librosa.stft, version in test/golden/MANIFEST.json
 */
export function stft(clip: AudioClip, options: StftOptionsInput, context?: StageContext): ComplexSpectrogram {
  throwIfAborted(context?.signal)
  const { samples } = checkClip(clip)
  const parsed = parseOptions(stftOptionsSchema, options, 'stft')
  const [bins, frames] = shapeOf(samples, parsed)
  const real = new Float32Array(bins * frames)
  const imag = new Float32Array(bins * frames)
  forEachFrame(samples, parsed, frames, ({ re, im }, t) => {
    for (let k = 0; k < bins; k++) {
      real[k * frames + t] = re[k]!
      imag[k * frames + t] = im[k]!
    }
  })
  return { shape: [bins, frames], real, imag }
}

/**
 * Spectrogram: power |X|², or magnitude |X| with `power: 1`. Float64 inside.
 * @returns `[1 + ⌊nFft / 2⌋, frames]`
 * @throws AedError as {@link stft}
 */
export function spectrogram(clip: AudioClip, options: SpectrogramOptionsInput, context?: StageContext): Tensor<'float32'> {
  throwIfAborted(context?.signal)
  const { samples } = checkClip(clip)
  const { power: exponent, ...rest } = parseOptions(spectrogramOptionsSchema, options, 'spectrogram')
  const [bins, frames] = shapeOf(samples, rest)
  const data = new Float32Array(bins * frames)
  forEachFrame(samples, rest, frames, ({ re, im }, t) => {
    for (let k = 0; k < bins; k++) {
      const value = re[k]! * re[k]! + im[k]! * im[k]!
      data[k * frames + t] = exponent === 1 ? Math.sqrt(value) : value
    }
  })
  return { dtype: 'float32', shape: [bins, frames], data }
}

function shapeOf(samples: Float32Array, options: StftOptions): [bins: number, frames: number] {
  const frames = frameCount(samples.length, options)
  checkSamples(samples, frames, options.nFft)
  return [1 + (options.nFft >> 1), frames]
}

function forEachFrame(samples: Float32Array, options: StftOptions, frames: number, use: (spectrum: Spectrum, frame: number) => void): void {
  const spectrum = createSpectrum(frameWindow(options))
  const edge = new Float32Array(options.nFft)
  const lead = options.center ? options.nFft >> 1 : 0
  for (let t = 0; t < frames; t++) {
    const first = t * options.hopLength - lead
    if (first >= 0 && first + options.nFft <= samples.length) spectrum.run(samples, first)
    else {
      fillFrame(samples, first, options, edge)
      spectrum.run(edge, 0)
    }
    use(spectrum, t)
  }
}

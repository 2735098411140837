import { AedError, melOptionsSchema, parseOptions, type MelOptions, type OptionsInput } from '@aed/core'
import { checkSamples } from './check-clip.ts'
import { maximumOf, runningMaximum, toDecibels } from './decibels.ts'
import { applyMelFilters, createMelFilters, type MelFilters } from './mel-filters.ts'
import { fillFrame, frameCount } from './padding.ts'
import { createPowerSpectrum } from './power-spectrum.ts'
import { frameWindow } from './window.ts'

/** Frames whose spectra are made before the mel filters weigh them; of no effect on the result. */
const BLOCK = 8

/** What a caller gives of {@link MelOptions}; what is left out has its default. */
export type MelOptionsInput = OptionsInput<typeof melOptionsSchema>

/** Tables and scratch of a mel spectrogram, made once for many clips of one rate. Not for two calls at the same time. */
export interface MelPlan {
  /** In Hz. */
  readonly sampleRate: number
  /** Complete options. */
  readonly options: MelOptions
  /** Window of a frame, `[nFft]`, float64; not to be written. */
  readonly window: Float64Array
  /** Sparse mel weights, float64; not to be written. */
  readonly filters: MelFilters
  /** What a user should know of these options, one sentence each with a remedy; empty when all is well. */
  readonly warnings: readonly string[]
  /** Number of frames that so many samples give, as in librosa; 0 where there is no frame. */
  frames(samples: number): number
  /**
   * Mel spectrogram, power or magnitude.
   * @param out takes the result, `nMels · frames` long; by default a new array
   * @returns `[nMels, frames]`, float64, row 0 the lowest band
   * @throws AedError `AUDIO_EMPTY`, `INVALID_INPUT` for NaN or infinite samples, fewer than nFft without `center`, `out` of another length
   */
  melPower(samples: Float32Array, out?: Float64Array): Float64Array
  /**
   * Log-mel spectrogram in dB, or the linear one where `dbRef` is null.
   * @param out takes the result, `nMels · frames` long; by default a new array
   * @returns `[nMels, frames]`, float32, row 0 the lowest band
   * @throws AedError as {@link MelPlan.melPower}; `INVALID_OPTION` when `dbRef` is `'patch'`: without patches there is no such reference
   */
  logMel(samples: Float32Array, out?: Float32Array): Float32Array
}

/**
 * Plans mel spectrograms of one sampling rate.
 * @param sampleRate in Hz, above 0
 * @throws AedError `INVALID_OPTION` also when `nFft` is not a product of 2, 3 and 5, `winLength > nFft`, `fmin ≥ fmax`, `fmin ≥ sampleRate / 2`
 * @see librosa.feature.melspectrogram, version in test/golden/MANIFEST.json
 */
export function createMelPlan(sampleRate: number, options: MelOptionsInput = {}): MelPlan {
  const mel = parseOptions(melOptionsSchema, options, 'mel')
  const { nFft, hopLength, nMels, center, power } = mel
  const window = frameWindow(mel)
  const spectrum = createPowerSpectrum(window)
  const filters = createMelFilters(sampleRate, mel)
  const { bins } = filters
  const spectra = new Float64Array(BLOCK * bins)
  const edge = new Float32Array(nFft)
  const lead = center ? nFft >> 1 : 0

  const frames = (samples: number): number => frameCount(samples, mel)

  const melPower = (samples: Float32Array, out?: Float64Array): Float64Array => {
    const count = frames(samples.length)
    checkSamples(samples, count, nFft)
    const result = checkOut(out, nMels * count) ?? new Float64Array(nMels * count)
    for (let t = 0; t < count; t += BLOCK) {
      const block = Math.min(BLOCK, count - t)
      for (let f = 0; f < block; f++) {
        const first = (t + f) * hopLength - lead
        if (first >= 0 && first + nFft <= samples.length) spectrum.run(samples, first, spectra, f * bins)
        else {
          fillFrame(samples, first, mel, edge)
          spectrum.run(edge, 0, spectra, f * bins)
        }
      }
      if (power === 1) takeRoots(spectra)
      applyMelFilters(filters, spectra, block, result, t, count)
    }
    return result
  }

  const logMel = (samples: Float32Array, out?: Float32Array): Float32Array => {
    const { dbRef } = mel
    if (dbRef === 'patch')
      throw new AedError('INVALID_OPTION', "mel: dbRef 'patch' is the maximum of a patch, and a spectrogram has no patches", { hint: "call logMelPatches, or choose 'clip', 'running' or a number" })
    const values = melPower(samples)
    const result = checkOut(out, values.length) ?? new Float32Array(values.length)
    if (dbRef === null) {
      result.set(values)
      return result
    }
    const columns = values.length / nMels
    const references = dbRef === 'running' ? runningMaximum(values, columns) : new Float64Array(columns).fill(dbRef === 'clip' ? maximumOf(values) : dbRef)
    toDecibels(values, references, mel, result)
    return result
  }

  return { sampleRate, options: mel, window, filters, warnings: filters.warnings, frames, melPower, logMel }
}

function takeRoots(values: Float64Array): void {
  for (let i = 0; i < values.length; i++) values[i] = Math.sqrt(values[i]!)
}

function checkOut<T extends Float32Array | Float64Array>(out: T | undefined, length: number): T | undefined {
  if (out && out.length !== length) throw new AedError('INVALID_INPUT', `mel: out takes ${length} values, got an array of ${out.length}`)
  return out
}

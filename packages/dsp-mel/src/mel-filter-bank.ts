import { melOptionsSchema, parseOptions, type MelOptions, type OptionsInput, type Tensor } from '@aed/core'
import { createMelFilters } from './mel-filters.ts'

/** Options of {@link melFilterBank}: those of a mel spectrogram that shape the filters, with their defaults. */
export type MelFilterBankOptions = { /** In Hz, above 0. */ readonly sampleRate: number } & Partial<
  Pick<MelOptions, 'nFft' | 'nMels' | 'fmin' | 'fmax' | 'melScale' | 'melNorm'>
>

/** A mel filterbank and what is odd about it. */
export interface MelFilterBank extends Tensor<'float32'> {
  /** Bands without a single bin, which are always silent. */
  readonly emptyBands: readonly number[]
  /** What a user should know, one sentence each with a remedy; empty when all is well. */
  readonly warnings: readonly string[]
}

/**
 * Mel filterbank: weights that project the bins of a spectrum onto mel bands, rounded to float32 as librosa does.
 * @returns row-major `[nMels, 1 + ⌊nFft / 2⌋]`, row 0 the lowest band; per Hz with `melNorm: 'slaney'`, else no unit
 * @throws AedError `INVALID_OPTION` also when `fmin ≥ fmax` or `fmin ≥ sampleRate / 2`
 * @see librosa.filters.mel, version in test/golden/MANIFEST.json
 * @example melFilterBank({ sampleRate: 16000, nFft: 512 }).shape // [64, 257]
 */
export function melFilterBank({ sampleRate, ...shape }: MelFilterBankOptions): MelFilterBank {
  const options = parseOptions(melOptionsSchema, shape satisfies OptionsInput<typeof melOptionsSchema>, 'melFilterBank')
  const { nMels, bins, start, offset, triangles, norm, emptyBands, warnings } = createMelFilters(sampleRate, options)
  const data = new Float32Array(nMels * bins)
  for (let m = 0; m < nMels; m++)
    for (let i = offset[m]!, k = m * bins + start[m]!; i < offset[m + 1]!; i++, k++) data[k] = Math.fround(triangles[i]!) * norm[m]! // rounded twice, as there
  return { dtype: 'float32', shape: [nMels, bins], data, emptyBands, warnings }
}

import { parseOptions, patchOptionsSchema, patchStep, type OptionsInput, type Tensor } from '@aed/core'
import { checkSpectrogram } from './check-spectrogram.ts'

/** What a caller gives of `PatchOptions`; what is left out has its default. */
export type PatchOptionsInput = OptionsInput<typeof patchOptionsSchema>

/**
 * First frame of each patch: every `patchStep` frames while a whole patch is left; `includeLastPatch` adds one that ends
 * with the last frame, even if it repeats the one before. None where there are fewer frames than a patch is long.
 * (The published models' script gives one patch of wrong length in that last case when asked for the last patch.)
 * @throws AedError `INVALID_OPTION`
 */
export function patchStarts(frames: number, options: PatchOptionsInput): number[] {
  const patches = parseOptions(patchOptionsSchema, options, 'patches')
  const step = patchStep(patches)
  const last = frames - patches.patchLength
  const starts: number[] = []
  for (let start = 0; start <= last; start += step) starts.push(start)
  if (patches.includeLastPatch && last >= 0) starts.push(last)
  return starts
}

/** Copies the columns `[first, first + length)` of `[rows, columns]` to `out[at …]`, row by row. */
export function copyColumns<T extends Float32Array | Float64Array>(from: T, columns: number, first: number, length: number, out: T, at = 0): void {
  for (let start = first; start < from.length; start += columns, at += length) out.set(from.subarray(start, start + length), at)
}

/**
 * Cuts a spectrogram into patches of equal length, see {@link patchStarts} for where.
 * @param mel `[nMels, frames]`
 * @returns `[n, nMels, patchLength]`, n = 0 for a spectrogram shorter than a patch
 * @throws AedError `INVALID_OPTION`, `INVALID_INPUT` for another shape
 */
export function cutPatches(mel: Tensor<'float32'>, options: PatchOptionsInput): Tensor<'float32'> {
  const [nMels, frames] = checkSpectrogram(mel, 'cutPatches')
  const { patchLength } = parseOptions(patchOptionsSchema, options, 'patches')
  const starts = patchStarts(frames, options)
  const size = nMels * patchLength
  const data = new Float32Array(starts.length * size)
  for (const [i, start] of starts.entries()) copyColumns(mel.data, frames, start, patchLength, data, i * size)
  return { dtype: 'float32', shape: [starts.length, nMels, patchLength], data }
}

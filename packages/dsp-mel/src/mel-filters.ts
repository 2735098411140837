import { AedError, type MelOptions } from '@aed/core'
import { melFrequencies } from './mel-scale.ts'

/** What the shape of the filters depends on; `fmax` null means half the sampling rate. */
export type MelFilterOptions = Pick<MelOptions, 'nFft' | 'nMels' | 'fmin' | 'fmax' | 'melScale' | 'melNorm'>

/** The non-zero weights of a mel filterbank: band `m` weighs bins `start[m] …` by `weights[offset[m] … offset[m + 1])`. */
export interface MelFilters {
  readonly nMels: number
  /** 1 + ⌊nFft / 2⌋. */
  readonly bins: number
  /** First bin of each band, `[nMels]`. */
  readonly start: Int32Array
  /** Where the weights of each band begin, `[nMels + 1]`. */
  readonly offset: Int32Array
  /** Triangles of height 1, float64, without {@link MelFilters.norm}. */
  readonly triangles: Float64Array
  /** Factor of each band: 2 / (width in Hz) for `slaney`, else 1. */
  readonly norm: Float64Array
  /** `triangles` times `norm`. */
  readonly weights: Float64Array
  /** Bands without a single bin, which are always silent. */
  readonly emptyBands: readonly number[]
  /** What a user should know, one sentence each with a remedy; empty when all is well. */
  readonly warnings: readonly string[]
}

/**
 * Triangular mel filters in float64, sparse.
 * @param sampleRate in Hz, above 0
 * @throws AedError `INVALID_OPTION` when no filter can come of it: `fmin ≥ fmax`, `fmin ≥ sampleRate / 2`, bands of no width
 * @see librosa.filters.mel
 */
export function createMelFilters(sampleRate: number, options: MelFilterOptions): MelFilters {
  const { nFft, nMels, fmin, melScale, melNorm } = options
  checkRange(sampleRate, options)
  const fmax = options.fmax ?? sampleRate / 2
  const edges = melFrequencies(nMels + 2, fmin, fmax, melScale)
  const bins = 1 + (nFft >> 1)
  const binHz = 1 / (nFft * (1 / sampleRate)) // in numpy's order: rfftfreq(n, d = 1 / sampleRate)
  const start = new Int32Array(nMels)
  const offset = new Int32Array(nMels + 1)
  const norm = new Float64Array(nMels)
  const values: number[] = []
  const emptyBands: number[] = []
  for (let m = 0; m < nMels; m++) {
    const [low, centre, high] = [edges[m]!, edges[m + 1]!, edges[m + 2]!]
    if (!(low < centre && centre < high))
      throw new AedError('INVALID_OPTION', `mel: ${nMels} bands between ${fmin} and ${fmax} Hz have no width`, { hint: 'widen fmin … fmax or lower nMels' })
    // One bin more on either side than the edges say: rounding must not cost a weight, and zeros are dropped below.
    const last = Math.min(bins - 1, Math.ceil(high / binHz) + 1)
    let first = -1
    for (let k = Math.max(0, Math.floor(low / binHz) - 1); k <= last; k++) {
      const hz = k * binHz
      const weight = Math.min(-(low - hz) / (centre - low), (high - hz) / (high - centre))
      if (weight <= 0) continue
      if (first < 0) first = k
      values.push(weight)
    }
    start[m] = Math.max(0, first)
    offset[m + 1] = values.length
    norm[m] = melNorm === 'slaney' ? 2 / (high - low) : 1
    if (first < 0) emptyBands.push(m)
  }
  const triangles = Float64Array.from(values)
  const weights = triangles.slice()
  for (let m = 0; m < nMels; m++) for (let i = offset[m]!; i < offset[m + 1]!; i++) weights[i]! *= norm[m]!
  return { nMels, bins, start, offset, triangles, norm, weights, emptyBands, warnings: warningsOf(emptyBands, edges, binHz) }
}

/**
 * Weighs some spectra: band `m` of spectrum `f` goes to `out[at + f + m · stride]`. The order of each sum is fixed.
 * @param spectra `[count, bins]`
 */
export function applyMelFilters({ nMels, bins, start, offset, weights }: MelFilters, spectra: Float64Array, count: number, out: Float64Array, at: number, stride: number): void {
  // Band by band, so that loops of equal length follow each other and a band's results lie side by side.
  for (let m = 0; m < nMels; m++) {
    const begin = offset[m]!
    const end = offset[m + 1]!
    for (let f = 0; f < count; f++) {
      let k = f * bins + start[m]!
      let i = begin
      // Two sums: one alone waits for each addition.
      let even = 0
      let odd = 0
      for (; i + 1 < end; i += 2, k += 2) {
        even += weights[i]! * spectra[k]!
        odd += weights[i + 1]! * spectra[k + 1]!
      }
      if (i < end) even += weights[i]! * spectra[k]!
      out[at + f + m * stride] = even + odd
    }
  }
}

function checkRange(sampleRate: number, { fmin, fmax }: MelFilterOptions): void {
  if (!(sampleRate > 0 && sampleRate < Infinity)) throw new AedError('INVALID_OPTION', `mel: sampleRate takes a finite number above 0, got ${sampleRate}`)
  if (fmin >= sampleRate / 2)
    throw new AedError('INVALID_OPTION', `mel: fmin takes less than half the sampling rate, ${sampleRate / 2} Hz, got ${fmin}`, { hint: 'lower fmin or use recordings of a higher rate' })
  if (fmax !== null && fmin >= fmax) throw new AedError('INVALID_OPTION', `mel: fmin takes less than fmax = ${fmax}, got ${fmin}`)
}

function warningsOf(emptyBands: readonly number[], edges: Float64Array, binHz: number): string[] {
  if (!emptyBands.length) return []
  const hz = (value: number) => Math.round(value * 10) / 10
  const named = emptyBands.slice(0, 8).map((m) => `${m} (${hz(edges[m]!)}–${hz(edges[m + 2]!)} Hz)`)
  const more = emptyBands.length > named.length ? ` and ${emptyBands.length - named.length} more` : ''
  const s = emptyBands.length > 1 ? 's' : ''
  return [`mel band${s} ${named.join(', ')}${more} hold${s ? '' : 's'} no FFT bin, which are ${hz(binHz)} Hz apart: raise nFft, lower nMels, or keep fmax within half the sampling rate`]
}

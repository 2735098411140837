import type { MelOptions } from '@aed/core'
import { log10Bulk, wordsOf } from './log10-bulk.ts'

/** Options of the conversion to dB. */
export type DecibelOptions = Pick<MelOptions, 'power' | 'amin' | 'topDb'>

/** 10·log10 of power, 20·log10 of magnitude; the floor `amin` is one of power in both. */
function scaleOf({ power, amin }: DecibelOptions): { factor: number; lowest: number } {
  return power === 1 ? { factor: 20, lowest: Math.sqrt(amin) } : { factor: 10, lowest: amin }
}

/** The largest of some non-negative values, 0 for none. */
export function maximumOf(values: Float64Array): number {
  let maximum = 0
  for (let i = 0; i < values.length; i++) if (values[i]! > maximum) maximum = values[i]!
  return maximum
}

/** The largest value of each column of `[rows, columns]` up to and including that column. */
export function runningMaximum(values: Float64Array, columns: number): Float64Array {
  const maxima = new Float64Array(columns)
  for (let start = 0; start < values.length; start += columns)
    for (let t = 0; t < columns; t++) if (values[start + t]! > maxima[t]!) maxima[t] = values[start + t]!
  for (let t = 1; t < columns; t++) if (maxima[t - 1]! > maxima[t]!) maxima[t] = maxima[t - 1]!
  return maxima
}

/**
 * dB of a spectrogram relative to one reference a column, floored `topDb` below that reference. Where the reference is
 * the maximum of all values this is librosa's `power_to_db(S, ref=np.max)`, whose floor lies below the largest dB value.
 * Reference and values have the same floor `amin`: silence relative to silence is 0 dB.
 * @param values power, or magnitude for `power` 1, `[rows, columns]`; overwritten
 * @param references one reference a column, of the same unit as the values; overwritten
 * @param out takes `[rows, columns]`, from index `at`
 * @see librosa.power_to_db, librosa.amplitude_to_db
 */
export function toDecibels(values: Float64Array, references: Float64Array, options: DecibelOptions, out: Float32Array, at = 0): void {
  const { factor, lowest } = scaleOf(options)
  const columns = references.length
  const floor = options.topDb === null ? -Infinity : -options.topDb
  log10Bulk(values, lowest)
  log10Bulk(references, lowest)
  for (let start = 0; start < values.length; start += columns)
    for (let t = 0; t < columns; t++) {
      const decibels = factor * values[start + t]! - factor * references[t]!
      out[at + start + t] = decibels < floor ? floor : decibels
    }
}

/**
 * {@link toDecibels} for one column after the other, without allocation: the same bits.
 * @param size values in a column
 * @returns a function of a column of power (or magnitude), its reference, and where the dB go
 */
export function createColumnDecibels(size: number, options: DecibelOptions): (column: Float64Array, reference: number, out: Float32Array) => void {
  const { factor, lowest } = scaleOf(options)
  const floor = options.topDb === null ? -Infinity : -options.topDb
  const logs = new Float64Array(size + 1) // the last one is that of the reference
  const words = wordsOf(logs)
  return (column, reference, out) => {
    logs.set(column)
    logs[size] = reference
    log10Bulk(logs, lowest, words)
    const zero = factor * logs[size]
    for (let i = 0; i < size; i++) {
      const decibels = factor * logs[i]! - zero
      out[i] = decibels < floor ? floor : decibels
    }
  }
}

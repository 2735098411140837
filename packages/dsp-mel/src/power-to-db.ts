import { melOptionsSchema, option, parseOptions, type OptionsInput, type StageContext, type Tensor, throwIfAborted } from '@aed/core'
import * as v from 'valibot'
import { maximumOf } from './decibels.ts'
import { log10Bulk } from './log10-bulk.ts'

const { amin, power } = melOptionsSchema.entries

/** Options of {@link powerToDb}. */
export const powerToDbOptionsSchema = v.strictObject({
  ref: option.choiceOrNumber(['max'], 1, 'what 0 dB is: the largest value, or a value', { min: 0, exclusiveMin: true }),
  amin,
  topDb: option.numberOrNone(80, 'values further below the loudest are raised to this', { min: 0, unit: 'dB' }),
  power,
})

/**
 * Power (or magnitude with `power: 1`) to dB with librosa's floor: `topDb` below the loudest value, whatever `ref` is.
 * (The floor of `logMelSpectrogram` lies below the reference, which a live stream knows.)
 * @throws AedError `INVALID_OPTION`
 * @see librosa.power_to_db, librosa.amplitude_to_db
 */
export function powerToDb(spectrogram: Tensor<'float32'>, options: OptionsInput<typeof powerToDbOptionsSchema>, context?: StageContext): Tensor<'float32'> {
  throwIfAborted(context?.signal)
  const { ref, topDb, ...scale } = parseOptions(powerToDbOptionsSchema, options, 'powerToDb')
  const lowest = scale.power === 1 ? Math.sqrt(scale.amin) : scale.amin
  const factor = scale.power === 1 ? 20 : 10
  const values = Float64Array.from(spectrogram.data)
  const loudest = maximumOf(values)
  const limits = Float64Array.of(loudest, ref === 'max' || ref === null ? loudest : ref)
  log10Bulk(values, lowest)
  log10Bulk(limits, lowest)
  const zero = factor * limits[1]!
  const floor = topDb === null ? -Infinity : factor * limits[0]! - zero - topDb
  const data = new Float32Array(values.length)
  for (let i = 0; i < data.length; i++) data[i] = Math.max(floor, factor * values[i]! - zero)
  return { dtype: 'float32', shape: [...spectrogram.shape], data }
}

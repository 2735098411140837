import { option, parseOptions, pow, type AudioClip, type OptionsInput } from '@aed/core'
import * as v from 'valibot'
import { checkFinite } from './check-clip.ts'

/** What level a clip is brought to. */
export const normalizeOptionsSchema = v.strictObject({
  measure: option.choice(['peak', 'rms'], 'peak', 'what is brought to the level: the largest sample or the root of the mean square'),
  levelDb: option.number(0, 'the level, 0 dB being full scale', { min: -200, max: 200, unit: 'dB' }),
})

/** Normalisation options of which any can be left out. */
export type NormalizeOptionsInput = OptionsInput<typeof normalizeOptionsSchema>

/** Largest magnitude; 0 for no samples. */
export function peakOf(samples: Float32Array): number {
  let peak = 0
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample))
  return peak
}

/** Mean of the squares; 0 for no samples. */
export function powerOf(samples: Float32Array, start = 0, end = samples.length): number {
  let sum = 0
  for (let i = start; i < end; i++) sum += samples[i]! * samples[i]!
  return end > start ? sum / (end - start) : 0
}

/** Amplitude factor of a level in dB. */
export function fromDb(db: number): number {
  return pow(10, db / 20)
}

/** A copy with every sample multiplied. */
export function amplify(samples: Float32Array, factor: number): Float32Array<ArrayBuffer> {
  return Float32Array.from(samples, (sample) => sample * factor)
}

/**
 * A clip at a level: peak 0 dB as `librosa.util.normalize`, or an RMS. A silent clip stays silent. With an RMS, samples may go beyond full scale; nothing
 * is clipped.
 * @throws AedError `INVALID_OPTION`, `INVALID_INPUT` for a sample that is not finite, with its index
 */
export function normalize({ samples, sampleRate }: AudioClip, options: NormalizeOptionsInput = {}): AudioClip {
  const { measure, levelDb } = parseOptions(normalizeOptionsSchema, options, 'normalize')
  checkFinite(samples, 'normalize')
  const level = measure === 'peak' ? peakOf(samples) : Math.sqrt(powerOf(samples))
  return { samples: amplify(samples, level === 0 ? 1 : fromDb(levelDb) / level), sampleRate }
}

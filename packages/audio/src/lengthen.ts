import { AedError, option, parseOptions, type AudioClip, type OptionsInput } from '@aed/core'
import * as v from 'valibot'
import { checkClipRate, checkLength } from './check-clip.ts'

/** How a short clip becomes longer. */
export const lengthenOptionsSchema = v.strictObject({
  duration: option.number(2, 'a shorter clip is made this long, a longer one stays as it is', { min: 0, unit: 's' }),
  with: option.choice(['repeat', 'zeros'], 'repeat', 'what is added: the clip again and again, or silence'),
  side: option.choice(['after', 'before'], 'after', 'where it is added'),
})

/** Lengthening options of which any can be left out. */
export type LengthenOptionsInput = OptionsInput<typeof lengthenOptionsSchema>

/**
 * A short clip made ⌊duration · rate⌋ samples long, by itself or by silence, after or before. Before: the clip stands whole at the end, and what is repeated
 * joins it without a seam of its own.
 * @throws AedError `AUDIO_EMPTY` for a clip without samples, `INVALID_OPTION`, `INVALID_INPUT` for a rate that is not above 0 and for more samples than a clip can have
 */
export function lengthen({ samples, sampleRate }: AudioClip, options: LengthenOptionsInput = {}): AudioClip {
  const { duration, with: filling, side } = parseOptions(lengthenOptionsSchema, options, 'lengthen')
  checkClipRate(sampleRate, 'lengthen')
  const present = samples.length
  if (present === 0) throw new AedError('AUDIO_EMPTY', 'lengthen: the clip holds no samples')
  const length = Math.max(present, Math.floor(duration * sampleRate))
  checkLength(length, 'lengthen')
  const longer = new Float32Array(length)
  const start = side === 'after' ? 0 : length - present
  longer.set(samples, start)
  if (filling === 'repeat') {
    for (let at = start + present; at < length; at += present) longer.set(samples.subarray(0, length - at), at)
    for (let end = start; end > 0; end -= present) longer.set(samples.subarray(Math.max(0, present - end)), Math.max(0, end - present))
  }
  return { samples: longer, sampleRate }
}

/**
 * The samples from `start` s on, `duration` s of them or as many as there are.
 * @throws AedError `INVALID_OPTION` for times that are not numbers of 0 or more, `AUDIO_EMPTY` when nothing would be left
 */
export function cutClip({ samples, sampleRate }: AudioClip, { start = 0, duration = null }: { readonly start?: number; readonly duration?: number | null }): AudioClip {
  if (!(start >= 0) || (duration !== null && !(duration >= 0))) throw new AedError('INVALID_OPTION', `cutClip: start and duration take seconds of 0 or more, got ${start} and ${duration}`)
  const first = Math.floor(start * sampleRate)
  const cut = samples.slice(first, duration === null ? samples.length : first + Math.floor(duration * sampleRate))
  if (cut.length === 0) throw new AedError('AUDIO_EMPTY', `cutClip: nothing of ${samples.length / sampleRate} s is left from ${start} s on`)
  return { samples: cut, sampleRate }
}

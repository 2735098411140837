import { addEnvelopeSamples, AedError, emptyEnvelopeState, ENVELOPE_SAMPLE_RATE, envelopeStatistics, type AudioClip } from '@aed/core'
import { checkClip, checkFinite } from '../check-clip.ts'

/**
 * Level, modulation and steps of the envelopes of four bands (60 to 400, to 1200, to 3000 Hz and above) in steps of 4 ms, as core's `envelopeStatistics` states them. The state
 * behind it, core's `EnvelopeState`, runs along a stream in less than 1 KB: {@link bandEnvelopes} for a microcontroller.
 * @param clip at 16 kHz
 * @returns 72 values, `[4, 18]`, band by band; 0 for a clip shorter than 4 ms
 * @throws AedError `INVALID_INPUT` for another rate, samples that are not finite
 */
export function envelopeLevels(clip: AudioClip): Float32Array {
  const { samples, sampleRate } = checkClip(clip)
  if (sampleRate !== ENVELOPE_SAMPLE_RATE) throw new AedError('INVALID_INPUT', `envelopeLevels: takes clips of ${ENVELOPE_SAMPLE_RATE} Hz, got ${sampleRate} Hz`, { hint: 'resample the clip first' })
  checkFinite(samples)
  const state = emptyEnvelopeState()
  addEnvelopeSamples(state, samples)
  return envelopeStatistics(state)
}

import { exp, log, log10, pow, type MelOptions } from '@aed/core'

type MelScale = MelOptions['melScale']

// Slaney's scale: linear below 1 kHz, logarithmic above, with the constants and the order of operations of librosa.
const HZ_PER_MEL = 200 / 3
const BREAK_HZ = 1000
const BREAK_MEL = BREAK_HZ / HZ_PER_MEL
const LOG_STEP = log(6.4) / 27

/**
 * Frequency in Hz to mel.
 * @see librosa.hz_to_mel; Slaney, Auditory Toolbox, 1998; htk: Young et al., The HTK Book
 */
export function hzToMel(hz: number, melScale: MelScale): number {
  if (melScale === 'htk') return 2595 * log10(1 + hz / 700)
  return hz >= BREAK_HZ ? BREAK_MEL + log(hz / BREAK_HZ) / LOG_STEP : hz / HZ_PER_MEL
}

/** Mel to frequency in Hz; the inverse of {@link hzToMel}. */
export function melToHz(mel: number, melScale: MelScale): number {
  if (melScale === 'htk') return 700 * (pow(10, mel / 2595) - 1)
  return mel >= BREAK_MEL ? BREAK_HZ * exp(LOG_STEP * (mel - BREAK_MEL)) : mel * HZ_PER_MEL
}

/**
 * Frequencies in Hz that are equally spaced in mel, both ends included.
 * @param count 2 or more
 * @see librosa.mel_frequencies
 */
export function melFrequencies(count: number, fmin: number, fmax: number, melScale: MelScale): Float64Array {
  const low = hzToMel(fmin, melScale)
  const high = hzToMel(fmax, melScale)
  const step = (high - low) / (count - 1)
  const frequencies = new Float64Array(count)
  for (let i = 0; i < count; i++) frequencies[i] = melToHz(i === count - 1 ? high : i * step + low, melScale)
  return frequencies
}

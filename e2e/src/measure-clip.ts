import { decodeAudio, mixDown, resample, type AudioFile } from '@aed/audio'
import { log10, sha256 } from '@aed/core'
import { FINGERPRINT_BANDS, fingerprintWords, type ClipMeasure } from '@aed/datasets'
import { melSpectrogram } from '@aed/dsp-mel'

const RATE = 16_000
/** Frames of 256 ms every 32 ms: a sound shifted by part of a hop gives nearly the same words. */
const FINGERPRINT_MEL = { nFft: 4096, hopLength: 512, nMels: FINGERPRINT_BANDS, fmin: 300, fmax: 6000 }

/** Length of the stretches that are silent or not, in s, and how far below full scale they then stay. */
const SILENCE_FRAME = 0.02
const SILENCE_POWER = 1e-6 // −60 dB

/** Samples at full scale count as clipped where two or more stand side by side. */
const FULL_SCALE = 0.999

function clippedSamples(samples: Float32Array): number {
  let count = 0
  let run = 0
  for (let i = 0; i <= samples.length; i++) {
    const sample = samples[i] ?? 0
    if (sample >= FULL_SCALE || sample <= -FULL_SCALE) run++
    else {
      if (run > 1) count += run
      run = 0
    }
  }
  return count
}

function silentShare(samples: Float32Array, sampleRate: number): number {
  const frame = Math.max(1, Math.round(SILENCE_FRAME * sampleRate))
  let silent = 0
  let frames = 0
  for (let start = 0; start < samples.length; start += frame) {
    let sum = 0
    const end = Math.min(samples.length, start + frame)
    for (let i = start; i < end; i++) sum += samples[i]! * samples[i]!
    frames++
    if (sum <= SILENCE_POWER * (end - start)) silent++
  }
  return silent / frames
}

/**
 * Decodes a recording whole and measures it.
 * @throws AedError of `@aed/audio`
 */
export async function measureClip({ bytes, name }: AudioFile): Promise<ClipMeasure> {
  const decoded = await decodeAudio(bytes, { name })
  const mono = mixDown(decoded)
  const { samples, sampleRate } = mono
  let peak = 0
  let power = 0
  for (const sample of samples) {
    peak = Math.max(peak, Math.abs(sample))
    power += sample * sample
  }
  power /= samples.length
  return {
    duration: samples.length / sampleRate,
    sampleRate,
    channels: decoded.channels.length,
    peak,
    levelDb: power > 0 ? 10 * log10(power) : null,
    clippedSamples: decoded.channels.reduce((sum, channel) => sum + clippedSamples(channel), 0),
    silence: silentShare(samples, sampleRate),
    fingerprint: { hash: await sha256(samples), words: fingerprintWords(melSpectrogram(resample(mono, RATE), FINGERPRINT_MEL)) },
    warnings: decoded.warnings,
  }
}

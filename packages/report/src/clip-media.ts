import type { AudioClip, Tensor } from '@aed/core'
import { spectrogramPicture } from './spectrogram-picture.ts'

/** What is shown of a clip beside its names. */
export interface ClipMedia {
  readonly clip: AudioClip
  /** Log-mel `[nMels, frames]` in dB. */
  readonly logMel: Tensor<'float32'>
  /** Row-major `[patches, classes]`. */
  readonly scores: Float32Array
}

const BASE64_CHUNK = 0x8000

function base64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += BASE64_CHUNK) text += String.fromCharCode(...bytes.subarray(i, i + BASE64_CHUNK))
  return btoa(text)
}

/** A clip as a `data:` URI of a 16-bit WAV file, mono. */
export function wavUri({ samples, sampleRate }: AudioClip): string {
  const bytes = new Uint8Array(44 + 2 * samples.length)
  const view = new DataView(bytes.buffer)
  const text = (at: number, value: string) => {
    for (let i = 0; i < value.length; i++) bytes[at + i] = value.charCodeAt(i)
  }
  text(0, 'RIFF')
  view.setUint32(4, 36 + 2 * samples.length, true)
  text(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, sampleRate, true)
  view.setUint32(28, 2 * sampleRate, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  text(36, 'data')
  view.setUint32(40, 2 * samples.length, true)
  samples.forEach((sample, i) => view.setInt16(44 + 2 * i, Math.round(Math.min(Math.max(sample, -1), 1) * 32767), true))
  return `data:audio/wav;base64,${base64(bytes)}`
}

/** A waveform as SVG: the extremes of each of 300 stretches, in the ink of the page around it. */
export function waveformSvg({ samples }: AudioClip): string {
  const [width, height] = [300, 48]
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1e-9)
  const bars = Array.from({ length: width }, (_, x) => {
    let [low, high] = [0, 0]
    for (let i = Math.floor((x * samples.length) / width); i < Math.floor(((x + 1) * samples.length) / width); i++) [low, high] = [Math.min(low, samples[i]!), Math.max(high, samples[i]!)]
    const y = (value: number) => (height / 2) * (1 - value / peak)
    return `M${x} ${y(high).toFixed(1)}V${(y(low) + 0.5).toFixed(1)}`
  })
  return `<svg viewBox="0 0 ${width} ${height}" width="100%" height="${height}" preserveAspectRatio="none" role="img" aria-label="waveform"><path d="${bars.join('')}" stroke="currentColor" fill="none"/></svg>`
}

/** A log-mel spectrogram as a `data:` URI. */
export function logMelUri(logMel: Tensor<'float32'>): string {
  return spectrogramPicture({ ...logMel, shape: [1, ...logMel.shape] }, 0)
}

import { AedError, type AudioClip } from '@aed/core'
import type { DecodedAudio } from './decode.ts'

/**
 * The mean of all channels, as `librosa.to_mono`.
 * @throws AedError `INVALID_INPUT` without channels or for channels of different lengths
 */
export function mixDown({ channels, sampleRate }: Pick<DecodedAudio, 'channels' | 'sampleRate'>): AudioClip {
  const [first] = channels
  if (!first) throw new AedError('INVALID_INPUT', 'mixDown: no channels')
  const other = channels.findIndex((channel) => channel.length !== first.length)
  if (other >= 0) throw new AedError('INVALID_INPUT', `mixDown: channel ${other} has ${channels[other]!.length} samples, channel 0 has ${first.length}`)
  if (channels.length === 1) return { samples: first.slice(), sampleRate }
  const samples = new Float32Array(first.length)
  for (let i = 0; i < samples.length; i++) {
    let sum = 0
    for (const channel of channels) sum += channel[i]!
    samples[i] = sum / channels.length
  }
  return { samples, sampleRate }
}

import { AedError, type AudioClip } from '@aed/core'

/**
 * Checks what a stage was handed, which may come from another realm or from untyped code.
 * @throws AedError `INVALID_INPUT`
 */
export function checkClip(clip: Partial<AudioClip> | null | undefined): AudioClip {
  const { samples, sampleRate }: { samples?: unknown; sampleRate?: unknown } = clip ?? {}
  if (Object.prototype.toString.call(samples) !== '[object Float32Array]')
    throw new AedError('INVALID_INPUT', `mel: a clip's samples are a Float32Array, got ${Object.prototype.toString.call(samples)}`)
  if (typeof sampleRate !== 'number' || !(sampleRate > 0 && sampleRate < Infinity))
    throw new AedError('INVALID_INPUT', `mel: a clip's sampleRate is a finite number above 0, got ${String(sampleRate)}`)
  return { samples: samples as Float32Array, sampleRate }
}

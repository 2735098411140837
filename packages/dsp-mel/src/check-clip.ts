import { AedError, indexOfNonFinite, type AudioClip } from '@aed/core'

/**
 * Checks what a stage was handed, which may come from another realm or from untyped code.
 * @throws AedError `INVALID_INPUT`
 */
export function checkClip(clip: Partial<AudioClip> | null | undefined): AudioClip {
  const { samples, sampleRate }: { samples?: unknown; sampleRate?: unknown } = clip ?? {}
  checkSampleType(samples)
  if (typeof sampleRate !== 'number' || !(sampleRate > 0 && sampleRate < Infinity))
    throw new AedError('INVALID_INPUT', `mel: a clip's sampleRate is a finite number above 0, got ${String(sampleRate)}`)
  return { samples: samples as Float32Array, sampleRate }
}

/** Checks by name, not by instance: the array may come from another realm. */
export function checkSampleType(samples: unknown): Float32Array {
  const type = Object.prototype.toString.call(samples)
  if (type !== '[object Float32Array]') throw new AedError('INVALID_INPUT', `mel: samples are a Float32Array, got ${type}`)
  return samples as Float32Array
}

/**
 * Checks the samples of a clip, or of a part of it that begins at index `origin`.
 * @throws AedError `INVALID_INPUT` that names the first NaN or infinity
 */
export function checkFinite(samples: Float32Array, origin = 0): void {
  const index = indexOfNonFinite(samples)
  if (index < 0) return
  throw new AedError('INVALID_INPUT', `mel: sample ${origin + index} takes a finite number, got ${samples[index]!}`, { hint: 'repair or cut the recording there' })
}

/**
 * Checks the samples of a whole clip, which gives so many frames.
 * @throws AedError `AUDIO_EMPTY`, `INVALID_INPUT`
 */
export function checkSamples(samples: Float32Array, frames: number, nFft: number): void {
  if (samples.length === 0) throw new AedError('AUDIO_EMPTY', 'mel: the clip holds no samples')
  checkFinite(samples)
  if (frames === 0)
    throw new AedError('INVALID_INPUT', `mel: without center a clip takes at least nFft = ${nFft} samples, got ${samples.length}`, { hint: 'lengthen the clip or set center' })
}

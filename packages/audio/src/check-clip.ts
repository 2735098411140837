import { AedError, indexOfNonFinite, type AudioClip } from '@aed/core'

/** A clip of more samples is no clip. */
const MAX_LENGTH = 2 ** 29

/** @throws AedError `INVALID_INPUT` that names the first NaN or infinity, `origin` being the index of the first sample */
export function checkFinite(samples: Float32Array, where: string, origin = 0): void {
  const index = indexOfNonFinite(samples)
  if (index < 0) return
  throw new AedError('INVALID_INPUT', `${where}: sample ${origin + index} takes a finite number, got ${samples[index]}`, { hint: 'repair or cut the recording there' })
}

/** @throws AedError `INVALID_INPUT` for a rate that no time can be counted with */
export function checkClipRate(sampleRate: number, where: string): void {
  if (!(sampleRate > 0 && sampleRate < Infinity)) throw new AedError('INVALID_INPUT', `${where}: a clip's sampleRate is a finite number above 0, got ${sampleRate}`)
}

/** @throws AedError `INVALID_INPUT` for a rate that is not a finite number above 0, and for a sample that is not finite, with its index */
export function checkClip({ samples, sampleRate }: AudioClip, where: string): void {
  checkClipRate(sampleRate, where)
  checkFinite(samples, where)
}

/** @throws AedError `INVALID_INPUT` for more samples than a clip can have */
export function checkLength(length: number, where: string): void {
  if (!(length <= MAX_LENGTH)) throw new AedError('INVALID_INPUT', `${where}: the clip would become ${length} samples long, at most ${MAX_LENGTH}`)
}

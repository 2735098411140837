import { AedError, pow } from '@aed/core'

/** A copy of a clip. */
export interface ClipCopy {
  /** Played so much faster, which changes pitch and length; 1 is as recorded. */
  readonly speed: number
  /** So much louder, in dB, as a microphone of another gain hears it; 0 is as recorded. */
  readonly gainDb: number
}

/** The clip itself. */
export const AS_RECORDED: ClipCopy = { speed: 1, gainDb: 0 }

/** Gains that a copy can have, in dB. */
export const GAIN_RANGE = { min: -60, max: 60 } as const

/** A list of gains without repetitions and without 0, the clip itself, which is there anyway. */
export const otherGains = (gainsDb: readonly number[]): readonly number[] => [...new Set(gainsDb)].filter((gainDb) => gainDb !== 0)

/** A list of copies without repetitions. */
export const distinctCopies = (copies: readonly ClipCopy[]): readonly ClipCopy[] => copies.filter((copy, i) => placeOfCopy(copies, copy) === i)

/** Where a copy stands in a list; −1: nowhere. */
export const placeOfCopy = (copies: readonly ClipCopy[], { speed, gainDb }: ClipCopy): number => copies.findIndex((copy) => copy.speed === speed && copy.gainDb === gainDb)

/** Copies to train on: every speed as loud as recorded, then the first speed at each other gain. */
export const trainingCopies = (speeds: readonly number[], gainsDb: readonly number[]): readonly ClipCopy[] =>
  distinctCopies([...speeds.map((speed) => ({ speed, gainDb: 0 })), ...otherGains(gainsDb).map((gainDb) => ({ speed: speeds[0]!, gainDb }))])

/** Samples so many dB louder, each rounded once to float32. Nothing is clipped at full scale: what is meant is the gain, not a converter that saturates. */
export function amplify(samples: Float32Array, gainDb: number): Float32Array {
  if (gainDb === 0) return samples
  const factor = pow(10, gainDb / 20)
  return samples.map((sample) => sample * factor)
}

/**
 * Gains between commas.
 * @throws AedError `INVALID_OPTION`
 */
export function parseGains(text: string, where: string): readonly number[] {
  const gainsDb = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)))
  const { min, max } = GAIN_RANGE
  if (!gainsDb.every((gainDb) => gainDb >= min && gainDb <= max)) throw new AedError('INVALID_OPTION', `${where} takes dB from ${min} to ${max}, comma-separated, got '${text}'`)
  return gainsDb
}

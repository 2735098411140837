import { AedError, option, parseOptions, type OptionsInput, type Tensor } from '@aed/core'
import * as v from 'valibot'

/** Bands of a {@link fingerprint}: one more than its bits. */
export const FINGERPRINT_BANDS = 33

/** Frames this far below the loudest band of the clip say nothing of its sound. */
const SILENCE_DB = 60

/** What tells a sound from others. */
export interface Fingerprint {
  /** Of the decoded samples: equal only for the same samples. */
  readonly hash: string
  /** One word a frame; 0 for frames that say nothing. */
  readonly words: Uint32Array
}

/**
 * The words of a {@link Fingerprint}: bit m of frame n says whether the difference of bands m and m + 1 grew since frame n − 1. It holds through
 * re-encoding, gain, equalisation and some noise.
 * @param mel `[33, frames]` linear band energies
 * @see Haitsma, Kalker, "A highly robust audio fingerprinting system", ISMIR 2002
 * @throws AedError `INVALID_INPUT` for another number of bands
 */
export function fingerprintWords({ data, shape }: Tensor<'float32'>): Uint32Array {
  const [bands, frames = 0] = shape
  if (bands !== FINGERPRINT_BANDS || shape.length !== 2) throw new AedError('INVALID_INPUT', `fingerprint: expected [${FINGERPRINT_BANDS}, frames], got [${shape.join(', ')}]`)
  const at = (band: number, frame: number) => data[band * frames + frame]!
  const energies = Float64Array.from({ length: frames }, (_, n) => {
    let sum = 0
    for (let m = 0; m < bands; m++) sum += at(m, n)
    return sum
  })
  const floor = energies.reduce((a, b) => Math.max(a, b), 0) / 10 ** (SILENCE_DB / 10)
  return Uint32Array.from({ length: frames }, (_, n) => {
    if (n === 0 || energies[n]! <= floor || energies[n - 1]! <= floor) return 0
    let word = 0
    for (let m = 0; m < bands - 1; m++) if (at(m, n) - at(m + 1, n) - (at(m, n - 1) - at(m + 1, n - 1)) > 0) word |= 1 << m
    return word >>> 0
  })
}

/** Options of {@link findDuplicates}. */
export const duplicateOptionsSchema = v.strictObject({
  maxBitErrorRate: option.number(0.25, 'share of bits that may differ between near-duplicates; unrelated sounds differ in about 0.5', { min: 0, max: 0.5 }),
  minFrames: option.integer(32, 'frames that must overlap, silence not counted', { min: 8, unit: 'frames' }),
})
export type DuplicateOptions = OptionsInput<typeof duplicateOptionsSchema>

/** Two clips with the same sound. */
export interface DuplicatePair {
  /** Indices of the clips, a < b. */
  readonly a: number
  readonly b: number
  readonly kind: 'duplicate' | 'near-duplicate'
  /** Share of bits that differ where they overlap best; 0 for duplicates. */
  readonly bitErrorRate: number
  /** Frames by which `b` begins after `a`. */
  readonly offset: number
}

/** A word that stands in more places than this says little: hum, or a tone. */
const COMMON = 64

function bitCount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555)
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333)
  return (((bits + (bits >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24
}

/** Share of bits that differ with `b` shifted by `offset` frames, and the frames compared. */
function compare(a: Uint32Array, b: Uint32Array, offset: number): { readonly rate: number; readonly frames: number } {
  let bits = 0
  let frames = 0
  for (let n = Math.max(0, offset); n < Math.min(a.length, b.length + offset); n++) {
    const [one, other] = [a[n]!, b[n - offset]!]
    if (one === 0 || other === 0) continue
    bits += bitCount(one ^ other)
    frames++
  }
  return { rate: frames ? bits / (32 * frames) : 1, frames }
}

/** Where each word stands: clip and frame, by word; common words are left out. */
function indexWords(fingerprints: readonly Fingerprint[]): Map<number, number[]> {
  const places = new Map<number, number[]>()
  fingerprints.forEach(({ words }, clip) =>
    words.forEach((word, frame) => {
      if (word === 0) return
      const list = places.get(word)
      if (!list) places.set(word, [clip, frame])
      else if (list.length <= 2 * COMMON) list.push(clip, frame)
    }),
  )
  for (const [word, list] of places) if (list.length > 2 * COMMON) places.delete(word)
  return places
}

/**
 * Pairs of clips with the same samples, and of such with nearly the same sound: cut from one recording at other places, re-encoded, louder, filtered. A
 * pair is looked at closer where one word of both is equal, or differs in one bit; then all frames that overlap must agree.
 * @returns pairs by ascending indices
 * @throws AedError `INVALID_OPTION`
 */
export function findDuplicates(fingerprints: readonly Fingerprint[], options: DuplicateOptions = {}): readonly DuplicatePair[] {
  const { maxBitErrorRate, minFrames } = parseOptions(duplicateOptionsSchema, options, 'duplicates')
  const found = new Map<number, DuplicatePair>()
  const keyOf = (a: number, b: number) => a * fingerprints.length + b
  const byHash = new Map<string, number>()
  fingerprints.forEach(({ hash }, b) => {
    const a = byHash.get(hash)
    if (a === undefined) byHash.set(hash, b)
    else found.set(keyOf(a, b), { a, b, kind: 'duplicate', bitErrorRate: 0, offset: 0 })
  })
  const places = indexWords(fingerprints)
  const tried = new Set<number>()
  const lookUp = (word: number, b: number, frame: number) => {
    const list = places.get(word)
    if (!list) return
    for (let i = 0; i < list.length; i += 2) {
      const a = list[i]!
      if (a >= b) break // clips stand in ascending order
      const offset = list[i + 1]! - frame
      const alignment = a * 65536 + 32768 + offset // tried is emptied for each b
      if (found.get(keyOf(a, b))?.kind === 'duplicate' || tried.has(alignment)) continue
      tried.add(alignment)
      const { rate, frames } = compare(fingerprints[a]!.words, fingerprints[b]!.words, offset)
      const known = found.get(keyOf(a, b))
      if (frames >= minFrames && rate <= maxBitErrorRate && rate < (known?.bitErrorRate ?? 1)) found.set(keyOf(a, b), { a, b, kind: 'near-duplicate', bitErrorRate: rate, offset })
    }
  }
  fingerprints.forEach(({ words }, b) => {
    tried.clear()
    words.forEach((word, frame) => {
      if (word === 0) return
      lookUp(word, b, frame)
      for (let bit = 0; bit < 32; bit++) lookUp((word ^ (1 << bit)) >>> 0, b, frame)
    })
  })
  return [...found.values()].sort((one, other) => one.a - other.a || one.b - other.b)
}

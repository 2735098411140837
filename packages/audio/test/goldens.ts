import { readFileSync } from 'node:fs'
import { decodeNpy, type Tensor } from '@aed/core'

const own = new URL('./golden/', import.meta.url)

/** Bytes of one of this package's golden files. */
export function goldenBytes(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, own)))
}

export function goldenNpy(name: string): Tensor {
  return decodeNpy(goldenBytes(name), name)
}

/** See tools/golden/make_audio_goldens.py. */
export interface Manifest {
  readonly recordings: readonly { readonly file: string; readonly read: string }[]
  /** Files of other codecs; `read` as float32 of full scale 1, or as 16-bit integers of lossless files. */
  readonly compressed: readonly { readonly file: string; readonly read: string; readonly sampleRate: number }[]
  readonly trims: readonly { readonly wave: string; readonly topDb: number; readonly frameLength: number; readonly hopLength: number; readonly interval: readonly [number, number] }[]
  readonly silences: readonly { readonly wave: string; readonly trimFrameLength: number; readonly trimSilenceDb: number; readonly intervals: readonly (readonly [number, number])[] }[]
  readonly resampled: readonly { readonly inRate: number; readonly outRate: number; readonly wave: string; readonly resampled: string }[]
}

export const manifest = JSON.parse(new TextDecoder().decode(goldenBytes('MANIFEST.json'))) as Manifest

/** Largest absolute difference, and where. */
export function worst(found: ArrayLike<number>, expected: ArrayLike<number>): { readonly difference: number; readonly at: number } {
  let difference = 0
  let at = -1
  for (let i = 0; i < expected.length; i++) {
    const d = Math.abs(found[i]! - expected[i]!)
    if (!(d <= difference)) {
      difference = d
      at = i
    }
  }
  return { difference, at }
}

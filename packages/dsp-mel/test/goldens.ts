import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { decodeNpy, type DataOf, type DType, type MelOptions, type PatchOptions, type Tensor } from '@aed/core'

/** One case of test/golden/MANIFEST.json; the generator says what each kind holds. */
export interface GoldenCase {
  readonly kind: 'window' | 'symmetric' | 'filters' | 'mel' | 'logmel' | 'patches' | 'stft' | 'spectrogram' | 'powerToDb' | 'mfcc' | 'delta' | 'standardize'
  readonly file: string
  readonly signal: string
  readonly sampleRate: number
  readonly options: Partial<MelOptions>
  readonly patches: Partial<PatchOptions>
  /** The golden file that a case is made of. */
  readonly input: string
  /** Mean and standard deviation of each band, `[2, bands]`. */
  readonly statistics: string
}

/** How many frames librosa gives for 1, 2, … samples; null where it raises. */
export interface FrameCounts extends Pick<MelOptions, 'nFft' | 'hopLength' | 'center' | 'padMode'> {
  readonly counts: readonly (number | null)[]
}

interface Manifest {
  readonly cases: readonly GoldenCase[]
  readonly frames: readonly FrameCounts[]
  readonly sha256: Readonly<Record<string, string>>
}

const DIR = fileURLToPath(new URL('golden/', import.meta.url))

/** A `.npy` file of the given element type. */
export function readNpy<D extends DType>(file: string, dtype: D): Tensor<D> & { readonly data: DataOf[D] } {
  const array = decodeNpy(new Uint8Array(readFileSync(file)), file)
  if (array.dtype !== dtype) throw new Error(`${file} holds ${array.dtype}, not ${dtype}`)
  return array as Tensor<D>
}

export const manifest = JSON.parse(readFileSync(path.join(DIR, 'MANIFEST.json'), 'utf8')) as Manifest

export const golden = <D extends DType = 'float32'>(file: string, dtype: D = 'float32' as D) => readNpy(path.join(DIR, file), dtype)

/** The cases of one kind; a manifest without any is an error. */
export function casesOf(kind: GoldenCase['kind']): (readonly [string, GoldenCase])[] {
  const cases = manifest.cases.filter((item) => item.kind === kind)
  if (!cases.length) throw new Error(`the manifest has no case of kind ${kind}`)
  return cases.map((item) => [`${item.file} ${item.signal ? `${item.signal} ` : ''}${JSON.stringify(item.options)}`, item] as const)
}

/** What two arrays of features may differ by: absolutely, and in parts of the expected value. */
export interface Tolerance {
  readonly abs?: number
  readonly rel?: number
}

/** float32 results against librosa in float64, linear: both are rounded to float32; `abs` is float64's noise below the loudest bin. */
export const LINEAR: Tolerance = { rel: 1e-6, abs: 1e-16 }
/** dB against librosa in float64. */
export const DECIBELS: Tolerance = { abs: 1e-4 }

/** Throws at the first value that is off, with its index. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, { abs = 0, rel = 0 }: Tolerance): void {
  if (actual.length !== expected.length) throw new Error(`${actual.length} values instead of ${expected.length}`)
  for (let i = 0; i < actual.length; i++)
    if (!(Math.abs(actual[i]! - expected[i]!) <= abs + rel * Math.abs(expected[i]!))) throw new Error(`value ${i} is ${actual[i]!} instead of ${expected[i]!}`)
}

/** A function's result, or the code of what it throws. */
export function codeOf(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
}

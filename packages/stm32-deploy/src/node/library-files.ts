import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { AedError } from '@aed/core'

/** Text of a generated library by path. */
export type LibraryFiles = Readonly<Record<string, string>>

/** What the header of a library states. */
export interface LibraryHeader {
  readonly name: string
  readonly inputSize: number
  /** Bytes that running one input gives: the network's output; with a clip head of statistics features and scores of a clip of this patch alone, float32. */
  readonly outputSize: number
  /** Whether it has a clip head of statistics: `NAME_clip_add` in place of `NAME_run`. */
  readonly head: boolean
  /** Bands of the frames that the head takes; 0 where it takes none. */
  readonly clipBands: number
  /** Whether the head takes samples. */
  readonly clipSamples: boolean
}

/** Reads name and sizes from the header. @throws AedError `INVALID_INPUT` when the files are no library of {@link generateC} */
export function readHeader(files: LibraryFiles): LibraryHeader {
  const header = Object.keys(files).find((file) => /^include\/\w+\.h$/.test(file))
  const name = header?.slice('include/'.length, -'.h'.length)
  const macro = (what: string) => Number(new RegExp(`^#define ${name!.toUpperCase()}_${what} (\\d+)$`, 'm').exec(files[header!]!)?.[1])
  const head = name !== undefined && macro('CLIP_FEATURES') > 0
  const [inputSize, outputSize] = name === undefined ? [NaN, NaN] : [macro('INPUT_SIZE'), head ? 4 * (macro('CLIP_FEATURES') + macro('CLASSES')) : macro('OUTPUT_SIZE')]
  if (!(inputSize > 0 && outputSize > 0)) throw new AedError('INVALID_INPUT', 'the files hold no include/NAME.h with NAME_INPUT_SIZE and NAME_OUTPUT_SIZE', { hint: 'pass the files that generateC returns' })
  return { name: name!, inputSize, outputSize, head, clipBands: macro('CLIP_BANDS') || 0, clipSamples: macro('CLIP_MOST_SAMPLES') > 0 }
}

/** Paths of the library's C files. */
export function sourcesOf(files: LibraryFiles): readonly string[] {
  return Object.keys(files).filter((file) => /^src\/[^/]+\.c$/.test(file))
}

/** Whether a C file of a library is part of the chain around the network: front end, ring buffer, decisions, clip head, label. */
export function isChainSource(file: string, name: string): boolean {
  return new RegExp(`^src/${name}_(audio(_tables)?|clip(_\\w+)?|label|fe_\\w+)\\.c$`).test(file)
}

/** Writes files below an existing folder. */
export async function writeFiles(dir: string, files: LibraryFiles): Promise<void> {
  for (const [file, text] of Object.entries(files)) {
    const target = path.join(dir, file)
    await mkdir(path.dirname(target), { recursive: true })
    await writeFile(target, text)
  }
}

/** Puts files into a new temporary folder. */
export async function unpack(files: LibraryFiles): Promise<{ readonly dir: string; readonly remove: () => Promise<void> }> {
  const dir = await mkdtemp(path.join(tmpdir(), 'aed-deploy-'))
  const remove = () => rm(dir, { recursive: true, force: true })
  try {
    await writeFiles(dir, files)
  } catch (error) {
    await remove()
    throw error
  }
  return { dir, remove }
}

import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { fileError, readBytes } from '@aed/core/node'
import type { ListedClip } from './dataset.ts'

/** A dataset before its audio files are looked for. */
export interface Listing {
  readonly name: string
  readonly synthetic: boolean
  readonly licence: string
  readonly citation: string
  readonly clips: readonly ListedClip[]
  /** Folder that the clips' files are relative to. */
  readonly audioDir: string
  /** What lists the clips, for errors. */
  readonly where: string
  /** Classes that the dataset knows, where it has a vocabulary of its own. */
  readonly vocabulary?: readonly string[]
}

/** What is said of recordings that come without a licence. */
export const UNKNOWN_ORIGIN = { synthetic: false, licence: 'unknown', citation: '' } as const

/** What a folder holds, in no order. */
export async function listFolder(dir: string): Promise<Dirent[]> {
  try {
    return await readdir(dir, { withFileTypes: true })
  } catch (error) {
    throw fileError(error, dir)
  }
}

/** A text file, UTF-8. */
export const readText = async (file: string): Promise<string> => new TextDecoder().decode(await readBytes(file))

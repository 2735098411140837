import { readdir, readFile, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { AedError } from '@aed/core'
import { exists, fileError, writeAtomic, writeFolderAtomic } from '@aed/core/node'
import { GENERATED_BY } from '../emit/emit-header.ts'
import { writeFiles, type LibraryFiles } from './library-files.ts'

export interface WriteProjectOptions {
  /** Write into a folder that is not empty: files of an earlier library are replaced, all others stay. Default false. */
  readonly force?: boolean
}

/**
 * Writes a generated library into a folder. A new or empty folder gets all files or none.
 * @param files text by path, as {@link generateC} returns them; more (a report) can be among them
 * @throws AedError `FILE_EXISTS` for a folder that is not empty or a file in its place, `IO_FAILED`
 */
export async function writeProject(files: LibraryFiles, outDir: string, { force = false }: WriteProjectOptions = {}): Promise<void> {
  const present = await entriesOf(outDir)
  if (present.length === 0) {
    await writeFolderAtomic(outDir, (temporary) => writeFiles(temporary, files))
    return
  }
  if (!force) throw new AedError('FILE_EXISTS', `${outDir}: the folder is not empty`, { hint: 'name another folder, or overwrite with --force' })
  for (const folder of ['include', 'src']) await removeGenerated(path.join(outDir, folder))
  for (const [file, text] of Object.entries(files)) await writeAtomic(path.join(outDir, file), text)
}

/** Names in a folder; none when it does not exist. */
async function entriesOf(dir: string): Promise<readonly string[]> {
  if (!(await exists(dir))) return []
  if (!(await onDisk(dir, stat(dir))).isDirectory()) throw new AedError('FILE_EXISTS', `${dir}: is a file, expected a folder`, { hint: 'name another folder' })
  return onDisk(dir, readdir(dir))
}

/** Removes the C files that an earlier run made, so that `src/*.c` is one library again. */
async function removeGenerated(dir: string): Promise<void> {
  for (const name of await entriesOf(dir)) {
    const file = path.join(dir, name)
    if (!/\.[ch]$/.test(name)) continue
    const text = await onDisk(file, readFile(file, 'utf8'))
    if (text.slice(0, 1000).includes(GENERATED_BY)) await onDisk(file, rm(file))
  }
}

/** Turns errors of the system into those of this project. */
async function onDisk<T>(file: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw fileError(error, file)
  }
}

import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { threadId } from 'node:worker_threads'
import { AedError } from './errors.ts'

/** Runs file work and turns the system's errors into {@link AedError}s that name the path. */
async function onPath<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw fileError(error, file)
  }
}

/**
 * The {@link AedError} for an error of Node's file system: `FILE_NOT_FOUND`, or `IO_FAILED` with the system's reason. Other errors come back as
 * they are.
 */
export function fileError(error: unknown, file: string): unknown {
  const code = (error as { code?: unknown }).code
  if (typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) return error
  switch (code) {
    case 'ENOENT':
      return new AedError('FILE_NOT_FOUND', `${file}: no such file or folder`, { hint: 'check the path', cause: error })
    case 'ENOSPC':
    case 'EDQUOT':
      return new AedError('IO_FAILED', `${file}: the disk is full`, { hint: 'free some space and run again', cause: error })
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new AedError('IO_FAILED', `${file}: permission denied`, { hint: 'choose a place that you may read and write', cause: error })
    case 'EISDIR':
      return new AedError('IO_FAILED', `${file}: is a folder, expected a file`, { cause: error })
    case 'ENOTDIR':
      return new AedError('IO_FAILED', `${file}: part of the path is a file, not a folder`, { cause: error })
    default:
      return new AedError('IO_FAILED', `${file}: the system says ${code}`, { cause: error })
  }
}

/**
 * Reads a whole file.
 * @throws AedError `FILE_NOT_FOUND`, `IO_FAILED`
 */
export async function readBytes(file: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await onPath(file, () => readFile(file))
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** True for an existing file or folder. */
export async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  )
}

let temporaryCount = 0
/** A name beside `target` that no other process, thread or call uses. */
function temporaryName(target: string): string {
  return path.join(path.dirname(target), `.${path.basename(target)}.${process.pid}.${threadId}.${temporaryCount++}.tmp`)
}

/**
 * Writes a file so that it is there whole or not at all: to a temporary name in its folder (made if needed), then renamed.
 * @throws AedError `IO_FAILED`
 */
export async function writeAtomic(file: string, data: Uint8Array | string): Promise<void> {
  const temporary = temporaryName(path.resolve(file))
  await onPath(file, async () => {
    await mkdir(path.dirname(temporary), { recursive: true })
    try {
      await writeFile(temporary, data)
      await rename(temporary, file)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  })
}

/**
 * Fills a folder so that it appears whole or not at all: `fill` writes into a temporary folder, which then takes the place of `dir`.
 * An existing `dir` is replaced only once the new one is complete.
 * @throws AedError `IO_FAILED`
 */
export async function writeFolderAtomic(dir: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  const target = path.resolve(dir)
  const temporary = temporaryName(target)
  const old = temporaryName(target)
  await onPath(dir, async () => {
    let replaced = false
    try {
      await mkdir(temporary, { recursive: true })
      await fill(temporary)
      if (await exists(target)) {
        await rename(target, old)
        replaced = true
      }
      await rename(temporary, target)
    } catch (error) {
      await rm(temporary, { recursive: true, force: true })
      if (replaced) await rename(old, target)
      throw error
    }
    if (replaced) await rm(old, { recursive: true, force: true })
  })
}

import { access, constants, mkdir, readdir, readFile, realpath, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises'
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

/** What stands at a path; undefined when nothing does. */
async function statOf(file: string) {
  try {
    return await stat(file)
  } catch (error) {
    const { code } = error as { code?: unknown }
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}

/**
 * Makes a folder with its parents and returns those that it made, outermost first. One by one: Node's own recursive mkdir never ends
 * where a parent cannot be made (seen under /proc).
 */
async function makeFolders(dir: string): Promise<string[]> {
  const missing: string[] = []
  for (let at = path.resolve(dir); ; at = path.dirname(at)) {
    const found = await statOf(at)
    if (found?.isDirectory()) break
    if (found) throw new AedError('IO_FAILED', `${at}: is a file, expected a folder`, { hint: 'choose another place' })
    missing.push(at)
  }
  const made: string[] = []
  for (const folder of missing.reverse()) {
    try {
      await mkdir(folder)
      made.push(folder)
    } catch (error) {
      if ((error as { code?: unknown }).code === 'EEXIST') continue // another call was faster
      await removeFolders(made)
      throw error
    }
  }
  return made
}

/**
 * Checks before long work that its results can be written into a folder, which need not exist yet. Makes nothing.
 * @throws AedError `IO_FAILED` for a file in its place or above it, or a folder that may not be written
 */
export async function requireWritable(dir: string): Promise<void> {
  await onPath(dir, async () => {
    for (let at = path.resolve(dir); ; at = path.dirname(at)) {
      const found = await statOf(at)
      if (found && !found.isDirectory()) throw new AedError('IO_FAILED', `${at}: is a file, expected a folder`, { hint: 'choose another place' })
      if (found) return access(at, constants.W_OK | constants.X_OK)
    }
  })
}

/** Takes back what {@link makeFolders} made, as far as it is still empty. */
async function removeFolders(made: readonly string[]): Promise<void> {
  for (const folder of [...made].reverse()) {
    try {
      await rmdir(folder)
    } catch {
      return // something stands in it by now: it stays
    }
  }
}

/**
 * Writes a file so that it is there whole or not at all: to a temporary name in its folder (made if needed), then renamed. What is no
 * regular file, such as a device or a pipe, is written to as it is.
 * @throws AedError `FILE_NOT_FOUND`, `IO_FAILED`
 */
export async function writeAtomic(file: string, data: Uint8Array | string): Promise<void> {
  await onPath(file, async () => {
    const found = await statOf(file)
    if (found?.isDirectory()) throw new AedError('IO_FAILED', `${file}: is a folder, expected a file`, { hint: 'give a file name' })
    if (found && !found.isFile()) return writeFile(file, data)
    const target = found ? await realpath(file) : path.resolve(file) // the file behind a link, not the link
    const temporary = temporaryName(target)
    const made = await makeFolders(path.dirname(target))
    try {
      await writeFile(temporary, data)
      await rename(temporary, target)
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined) // the error that led here is the one to tell
      await removeFolders(made)
      throw error
    }
  })
}

/**
 * Checks that a folder can be written: it is not there, or holds nothing but entries of the given names, or nothing at all.
 * @throws AedError `FILE_EXISTS` for a file, or a folder with anything else in it
 */
export async function requireReplaceable(dir: string, names: readonly string[]): Promise<void> {
  await onPath(dir, async () => {
    const found = await statOf(dir)
    if (!found) return
    if (!found.isDirectory()) throw new AedError('FILE_EXISTS', `${dir}: is a file, expected a folder`, { hint: 'choose another folder' })
    const other = (await readdir(dir)).find((name) => !names.includes(name))
    if (other !== undefined) throw new AedError('FILE_EXISTS', `${dir}: holds '${other}', which would be lost`, { hint: 'choose a new or empty folder' })
  })
}

/**
 * Fills a folder so that it appears whole or not at all: `fill` writes into a temporary folder, which then takes the place of `dir`.
 * An existing `dir` is replaced only once the new one is complete, and only if it holds nothing that the new one does not.
 * @throws AedError `FILE_EXISTS` as {@link requireReplaceable}, `IO_FAILED`
 */
export async function writeFolderAtomic(dir: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  const target = path.resolve(dir)
  const temporary = temporaryName(target)
  const old = temporaryName(target)
  await onPath(dir, async () => {
    let replaced = false
    const made = await makeFolders(temporary)
    try {
      await fill(temporary)
      await requireReplaceable(target, await readdir(temporary))
      if (await exists(target)) {
        await rename(target, old)
        replaced = true
      }
      await rename(temporary, target)
    } catch (error) {
      await rm(temporary, { recursive: true, force: true })
      if (replaced) await rename(old, target)
      else await removeFolders(made.slice(0, -1))
      throw error
    }
    if (replaced) await rm(old, { recursive: true, force: true })
  })
}

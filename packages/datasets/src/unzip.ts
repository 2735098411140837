import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { crc32 } from 'node:zlib'
import * as v from 'valibot'
import { openPromise, type Entry, type ZipFile } from 'yauzl'
import { AedError, isAedError, option, parseOptions, throwIfAborted, type OptionsInput, type OptionsOf, type StageContext } from '@aed/core'
import { fileError, writeFolderAtomic } from '@aed/core/node'

/** Limits of {@link unzip}: what a hostile archive could cost. */
export const unzipOptionsSchema = v.strictObject({
  maxEntries: option.integer(100_000, 'files and folders at most', { min: 1 }),
  maxBytes: option.integer(2 ** 35, 'bytes unpacked at most', { min: 1, unit: 'bytes' }),
  maxRatio: option.number(200, 'times that a file may be larger than its packed form', { min: 1 }),
  stripRoot: option.boolean(false, 'leave out the one folder that everything in the archive lies in'),
})
export type UnzipOptions = OptionsInput<typeof unzipOptionsSchema>

/** Small files may be packed better than `maxRatio`: they cost nothing. */
const SMALL = 64 * 1024
const SYMBOLIC_LINK = 0o120000
const FILE_TYPE = 0o170000

/** Every entry, with limits and names checked before a byte is written. */
async function checkedEntries(zip: ZipFile, fail: (what: string) => AedError, { maxEntries, maxBytes, maxRatio }: OptionsOf<typeof unzipOptionsSchema>): Promise<readonly Entry[]> {
  if (zip.entryCount > maxEntries) throw fail(`holds ${zip.entryCount} entries, at most ${maxEntries} are taken`)
  const entries: Entry[] = []
  const names = new Set<string>()
  let bytes = 0
  // yauzl refuses absolute names, '..', backslashes and damaged directories.
  for await (const entry of zip.eachEntry()) {
    const { fileName, uncompressedSize, compressedSize, externalFileAttributes } = entry
    const name = `'${fileName}'`
    if (entry.isEncrypted()) throw fail(`${name} is encrypted`)
    if (((externalFileAttributes >>> 16) & FILE_TYPE) === SYMBOLIC_LINK) throw fail(`${name} is a symbolic link`)
    if (names.has(fileName.toLowerCase())) throw fail(`${name} stands in it twice`)
    if (uncompressedSize > SMALL && uncompressedSize > maxRatio * compressedSize) throw fail(`${name} unpacks to ${uncompressedSize} bytes from ${compressedSize}, at most ${maxRatio} times as many are taken`)
    bytes += uncompressedSize
    if (bytes > maxBytes) throw fail(`unpacks to more than ${maxBytes} bytes`)
    names.add(fileName.toLowerCase())
    entries.push(entry)
  }
  return entries
}

/** The folder that all entries lie in, with its slash. */
function rootOf(entries: readonly Entry[], fail: (what: string) => AedError): string {
  const root = /^[^/]+\//.exec(entries[0]?.fileName ?? '')?.[0]
  const other = entries.find(({ fileName }) => root === undefined || !fileName.startsWith(root))
  if (root === undefined || other) throw fail(`its entries do not lie in one folder${other ? `: '${other.fileName}'` : ''}`)
  return root
}

/** Writes one file, its length and CRC-32 checked. */
async function extract(zip: ZipFile, entry: Entry, file: string, fail: (what: string) => AedError, signal: AbortSignal | undefined): Promise<void> {
  let crc = 0
  const check = new Transform({
    transform(chunk: Uint8Array, _encoding, callback) {
      crc = crc32(chunk, crc)
      callback(null, chunk)
    },
  })
  await mkdir(path.dirname(file), { recursive: true })
  await pipeline(await zip.openReadStreamPromise(entry), check, createWriteStream(file, { flags: 'wx' }), { signal }) // yauzl ends it where it is longer or shorter than declared
  if (crc !== entry.crc32) throw fail(`'${entry.fileName}' has another CRC-32 than the archive says`)
}

/**
 * Unpacks a zip archive into a folder, which appears whole or not at all. Nothing is written outside of it; names, links, sizes and ratios are checked before
 * anything is written, lengths and CRC-32 while it is.
 * @param dir new or empty
 * @returns the number of files
 * @throws AedError `ARCHIVE_INVALID` with the entry at fault, `FILE_NOT_FOUND`, `FILE_EXISTS`, `IO_FAILED`, `ABORTED`, `INVALID_OPTION`
 */
export async function unzip(archive: string, dir: string, options: UnzipOptions = {}, { signal, onProgress }: StageContext = {}): Promise<number> {
  const limits = parseOptions(unzipOptionsSchema, options, 'unzip')
  const fail = (what: string, cause?: unknown) => new AedError('ARCHIVE_INVALID', `${archive}: ${what}`, { hint: 'get it again from its publisher', ...(cause !== undefined && { cause }) })
  try {
    const zip = await openPromise(archive, { lazyEntries: true, autoClose: false, strictFileNames: true })
    try {
      const entries = await checkedEntries(zip, fail, limits)
      const skip = limits.stripRoot ? rootOf(entries, fail).length : 0
      const files = entries.filter(({ fileName }) => !fileName.endsWith('/'))
      const total = files.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0)
      let done = 0
      await writeFolderAtomic(dir, async (temporary) => {
        await mkdir(temporary, { recursive: true })
        for (const entry of files) {
          throwIfAborted(signal)
          await extract(zip, entry, path.join(temporary, entry.fileName.slice(skip)), fail, signal)
          done += entry.uncompressedSize
          onProgress?.({ done, total, what: 'bytes' })
        }
      })
      return files.length
    } finally {
      zip.close()
    }
  } catch (error) {
    throwIfAborted(signal)
    if (isAedError(error)) throw error
    const known = fileError(error, archive)
    // What yauzl and zlib throw is an Error with a sentence.
    throw known === error || /^Z_/.test(String((error as { code?: unknown }).code)) ? fail(error instanceof Error ? error.message : String(error), error) : known
  }
}

import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { setTimeout as wait } from 'node:timers/promises'
import { AedError, isAedError, throwIfAborted } from './errors.ts'
import { exists, fileError } from './files.ts'
import type { Progress } from './progress.ts'

/** What a publisher says of a file. MD5 tells damage, SHA-256 also a file that somebody changed. */
export interface Checksum {
  readonly algorithm: 'md5' | 'sha256'
  /** Lower-case hexadecimal. */
  readonly hex: string
}

/** Options of {@link downloadFile}. */
export interface DownloadOptions {
  /** null: the publisher gives none, and the file is taken as it comes. */
  readonly checksum: Checksum | null
  /** More is refused; default 16 GiB. */
  readonly maxBytes?: number
  /** Connections that may break before the download is given up; what has arrived is kept. Default 5. */
  readonly attempts?: number
  readonly signal?: AbortSignal | undefined
  /** In bytes; `total` is 0 while it is not known. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

/** Between two attempts, in ms. */
const PAUSE = 500

const failed = (url: string, what: string, hint: string, cause?: unknown) => new AedError('DOWNLOAD_FAILED', `${url}: ${what}`, { hint, ...(cause !== undefined && { cause }) })

/** A part of a file that has arrived, and what tells whether the server still has the same file. */
interface Part {
  readonly bytes: number
  /** ETag or Last-Modified; empty where the server gave none: the part is then of no use. */
  readonly validator: string
}

async function readPart(part: string, note: string, url: string): Promise<Part> {
  try {
    const about = JSON.parse(await readFile(note, 'utf8')) as { url?: unknown; validator?: unknown }
    if (about.url === url && typeof about.validator === 'string') return { bytes: (await stat(part)).size, validator: about.validator }
  } catch {
    // Nothing there that could be gone on with.
  }
  return { bytes: 0, validator: '' }
}

/** A strong ETag (weak ones promise no equal bytes), else the date of the last change. */
function validatorOf({ headers }: Response): string {
  const etag = headers.get('etag') ?? ''
  return etag.startsWith('"') ? etag : (headers.get('last-modified') ?? '')
}

/** One connection: goes on with the part where the server can, else starts anew. */
async function fetchPart(url: string, part: string, note: string, { maxBytes = 2 ** 34, signal, onProgress }: DownloadOptions): Promise<void> {
  const have = await readPart(part, note, url)
  const resume = have.bytes > 0 && have.validator !== ''
  const response = await fetch(url, {
    // The bytes of the file itself: a compressed transfer cannot be resumed.
    headers: { 'accept-encoding': 'identity', ...(resume && { range: `bytes=${have.bytes}-`, 'if-range': have.validator }) },
    signal: signal ?? null,
  })
  const discard = () => response.body?.cancel()
  if (response.status === 416 && resume) {
    // The part is the whole file, or longer than it: only its checksum can tell.
    await discard()
    if (response.headers.get('content-range') === `bytes */${have.bytes}`) return
    await rm(part, { force: true })
    throw new Error('the part kept does not fit the file')
  }
  if (response.status !== 200 && response.status !== 206) {
    await discard()
    throw failed(url, `the server answered ${response.status} ${response.statusText}`.trimEnd(), 'check the address, or try later')
  }
  const start = response.status === 206 ? have.bytes : 0
  const length = Number(response.headers.get('content-length') ?? Number.NaN)
  const total = Number.isFinite(length) ? start + length : 0
  const tooLarge = () => failed(url, `holds more than ${maxBytes} bytes`, 'check the address')
  if (total > maxBytes) {
    await discard()
    throw tooLarge()
  }
  await writeFile(note, JSON.stringify({ url, validator: validatorOf(response) }))
  let done = start
  const count = new Transform({
    transform(chunk: Uint8Array, _encoding, callback) {
      done += chunk.length
      if (done <= maxBytes) onProgress?.({ done, total, what: 'bytes' })
      callback(done > maxBytes ? tooLarge() : null, chunk)
    },
  })
  if (!response.body) throw new Error('the answer has no body')
  await pipeline(Readable.fromWeb(response.body as ReadableStream), count, createWriteStream(part, { flags: start > 0 ? 'a' : 'w' }), { signal })
  if (total > 0 && done !== total) throw new Error(`the connection ended after ${done} of ${total} bytes`)
}

async function hashFile(file: string, algorithm: Checksum['algorithm'], signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash(algorithm)
  await pipeline(createReadStream(file), hash, { signal })
  return hash.digest('hex')
}

/**
 * Downloads a file, which appears under its name only when it is whole and its checksum right. What has arrived stays beside it as `FILE.part`, and the
 * next call, or the next attempt of this one, goes on from there where the server can (`Range`, `If-Range`). A file that is there already is kept if its
 * checksum is right.
 * @throws AedError `DOWNLOAD_FAILED` (no connection, another status than 200, another checksum: then nothing is kept), `FILE_EXISTS` for another file in its
 * place, `IO_FAILED`, `ABORTED`, `INVALID_OPTION` for what is no http address
 */
export async function downloadFile(url: string, file: string, options: DownloadOptions): Promise<void> {
  const { checksum, attempts = 5, signal } = options
  if (!/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : '')) throw new AedError('INVALID_OPTION', `'${url}' is no http or https address`)
  const [part, note] = [`${file}.part`, `${file}.part.json`]
  try {
    if (await exists(file)) {
      if (checksum && (await hashFile(file, checksum.algorithm, signal)) === checksum.hex) return
      throw new AedError('FILE_EXISTS', `${file}: another file stands in the place of ${url}`, { hint: 'move it away' })
    }
    await mkdir(path.dirname(path.resolve(file)), { recursive: true })
    for (let attempt = 1; ; attempt++) {
      try {
        await fetchPart(url, part, note, options)
        break
      } catch (error) {
        throwIfAborted(signal)
        if (isAedError(error) || isFileError(error)) throw error
        if (attempt >= attempts) throw failed(url, `the connection failed: ${reasonOf(error)}`, 'run again: it goes on where it stopped, if the server can', error)
        await wait(PAUSE, undefined, { signal })
      }
    }
    if (checksum) {
      const got = await hashFile(part, checksum.algorithm, signal)
      if (got !== checksum.hex) {
        await rm(part, { force: true })
        await rm(note, { force: true })
        throw failed(url, `expected ${checksum.algorithm} ${checksum.hex}, got ${got}`, 'try again, or compare with what its publisher says now')
      }
    }
    await rename(part, file)
    await rm(note, { force: true })
  } catch (error) {
    throwIfAborted(signal)
    throw isAedError(error) ? error : fileError(error, file)
  }
}

/** Fetch hides the reason in `cause`. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  return cause instanceof Error ? cause.message || String((cause as { code?: unknown }).code) : String(cause)
}

/** Errors of this machine's disk, which no other attempt mends; those of a socket have codes of the same form. */
const isFileError = (error: unknown): boolean => /^(ENOSPC|EDQUOT|EACCES|EPERM|EROFS|EISDIR|ENOTDIR|ENOENT|EIO)$/.test(String((error as { code?: unknown }).code))

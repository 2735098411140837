import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { downloadFile, type Checksum } from './download.ts'

const CONTENT = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7 + (i >> 8)) & 255))
const sum = (algorithm: Checksum['algorithm'], bytes: Uint8Array = CONTENT): Checksum => ({ algorithm, hex: createHash(algorithm).update(bytes).digest('hex') })

let dir = ''
let server: Server
let url = ''
/** The Range header of each request. */
let asked: (string | undefined)[] = []
let answer: (request: IncomingMessage, response: ServerResponse) => void

/** A server with ranges that breaks the connection after `limit` bytes of each answer. */
const serve = (limit = Infinity, etag = '"one"') => (request: IncomingMessage, response: ServerResponse) => {
  const start = request.headers['if-range'] === etag ? Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0) : 0
  if (start >= CONTENT.length) return void response.writeHead(416, { 'content-range': `bytes */${CONTENT.length}` }).end()
  const body = CONTENT.subarray(start)
  response.writeHead(start > 0 ? 206 : 200, { 'content-length': body.length, ...(etag && { etag }), ...(start > 0 && { 'content-range': `bytes ${start}-${CONTENT.length - 1}/${CONTENT.length}` }) })
  if (body.length <= limit) response.end(body)
  else {
    response.write(body.subarray(0, limit))
    // Broken once all of it has arrived: an error drops what still stands in a stream.
    const poll = setInterval(() => {
      if (!existsSync(`${target()}.part`) || statSync(`${target()}.part`).size < start + limit) return
      clearInterval(poll)
      response.destroy()
    }, 5)
  }
}

beforeEach(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'aed-download-'))
  asked = []
  answer = serve()
  server = createServer((request, response) => {
    asked.push(request.headers.range)
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file.zip`
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(dir, { recursive: true, force: true })
})
const target = () => path.join(dir, 'new', 'file.zip')
const left = () => (existsSync(path.dirname(target())) ? readdirSync(path.dirname(target())).sort() : [])

describe('downloadFile', () => {
  it('brings the bytes, with progress, and leaves nothing else', async () => {
    const seen: number[] = []
    await downloadFile(url, target(), { checksum: sum('sha256'), onProgress: ({ done, total }) => seen.push(done, total) })
    expect(readFileSync(target())).toEqual(CONTENT)
    expect(left()).toEqual(['file.zip'])
    expect(seen.slice(-2)).toEqual([CONTENT.length, CONTENT.length])
  })

  it('goes on where a connection broke, in one call', async () => {
    answer = serve(40_000)
    await downloadFile(url, target(), { checksum: sum('md5') })
    expect(readFileSync(target())).toEqual(CONTENT)
    expect(asked).toHaveLength(3)
    expect(asked[0]).toBeUndefined()
    expect(asked[2]).toMatch(/^bytes=[1-9]\d*-$/)
  })

  it('keeps what has arrived for the next call', async () => {
    answer = serve(30_000)
    await expect(downloadFile(url, target(), { checksum: sum('md5'), attempts: 1 })).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED', message: expect.stringContaining(url) })
    expect(left()).toEqual(['file.zip.part', 'file.zip.part.json'])
    answer = serve()
    await downloadFile(url, target(), { checksum: sum('md5') })
    expect(asked[1]).toMatch(/^bytes=[1-9]\d*-$/)
    expect(left()).toEqual(['file.zip'])
  })

  it('knows a part that is whole already', async () => {
    answer = serve(30_000)
    await expect(downloadFile(url, target(), { checksum: null, attempts: 1 })).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' })
    writeFileSync(`${target()}.part`, CONTENT)
    answer = serve()
    await downloadFile(url, target(), { checksum: sum('md5') })
    expect(readFileSync(target())).toEqual(CONTENT)
  })

  it('starts anew where the file on the server has changed, or the server cannot say', async () => {
    answer = serve(30_000)
    await expect(downloadFile(url, target(), { checksum: null, attempts: 1 })).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' })
    answer = serve(Infinity, '"two"')
    await downloadFile(url, target(), { checksum: sum('md5') })
    expect(readFileSync(target())).toEqual(CONTENT)
    rmSync(target())
    answer = serve(30_000, '')
    await expect(downloadFile(url, target(), { checksum: null, attempts: 1 })).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' })
    asked = []
    answer = serve()
    await downloadFile(url, target(), { checksum: sum('md5') })
    expect(asked).toEqual([undefined])
  })

  it('keeps nothing of another file than was published', async () => {
    await expect(downloadFile(url, target(), { checksum: sum('sha256', Buffer.from('other')) })).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED', message: expect.stringMatching(/expected sha256 .*, got /) })
    expect(left()).toEqual([])
  })

  it('keeps a file that is there if it is the right one, and refuses to replace another', async () => {
    await downloadFile(url, target(), { checksum: sum('md5') })
    await downloadFile(url, target(), { checksum: sum('sha256') })
    expect(asked).toHaveLength(1)
    writeFileSync(target(), 'mine')
    await expect(downloadFile(url, target(), { checksum: sum('md5') })).rejects.toMatchObject({ code: 'FILE_EXISTS' })
    await expect(downloadFile(url, target(), { checksum: null })).rejects.toMatchObject({ code: 'FILE_EXISTS' })
    expect(readFileSync(target(), 'utf8')).toBe('mine')
  })

  it('refuses more bytes than allowed, declared or not', async () => {
    await expect(downloadFile(url, target(), { checksum: null, maxBytes: 1000 })).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED', message: expect.stringContaining('more than 1000 bytes') })
    answer = (_request, response) => response.end(CONTENT) // chunked: without a length
    await expect(downloadFile(url, target(), { checksum: null, maxBytes: 99_999 })).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' })
    await downloadFile(url, target(), { checksum: sum('md5'), maxBytes: 100_000 })
  })

  it('names the status, at once, and what is no address', async () => {
    answer = (_request, response) => response.writeHead(404).end()
    await expect(downloadFile(url, target(), { checksum: null })).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED', message: `${url}: the server answered 404 Not Found` })
    expect(asked).toHaveLength(1)
    for (const bad of ['file:///etc/passwd', 'nothing', '']) await expect(downloadFile(bad, target(), { checksum: null })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })

  it('gives up where nobody answers, and stops when told', async () => {
    answer = (_request, response) => response.destroy()
    await expect(downloadFile(url, target(), { checksum: null, attempts: 2 })).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED', message: expect.stringContaining('the connection failed') })
    expect(asked).toHaveLength(2)
    answer = () => undefined
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 50)
    await expect(downloadFile(url, target(), { checksum: null, signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' })
  })
})

import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { describeWithDir } from '../test/needs.ts'
import { readBackbone } from './backbone.ts'
import { downloadBackbone, PUBLISHED_BACKBONES } from './published-backbones.ts'

const NAME = 'miniresnetv2-1stack'
const { fileName, sha256 } = PUBLISHED_BACKBONES[NAME]!

/** Offers a file on this machine. */
async function served(answer: RequestListener, use: (url: string) => Promise<void>) {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/backbone.h5`)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

let cache = ''
const before = process.env['AED_CACHE_DIR']
beforeEach(() => {
  cache = mkdtempSync(path.join(os.tmpdir(), 'aed-backbones-'))
  process.env['AED_CACHE_DIR'] = cache
})
afterEach(() => {
  if (before === undefined) delete process.env['AED_CACHE_DIR']
  else process.env['AED_CACHE_DIR'] = before
  rmSync(cache, { recursive: true, force: true })
})

describe('downloadBackbone', () => {
  it('keeps nothing of a file with another checksum than the published one', () =>
    served(
      (_request, response) => response.end('another network'),
      async (url) => {
        await expect(downloadBackbone(NAME, { url })).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED', message: expect.stringContaining(sha256) })
        expect(readdirSync(path.join(cache, 'backbones'))).toEqual([])
      },
    ))

  it('refuses unknown names, and another file in the place', async () => {
    await expect(downloadBackbone('miniresnetv2-3stacks')).rejects.toMatchObject({ code: 'USAGE', hint: expect.stringContaining('miniresnetv2-2stacks-pooled') })
    await expect(downloadBackbone('constructor')).rejects.toMatchObject({ code: 'USAGE' })
    writeFileSync(path.join(cache, 'mine.h5'), 'mine')
    await expect(downloadBackbone(NAME, { out: path.join(cache, 'mine.h5'), url: 'http://127.0.0.1:9/' })).rejects.toMatchObject({ code: 'FILE_EXISTS' })
    expect(readFileSync(path.join(cache, 'mine.h5'), 'utf8')).toBe('mine')
  })

  it('takes each file from a fixed commit of the publisher', () => {
    for (const { sources, fileName: name } of Object.values(PUBLISHED_BACKBONES)) for (const { url } of sources) expect(url).toMatch(new RegExp(`^https://raw\\.githubusercontent\\.com/STMicroelectronics/stm32ai-modelzoo/[0-9a-f]{40}/.+/${name}$`))
  })
})

describe('readBackbone', () => {
  it('says of a name what to do while it is not downloaded', async () => {
    await expect(readBackbone(NAME, 1, [64, 50, 1])).rejects.toMatchObject({ code: 'FILE_NOT_FOUND', hint: expect.stringContaining(`aed backbone get ${NAME}`) })
    await expect(readBackbone('nowhere.h5', 1, [64, 50, 1])).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
  })
})

describeWithDir('AED_BACKBONES', 'the published files', (backbones) => {
  it('have the checksums that the names stand for', () => {
    for (const backbone of Object.values(PUBLISHED_BACKBONES)) expect(createHash('sha256').update(readFileSync(path.join(backbones, backbone.fileName))).digest('hex')).toBe(backbone.sha256)
  })

  it('are downloaded into the cache, going on after a cut, and then found by name', async () => {
    const bytes = readFileSync(path.join(backbones, fileName))
    const ranges: (string | undefined)[] = []
    const answer: RequestListener = ({ headers: { range } }, response) => {
      ranges.push(range)
      const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0)
      response.writeHead(start > 0 ? 206 : 200, { etag: '"1"', 'content-length': bytes.length - start })
      if (start > 0) response.end(bytes.subarray(start))
      else response.write(bytes.subarray(0, 300_000), () => setTimeout(() => response.destroy(), 50))
    }
    await served(answer, async (url) => {
      expect(await downloadBackbone(NAME, { url })).toEqual({ file: path.join(cache, 'backbones', fileName), sha256, licence: null })
      expect(ranges).toHaveLength(2)
      expect(ranges[1]).toMatch(/^bytes=[1-9]/)
      expect(readFileSync(path.join(cache, 'backbones', fileName)).equals(bytes)).toBe(true)
      await downloadBackbone(NAME, { url }) // is there: no third request
      expect(ranges).toHaveLength(2)
    })
    expect(await readBackbone(NAME, 1, [64, 50, 1])).toMatchObject({ file: fileName, sha256 })
    await expect(readBackbone(NAME, 2, [64, 50, 1])).rejects.toMatchObject({ code: 'MODEL_MISMATCH' })
    expect(await readBackbone(path.join(cache, 'backbones'), 1, [64, 50, 1])).toMatchObject({ sha256 })
  })

  it('come from the next place where the first has none, and the last says what is wrong', async () => {
    const bytes = readFileSync(path.join(backbones, fileName))
    const answer: RequestListener = (request, response) => (request.url === '/new.h5' ? response.writeHead(404).end() : response.end(bytes))
    await served(answer, async (url) => {
      const moved = new URL('/new.h5', url).href
      await expect(downloadBackbone(NAME, { url: moved })).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED', message: `${moved}: the server answered 404 Not Found` })
      expect(await downloadBackbone(NAME, { url: [moved, url] })).toMatchObject({ sha256 })
    })
  })

  it('go where --out says, and a path is no name', async () => {
    const bytes = readFileSync(path.join(backbones, fileName))
    const out = path.join(cache, 'new', 'mine.h5')
    await served((_request, response) => response.end(bytes), async (url) => {
      await downloadBackbone(NAME, { out, url })
    })
    expect(await readBackbone(out, 1, [64, 50, 1])).toMatchObject({ file: 'mine.h5', sha256 })
    expect(existsSync(path.join(cache, 'backbones'))).toBe(false)
  })
})

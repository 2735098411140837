import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { withFolder } from '../test/folder.ts'
import { makeZip, type ZipEntry } from '../test/zip.ts'
import { unzip, type UnzipOptions } from './unzip.ts'

const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * i * 31 + (i >> 3)) & 255))
const honest: readonly ZipEntry[] = [
  { name: 'root/', content: '' },
  { name: 'root/meta/a.csv', content: 'filename,label\n' },
  { name: 'root/audio/b.wav', content: bytes },
]

/** Unpacks an archive in a folder of its own; what stands in that folder afterwards is told too. */
const run = (zip: Buffer, options: UnzipOptions = {}) =>
  withFolder({}, async (dir) => {
    writeFileSync(path.join(dir, 'x.zip'), zip)
    const result = await unzip(path.join(dir, 'x.zip'), path.join(dir, 'out'), options).catch((error: unknown) => error as { code: string; message: string })
    const files = existsSync(path.join(dir, 'out')) ? (readdirSync(path.join(dir, 'out'), { recursive: true }) as string[]).sort() : null
    return { result, files, beside: readdirSync(dir).sort(), read: (file: string) => readFileSync(path.join(dir, 'out', file)) }
  })

describe('unzip', () => {
  it('writes the files of an archive, with or without its root folder', async () => {
    await withFolder({}, async (dir) => {
      writeFileSync(path.join(dir, 'x.zip'), makeZip(honest))
      const seen: number[] = []
      expect(await unzip(path.join(dir, 'x.zip'), path.join(dir, 'out'), { stripRoot: true }, { onProgress: ({ done, total }) => seen.push(done / total) })).toBe(2)
      expect(readFileSync(path.join(dir, 'out', 'audio', 'b.wav'))).toEqual(bytes)
      expect(readFileSync(path.join(dir, 'out', 'meta', 'a.csv'), 'utf8')).toBe('filename,label\n')
      expect(seen.at(-1)).toBe(1)
    })
    expect((await run(makeZip(honest))).files).toContain(path.join('root', 'audio', 'b.wav'))
  })

  const hostile: readonly (readonly [what: string, entries: readonly ZipEntry[], options: UnzipOptions, message: RegExp])[] = [
    ['a path upwards', [{ name: '../evil' }], {}, /invalid relative path: \.\.\/evil/],
    ['a path upwards inside', [{ name: 'a/../../evil' }], {}, /invalid relative path/],
    ['an absolute path', [{ name: '/etc/evil' }], {}, /absolute path: \/etc\/evil/],
    ['a drive', [{ name: 'C:evil' }], {}, /absolute path: C:evil/],
    ['a backslash', [{ name: 'a\\..\\evil' }], {}, /invalid characters in fileName/],
    ['a symbolic link', [{ name: 'link', content: '/etc', mode: 0o120777 }], {}, /'link' is a symbolic link/],
    ['the same name twice', [{ name: 'a' }, { name: 'A' }], {}, /'A' stands in it twice/],
    ['an encrypted file', [{ name: 'a', flags: 1 }], {}, /'a' is encrypted/],
    ['a bomb', [{ name: 'a', content: Buffer.alloc(50_000_000) }], {}, /'a' unpacks to 50000000 bytes from \d+, at most 200 times/],
    ['a bomb that lies about its size', [{ name: 'a', content: Buffer.alloc(5_000_000), size: 10 }], {}, /too many bytes/],
    ['too many bytes', honest, { maxBytes: 1000 }, /unpacks to more than 1000 bytes/],
    ['too many entries', honest, { maxEntries: 2 }, /holds 3 entries, at most 2/],
    ['another CRC-32', [{ name: 'a', content: 'x', crc: 1 }], {}, /'a' has another CRC-32/],
    ['less than declared', [{ name: 'a', content: 'x', size: 10 }], {}, /not enough bytes/],
    ['two roots', [{ name: 'a/x' }, { name: 'b/x' }], { stripRoot: true }, /do not lie in one folder: 'b\/x'/],
  ]
  it.each(hostile)('refuses %s and writes nothing', async (_what, entries, options, message) => {
    const { result, beside } = await run(makeZip(entries), options)
    expect(result).toMatchObject({ code: 'ARCHIVE_INVALID', message: expect.stringMatching(message) })
    expect(beside).toEqual(['x.zip'])
  })

  it('refuses what is no archive, and every truncation', async () => {
    const zip = makeZip([{ name: 'a', content: 'some text' }])
    for (let length = 0; length < zip.length; length += 3) expect((await run(zip.subarray(0, length))).result).toMatchObject({ code: 'ARCHIVE_INVALID' })
  })

  it('survives flipped bytes: the right files, or an error and nothing', async () => {
    const zip = makeZip([{ name: 'a/b', content: 'some text' }, { name: 'c', content: 'other' }])
    for (let i = 0; i < zip.length; i++) {
      const damaged = Buffer.from(zip)
      damaged[i]! ^= 0x55
      const { result, files, beside } = await run(damaged)
      if (typeof result === 'number') expect(files).not.toBeNull()
      else {
        expect(result).toMatchObject({ code: 'ARCHIVE_INVALID' })
        expect(beside).toEqual(['x.zip'])
      }
    }
  })

  it('leaves a folder alone that holds something, and names a missing archive', async () => {
    await withFolder({ 'out/mine.txt': 'mine' }, async (dir) => {
      writeFileSync(path.join(dir, 'x.zip'), makeZip(honest))
      await expect(unzip(path.join(dir, 'x.zip'), path.join(dir, 'out'))).rejects.toMatchObject({ code: 'FILE_EXISTS' })
      await expect(unzip(path.join(dir, 'y.zip'), path.join(dir, 'new'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
      expect(readdirSync(path.join(dir, 'out'))).toEqual(['mine.txt'])
    })
  })
})

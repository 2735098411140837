import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { AedError } from './errors.ts'
import { exists, fileError, readBytes, requireWritable, writeAtomic, writeFolderAtomic } from './files.ts'

const asUser = process.getuid?.() === 0 ? it.skip : it // skipped for root, who may write everywhere
let dir = ''
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'aed-node-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))
const at = (...parts: string[]) => path.join(dir, ...parts)

describe('readBytes', () => {
  it('reads a file into plain bytes', async () => {
    writeFileSync(at('x'), Uint8Array.of(1, 2, 3))
    const bytes = await readBytes(at('x'))
    expect([...bytes]).toEqual([1, 2, 3])
    expect(Buffer.isBuffer(bytes)).toBe(false)
  })

  it('names what is not there with FILE_NOT_FOUND, and a folder with IO_FAILED', async () => {
    await expect(readBytes(at('x'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND', message: expect.stringContaining(at('x')) })
    await expect(readBytes(dir)).rejects.toMatchObject({ code: 'IO_FAILED', message: `${dir}: is a folder, expected a file` })
  })
})

describe('fileError', () => {
  it('gives the reason of the system in words, and other errors as they are', () => {
    const of = (code: string) => fileError(Object.assign(new Error('x'), { code }), 'f')
    expect(of('ENOSPC')).toMatchObject({ code: 'IO_FAILED', message: 'f: the disk is full' })
    expect(of('EACCES')).toMatchObject({ code: 'IO_FAILED', message: 'f: permission denied' })
    expect(of('ENOTDIR')).toMatchObject({ code: 'IO_FAILED' })
    expect(of('EMFILE')).toMatchObject({ code: 'IO_FAILED', message: 'f: the system says EMFILE' })
    for (const error of [new Error('x'), new AedError('USAGE', 'x'), Object.assign(new Error('x'), { code: 'ERR_INVALID_ARG_TYPE' })]) expect(fileError(error, 'f')).toBe(error)
  })
})

describe('exists', () => {
  it('knows files and folders', async () => {
    writeFileSync(at('x'), '')
    expect([await exists(at('x')), await exists(dir), await exists(at('y'))]).toEqual([true, true, false])
  })
})

describe('writeAtomic', () => {
  it('writes into folders that it makes, over what was there, and leaves nothing else', async () => {
    await writeAtomic(at('a', 'b', 'x'), 'one')
    await writeAtomic(at('a', 'b', 'x'), Uint8Array.of(50))
    expect(readFileSync(at('a', 'b', 'x'), 'utf8')).toBe('2')
    expect(readdirSync(at('a', 'b'))).toEqual(['x'])
  })

  it('takes many calls for one file at the same time: one of them is there whole', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, i) => writeAtomic(at('x'), String(i).repeat(1000))))
    expect(readFileSync(at('x'), 'utf8')).toMatch(/^(\d+)\1{999}$/)
    expect(readdirSync(dir)).toEqual(['x'])
  })

  it('leaves the old and no temporary file where it cannot write', async () => {
    mkdirSync(at('x'))
    await expect(writeAtomic(at('x'), 'new')).rejects.toMatchObject({ code: 'IO_FAILED' })
    expect(readdirSync(dir)).toEqual(['x'])
    writeFileSync(at('file'), 'old')
    await expect(writeAtomic(at('file', 'x'), 'new')).rejects.toMatchObject({ code: 'IO_FAILED' })
    expect(readFileSync(at('file'), 'utf8')).toBe('old')
  })
})

describe('writeAtomic where folders are missing', () => {
  it('takes back the folders that it made when it cannot write', async () => {
    await expect(writeAtomic(at('a', 'b', 'x'.repeat(300)), '')).rejects.toMatchObject({ code: 'IO_FAILED' })
    expect(readdirSync(dir)).toEqual([])
  })

  it('says so and ends where parents cannot be made', async () => {
    await expect(writeAtomic('/proc/nowhere/x', '')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
    writeFileSync(at('file'), '')
    await expect(writeAtomic(at('file', 'x'), '')).rejects.toMatchObject({ code: 'IO_FAILED' })
  })

  it('writes to a device as it is', async () => {
    await writeAtomic('/dev/null', 'x')
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
    await expect(writeAtomic('/dev/full', 'x')).rejects.toMatchObject({ code: 'IO_FAILED' })
  })
})

describe('requireWritable', () => {
  it('takes a folder that is not there yet, and refuses a file in its place or above it', async () => {
    await requireWritable(at('a', 'b'))
    expect(readdirSync(dir)).toEqual([])
    writeFileSync(at('file'), '')
    await expect(requireWritable(at('file'))).rejects.toMatchObject({ code: 'IO_FAILED' })
    await expect(requireWritable(at('file', 'a'))).rejects.toMatchObject({ code: 'IO_FAILED' })
  })
})

describe('writeFolderAtomic', () => {
  it('replaces a folder as a whole', async () => {
    mkdirSync(at('out'))
    writeFileSync(at('out', 'model'), 'old')
    await writeFolderAtomic(at('out'), async (temporary) => {
      await writeFile(path.join(temporary, 'model'), 'new')
      await writeFile(path.join(temporary, 'more'), '')
    })
    expect(readdirSync(at('out'))).toEqual(['model', 'more'])
    expect(readFileSync(at('out', 'model'), 'utf8')).toBe('new')
    expect(readdirSync(dir)).toEqual(['out'])
  })

  it('refuses a folder with anything that would be lost, and a file', async () => {
    mkdirSync(at('out'))
    writeFileSync(at('out', 'precious'), '')
    const fill = (temporary: string) => writeFile(path.join(temporary, 'model'), '')
    await expect(writeFolderAtomic(at('out'), fill)).rejects.toMatchObject({ code: 'FILE_EXISTS' })
    await expect(writeFolderAtomic(at('out', 'precious'), fill)).rejects.toMatchObject({ code: 'FILE_EXISTS' })
    expect(readdirSync(at('out'))).toEqual(['precious'])
    expect(readdirSync(dir)).toEqual(['out'])
  })

  it('keeps the old folder and nothing of the new where filling fails, and passes the error on', async () => {
    mkdirSync(at('out'))
    writeFileSync(at('out', 'old'), '')
    const error = new AedError('DEPLOY_UNSUPPORTED', 'x')
    const failing = writeFolderAtomic(at('out'), async (temporary) => {
      await writeFile(path.join(temporary, 'new'), '')
      throw error
    })
    await expect(failing).rejects.toBe(error)
    expect(readdirSync(at('out'))).toEqual(['old'])
    expect(readdirSync(dir)).toEqual(['out'])
  })

  it('brings the old folder back where the new one cannot take its place', async () => {
    mkdirSync(at('out'))
    writeFileSync(at('out', 'old'), '')
    const failing = writeFolderAtomic(at('out'), (temporary) => {
      rmSync(temporary, { recursive: true }) // the rename that follows has nothing to move
      return Promise.resolve()
    })
    await expect(failing).rejects.toMatchObject({ name: 'AedError' })
    expect(readdirSync(at('out'))).toEqual(['old'])
    expect(readdirSync(dir)).toEqual(['out'])
  })

  asUser('makes nothing where the folder above may not be written', async () => {
    mkdirSync(at('locked'))
    chmodSync(at('locked'), 0o500)
    await expect(writeFolderAtomic(at('locked', 'out'), () => Promise.resolve())).rejects.toMatchObject({ code: 'IO_FAILED' })
    expect(existsSync(at('locked', 'out'))).toBe(false)
  })
})

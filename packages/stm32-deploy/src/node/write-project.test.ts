import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { everyKernel } from '../../test/networks.ts'
import { generateC } from '../generate-c.ts'
import { writeProject } from './write-project.ts'

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'aed-write-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const library = (name: string) => generateC({ graph: everyKernel(), card: null }, { name }).files

describe('writeProject', () => {
  it('fills a new folder and an empty one', async () => {
    const files = { ...library('net'), 'report.json': '{}' }
    await writeProject(files, path.join(dir, 'a', 'new'))
    await writeProject(files, dir).catch((error: unknown) => expect(error).toMatchObject({ code: 'FILE_EXISTS' }))
    await mkdir(path.join(dir, 'empty'))
    await writeProject(files, path.join(dir, 'empty'))
    for (const folder of ['a/new', 'empty'])
      for (const [file, text] of Object.entries(files)) expect(await readFile(path.join(dir, folder, file), 'utf8')).toBe(text)
  })

  it('FILE_EXISTS for a folder that is not empty, and leaves it as it was', async () => {
    await writeFile(path.join(dir, 'mine.txt'), 'mine')
    await expect(writeProject(library('net'), dir)).rejects.toMatchObject({ code: 'FILE_EXISTS', hint: expect.stringContaining('--force') })
    expect(await readdir(dir)).toEqual(['mine.txt'])
  })

  it('FILE_EXISTS for a file in the way, with force too', async () => {
    await writeFile(path.join(dir, 'file'), '')
    await expect(writeProject(library('net'), path.join(dir, 'file'), { force: true })).rejects.toMatchObject({ code: 'FILE_EXISTS' })
  })

  it('with force replaces the library that was there and touches nothing else', async () => {
    await writeProject(library('old'), dir)
    await writeFile(path.join(dir, 'src', 'mine.c'), 'int mine;\n')
    const files = library('net')
    await writeProject(files, dir, { force: true })
    expect((await readdir(path.join(dir, 'src'))).toSorted()).toEqual(['mine.c', ...Object.keys(files).filter((file) => file.startsWith('src/')).map((file) => path.basename(file))].toSorted())
    expect(await readdir(path.join(dir, 'include'))).toEqual(['net.h'])
  })
})

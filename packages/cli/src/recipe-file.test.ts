import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { readRecipe, shippedRecipes } from './recipe-file.ts'

describe('readRecipe', () => {
  let dir = ''
  beforeAll(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'aed-recipe-'))
  })
  afterAll(() => rm(dir, { recursive: true }))

  const write = async (text: string) => {
    const file = path.join(dir, 'mine.yaml')
    await writeFile(file, text)
    return file
  }

  it('reads every recipe that comes with the command, by name', async () => {
    const names = await shippedRecipes()
    expect(names).toEqual(expect.arrayContaining(['r', 'published', 'streaming', 'network-2-taps']))
    for (const name of names) expect((await readRecipe(name)).about).not.toBe('')
    const r = await readRecipe('r')
    expect([Object.keys(r.blocks).length, Object.keys(r.variants).length, r.looked]).toEqual([6, 10, 600])
  })

  it('says file and line of what is wrong', async () => {
    const file = await write('name: mine\nblocks:\n  mel: 2\ntraining:\n  solver: ridge\n  penalties: 3\n')
    await expect(readRecipe(file)).rejects.toThrow(expect.objectContaining({ code: 'INVALID_OPTION', message: `${file}, line 6: training.penalties is not an option` }))
    await write('name: mine\nblocks: { mel: 1 }\nspede: [1]\n')
    await expect(readRecipe(file)).rejects.toThrow(`${file}, line 3: spede is not an option`)
    await write('name: mine\nstacks: 3\n')
    await expect(readRecipe(file)).rejects.toThrow(/mine\.yaml, line 2: stacks takes 1 or 2, got 3/)
    await write('name: mine\nblocks: [\n')
    await expect(readRecipe(file)).rejects.toThrow(/mine\.yaml, line \d: not valid YAML/)
    await expect(readRecipe('no-such')).rejects.toThrow(expect.objectContaining({ code: 'FILE_NOT_FOUND' }))
  })
})

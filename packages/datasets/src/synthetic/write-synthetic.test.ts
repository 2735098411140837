import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { withFolder } from '../../test/folder.ts'
import { readDataset } from '../read-dataset.ts'
import { synthesizeEsc10 } from './synthesize-esc10.ts'
import { writeSyntheticEsc10 } from './write-synthetic.ts'

const options = { recordingsPerClass: 2, clipsPerRecording: 2, folds: 2, duration: 0.2 }

describe('writeSyntheticEsc10', () => {
  it('writes a folder that readDataset takes for a synthetic dataset', async () => {
    await withFolder({}, async (dir) => {
      await writeSyntheticEsc10(path.join(dir, 'new', 'set'), options)
      const dataset = await readDataset(path.join(dir, 'new', 'set'))
      expect(dataset).toMatchObject({ name: 'synthetic-esc10', synthetic: true, licence: expect.stringContaining('CC0') })
      expect(dataset.classes).toHaveLength(10)
      expect(dataset.clips.map(({ id, label, source, fold }) => ({ id, label, source, fold }))).toEqual(
        [...synthesizeEsc10(options)].map(({ id, label, source, fold }) => ({ id, label, source, fold })).sort((a, b) => (a.id < b.id ? -1 : 1)),
      )
      expect(await readdir(path.join(dir, 'new'))).toEqual(['set'])
    })
  })

  it('writes 16-bit mono WAV files, each sample rounded', async () => {
    await withFolder({}, async (dir) => {
      await writeSyntheticEsc10(dir, options)
      const [first] = synthesizeEsc10(options)
      const { clip, id } = first!
      const bytes = await readFile(path.join(dir, 'audio', id))
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      expect(bytes.toString('latin1', 0, 16)).toMatch(/^RIFF.{4}WAVEfmt $/s)
      expect([view.getUint32(4, true), view.getUint16(22, true), view.getUint32(24, true), view.getUint16(34, true), view.getUint32(40, true)]).toEqual([bytes.length - 8, 1, 22050, 16, bytes.length - 44])
      expect(Array.from(clip.samples, (_, i) => view.getInt16(44 + 2 * i, true))).toEqual(Array.from(clip.samples, (x) => Math.round(x * 32768) + 0)) // + 0: no −0
    })
  })

  it('replaces an earlier set, and no folder of other files', async () => {
    await withFolder({ 'mine/photo.jpg': '' }, async (dir) => {
      await writeSyntheticEsc10(path.join(dir, 'set'), options)
      await writeSyntheticEsc10(path.join(dir, 'set'), { ...options, clipsPerRecording: 1 })
      expect(await readdir(path.join(dir, 'set', 'audio'))).toHaveLength(20)
      await expect(writeSyntheticEsc10(path.join(dir, 'mine'), options)).rejects.toMatchObject({ code: 'FILE_EXISTS' })
      expect(await readdir(path.join(dir, 'mine'))).toEqual(['photo.jpg'])
    })
  })

  it('leaves nothing behind when it cannot write', async () => {
    await withFolder({ file: '' }, async (dir) => {
      await expect(writeSyntheticEsc10(path.join(dir, 'file', 'set'), options)).rejects.toMatchObject({ code: 'IO_FAILED' })
      expect(await readdir(dir)).toEqual(['file'])
      expect(await readFile(path.join(dir, 'file'), 'utf8')).toBe('')
    })
  })
})

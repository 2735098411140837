import path from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { withFolder } from '../test/folder.ts'
import { readDataset } from './read-dataset.ts'
import { officialFolds } from './split.ts'

const HEADER = 'filename,fold,target,category,esc10,src_file,take'
const esc50 = (rows: readonly string[], header = HEADER) => ({ 'meta/esc50.csv': [header, ...rows, ''].join('\n'), 'audio/b.wav': '', 'audio/a.ogg': '', 'audio/c.wav': '' })
const ROWS = ['b.wav,1,0,dog,True,100,A', 'a.ogg,2,1,rooster,True,101,A', 'c.wav,3,14,cat,False,102,A']
const refuses = (files: Readonly<Record<string, string>>, code: string, message: string | RegExp, options = {}, sub = '') =>
  withFolder(files, (dir) => expect(readDataset(path.join(dir, sub), options)).rejects.toMatchObject({ code, message: expect.stringMatching(message) }))

describe('readDataset', () => {
  it('reads the ESC-10 rows of an ESC-50 folder, clips sorted by id, classes by name', async () => {
    await withFolder(esc50(ROWS), async (dir) => {
      expect(await readDataset(dir)).toEqual({
        name: 'ESC-10',
        synthetic: false,
        classes: ['dog', 'rooster'],
        clips: [
          { id: 'a.ogg', label: 'rooster', source: '101', fold: 2, path: path.join(dir, 'audio', 'a.ogg') },
          { id: 'b.wav', label: 'dog', source: '100', fold: 1, path: path.join(dir, 'audio', 'b.wav') },
        ],
        licence: expect.stringMatching(/^CC BY 3\.0/),
        citation: expect.stringContaining('Piczak'),
      })
    })
  })

  it('reads any classes of ESC-50 that are asked for', async () => {
    await withFolder(esc50(ROWS), async (dir) => {
      expect(await readDataset(dir, { classes: ['dog', 'cat'] })).toMatchObject({ name: 'ESC-50', licence: 'CC BY-NC 3.0', classes: ['dog', 'cat'], clips: [{ id: 'b.wav' }, { id: 'c.wav' }] })
    })
    await refuses(esc50(ROWS), 'UNKNOWN_CLASS', /no class 'unicorn'; known are cat, dog, rooster$/, { classes: ['dog', 'unicorn'] })
  })

  it('reads tables with a byte order mark, CRLF, quotes, blanks and semicolons', async () => {
    const labels = '\ufefffilename;label;source\r\n"a, b.wav"; dog ;r1\r\nsub/c.wav;cat;r1\r\n'
    await withFolder({ 'labels.csv': labels, 'a, b.wav': '', 'sub/c.wav': '' }, async (dir) => {
      const { clips, classes, name } = await readDataset(dir)
      expect({ clips, classes, name }).toEqual({
        name: path.basename(dir),
        classes: ['cat', 'dog'],
        clips: [
          { id: 'a, b.wav', label: 'dog', source: 'r1', fold: null, path: path.join(dir, 'a, b.wav') },
          { id: 'sub/c.wav', label: 'cat', source: 'r1', fold: null, path: path.join(dir, 'sub', 'c.wav') },
        ],
      })
    })
  })

  it('reads a csv file by its path; without a source every clip is a recording of its own', async () => {
    await withFolder({ 'x/mine.csv': 'label,filename,fold\ndog,a.wav,3\n', 'x/a.wav': '' }, async (dir) => {
      expect(await readDataset(path.join(dir, 'x/mine.csv'))).toMatchObject({ name: 'mine', clips: [{ id: 'a.wav', source: 'a.wav', fold: 3 }] })
    })
  })

  it('reads one folder per class', async () => {
    const files = { 'dog/1.wav': '', 'dog/2.OGG': '', 'dog/notes.txt': '', 'cat/1.wav': '', '.git/x.wav': '', 'empty/readme.md': '' }
    await withFolder(files, async (dir) => {
      const { clips, classes } = await readDataset(dir)
      expect(classes).toEqual(['cat', 'dog'])
      expect(clips.map(({ id, label, source, fold }) => [id, label, source, fold])).toEqual([
        ['cat/1.wav', 'cat', 'cat/1.wav', null],
        ['dog/1.wav', 'dog', 'dog/1.wav', null],
        ['dog/2.OGG', 'dog', 'dog/2.OGG', null],
      ])
    })
  })

  it('reads a folder of any recordings where it is told to', async () => {
    await withFolder({ 'noise/a.wav': '', 'noise/deep/b.flac': '', 'noise/.hidden.wav': '', 'noise/notes.txt': '', 'empty/notes.txt': '' }, async (dir) => {
      const { clips, classes } = await readDataset(path.join(dir, 'noise'), { unlabelled: true })
      expect(clips.map(({ id, label, path: file }) => [id, label, file])).toEqual([['a.wav', 'noise', path.join(dir, 'noise', 'a.wav')], ['deep/b.flac', 'noise', path.join(dir, 'noise', 'deep', 'b.flac')]])
      expect(classes).toEqual(['noise'])
      await expect(readDataset(path.join(dir, 'noise'))).rejects.toMatchObject({ code: 'DATASET_NOT_FOUND' })
      await expect(readDataset(path.join(dir, 'empty'), { unlabelled: true })).rejects.toMatchObject({ code: 'DATASET_NOT_FOUND' })
    })
  })

  it('says FILE_NOT_FOUND and DATASET_NOT_FOUND', async () => {
    await refuses({}, 'FILE_NOT_FOUND', /nowhere: no such file or folder$/, {}, 'nowhere')
    await refuses({ 'a.txt': '' }, 'DATASET_NOT_FOUND', /expected meta\/esc50\.csv/)
    await refuses({ 'audio/a.wav': '' }, 'DATASET_NOT_FOUND', /no dataset/)
    await refuses({ 'a.txt': '' }, 'DATASET_NOT_FOUND', /expected a folder or a \.csv$/, {}, 'a.txt')
  })

  it('names the columns that are missing and those found', async () => {
    await refuses(esc50(ROWS, 'filename,fold,target,class,esc10,source,take'), 'DATASET_INVALID', /esc50\.csv: no column category, src_file; found filename, fold, target, class, esc10, source, take$/)
    await refuses({ 'labels.csv': '' }, 'DATASET_INVALID', /labels\.csv: no column filename, label; found an empty file$/)
  })

  it.each([
    ['a missing file', 'd.wav,1,0,dog,True,100,A', /line 5: the audio file .*d\.wav does not exist$/],
    ['a path that leaves the folder', '../b.wav,1,0,dog,True,100,A', /line 5: the path '\.\.\/b\.wav' leaves the folder/],
    ['an absolute path', '/etc/passwd,1,0,dog,True,100,A', /line 5: the path '\/etc\/passwd' leaves the folder/],
    ['a clip listed twice', 'b.wav,1,0,dog,True,100,A', /line 5: 'b\.wav' is listed twice, first in line 2$/],
    ['a fold that is no number', 'c.wav,x,0,dog,True,100,A', /line 5: a fold is a whole number from 1, got 'x'$/],
    ['a label that is missing', 'c.wav,1,0,,True,100,A', /line 5: the column category is empty$/],
    ['an esc10 that is neither', 'c.wav,1,0,dog,maybe,100,A', /line 5: esc10 is True or False, got 'maybe'$/],
    ['a row of another length', 'c.wav,1,0', /line 5/],
  ])('refuses %s, with the line', async (_what, row, message) => {
    await refuses(esc50([...ROWS, row]), 'DATASET_INVALID', message)
  })

  it('refuses datasets without clips', async () => {
    await refuses(esc50([]), 'DATASET_INVALID', /holds no clips$/)
    await refuses({ 'labels.csv': 'filename,label\n' }, 'DATASET_INVALID', /holds no clips$/)
    await refuses(esc50([ROWS[2]!]), 'DATASET_INVALID', /no row has esc10 = True$/)
  })
})

const esc10Dir = process.env['AED_ESC10_DIR'] ?? ''
/** Skipped without the real dataset. */
const onEsc10 = esc10Dir ? describe : describe.skip

onEsc10('readDataset on ESC-10 (AED_ESC10_DIR)', () => {
  it('finds 400 clips of ten classes and 304 recordings, in five folds that leak none', async () => {
    const { name, classes, clips } = await readDataset(esc10Dir)
    expect({ name, classes: classes.length, clips: clips.length, recordings: new Set(clips.map(({ source }) => source)).size }).toEqual({ name: 'ESC-10', classes: 10, clips: 400, recordings: 304 })
    expect(officialFolds(clips).map(({ fold, train, test }) => [fold, train.length, test.length])).toEqual([1, 2, 3, 4, 5].map((fold) => [fold, 320, 80]))
  })
})

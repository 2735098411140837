import path from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { withFolder } from '../test/folder.ts'
import { classWeights } from './choose-classes.ts'
import { formatLabelsCsv, parseLabelsCsv } from './labels-csv.ts'
import { readDataset } from './read-dataset.ts'
import { parseFsd50kVocabulary } from './read-fsd50k.ts'

const refuses = (files: Readonly<Record<string, string>>, code: string, message: RegExp, options = {}) =>
  withFolder(files, (dir) => expect(readDataset(dir, options)).rejects.toMatchObject({ code, message: expect.stringMatching(message) }))

describe('UrbanSound8K', () => {
  const table = (...rows: string[]) => ({
    'metadata/UrbanSound8K.csv': ['slice_file_name,fsID,start,end,salience,fold,classID,class', ...rows, ''].join('\n'),
    'audio/fold5/100032-3-0-0.wav': '',
    'audio/fold10/1001-0-0-2.wav': '',
  })
  const rows = ['100032-3-0-0.wav,100032,0.0,0.317551,1,5,3,dog_bark', '1001-0-0-2.wav,1001,1,5,1,10,0,air_conditioner'] as const

  it('gives folds and the Freesound clip as the recording', async () => {
    await withFolder(table(...rows), async (dir) => {
      const { name, classes, clips } = await readDataset(dir)
      expect({ name, classes }).toEqual({ name: 'UrbanSound8K', classes: ['air_conditioner', 'dog_bark'] })
      expect(clips[0]).toEqual({ id: '100032-3-0-0.wav', label: 'dog_bark', source: '100032', fold: 5, path: path.join(dir, 'audio/fold5/100032-3-0-0.wav') })
    })
  })

  it('refuses a table that contradicts its file names or itself, with the line', async () => {
    await refuses(table(rows[0].replace(',100032,', ',7,')), 'DATASET_INVALID', /line 2: the file name '100032-3-0-0.wav' says recording 100032, class 3; the columns say 7, 3/)
    await refuses(table(rows[0], '1-3-0-0.wav,1,0,1,1,5,3,siren'), 'DATASET_INVALID', /line 3: class 3 is 'siren', but 'dog_bark' in line 2/)
  })
})

describe('FSD50K', () => {
  const files = (dev = '10,"Bark,Dog,Animal","/m/b,/m/d,/m/a",train\n11,Meow,/m/m,val', evaluation = '20,"Bark,Dog,Animal","/m/b,/m/d,/m/a"') => ({
    'FSD50K.ground_truth/vocabulary.csv': '0,Animal,/m/a\n1,Bark,/m/b\n2,Dog,/m/d\n3,Meow,/m/m\n',
    'FSD50K.ground_truth/dev.csv': `fname,labels,mids,split\n${dev}\n`,
    'FSD50K.ground_truth/eval.csv': `fname,labels,mids\n${evaluation}\n`,
    'FSD50K.dev_audio/10.wav': '',
    'FSD50K.dev_audio/11.wav': '',
    'FSD50K.eval_audio/20.wav': '',
  })

  it('gives all labels of a clip, the most specific first, and the subsets', async () => {
    await withFolder(files(), async (dir) => {
      const { classes, clips } = await readDataset(dir)
      expect(classes).toEqual(['Animal', 'Bark', 'Dog', 'Meow'])
      expect(clips.map(({ id, label, labels, subset }) => ({ id, label, labels, subset }))).toEqual([
        { id: '10.wav', label: 'Bark', labels: ['Bark', 'Dog', 'Animal'], subset: 'train' },
        { id: '11.wav', label: 'Meow', labels: undefined, subset: 'validation' },
        { id: '20.wav', label: 'Bark', labels: ['Bark', 'Dog', 'Animal'], subset: 'test' },
      ])
    })
  })

  it('keeps only chosen classes of a clip', async () => {
    await withFolder(files(), async (dir) => {
      const { classes, clips } = await readDataset(dir, { classes: ['Meow', 'Dog'] })
      expect(classes).toEqual(['Meow', 'Dog'])
      expect(clips.map(({ label, labels }) => [label, labels])).toEqual([['Dog', undefined], ['Meow', undefined], ['Dog', undefined]])
    })
  })

  it('refuses labels that disagree with their ids, unknown ones, and clips in dev and eval', async () => {
    await refuses(files('10,"Bark,Dog","/m/b,/m/a",train'), 'DATASET_INVALID', /dev.csv: line 2: labels and mids disagree: 'Dog' is \/m\/d, got \/m\/a/)
    await refuses(files('10,Cow,/m/c,train'), 'DATASET_INVALID', /line 2: the class 'Cow' is not in vocabulary.csv/)
    await refuses(files(undefined, '10,Meow,/m/m'), 'DATASET_INVALID', /'10.wav' stands in dev.csv \(line 2\) and in eval.csv \(line 2\)/)
    await refuses(files('10,Meow,/m/m,test'), 'DATASET_INVALID', /line 2: split is train or val, got 'test'/)
    expect(() => parseFsd50kVocabulary('0,a,/m/a\n2,b,/m/b\n')).toThrow(/line 2: expected index 1/)
  })
})

describe('parseLabelsCsv', () => {
  it('reads parts of files and several labels, and formatLabelsCsv writes them back', () => {
    const text = 'filename,label,start,end,fold,source\na.wav,dog|cat,0.5,2,1,r1\na.wav,cat,2,,2,r1\n'
    const clips = parseLabelsCsv(text)
    expect(clips).toEqual([
      { id: 'a.wav#0.5-2', file: 'a.wav', label: 'dog', labels: ['dog', 'cat'], segment: { start: 0.5, end: 2 }, source: 'r1', fold: 1, line: 2 },
      { id: 'a.wav#2-', file: 'a.wav', label: 'cat', segment: { start: 2, end: null }, source: 'r1', fold: 2, line: 3 },
    ])
    expect(formatLabelsCsv(clips, ({ file }) => file)).toBe(text)
  })

  it('takes parts of one file for one recording', () => {
    expect(parseLabelsCsv('filename,label,start,end\na.wav,x,0,1\na.wav,y,1,2\n').map(({ source }) => source)).toEqual(['a.wav', 'a.wav'])
  })

  it.each([
    ['a.wav,dog,2,1', /line 2: the clip ends at 1 s, not after its start at 2 s/],
    ['a.wav,dog,x,1', /line 2: start is a time in s, got 'x'/],
    ['a.wav,dog|,0,1', /line 2: the column label is empty/],
    ['a.wav,dog|dog,0,1', /line 2: a label stands twice in 'dog\|dog'/],
  ])('refuses %s', (row, message) => {
    expect(() => parseLabelsCsv(`filename,label,start,end\n${row}\n`)).toThrow(message)
  })
})

describe('chooseClasses', () => {
  const labels = ['filename,label', ...['dog', 'cat', 'cow', 'pig'].flatMap((label) => Array.from({ length: 6 }, (_, i) => `${label}${i}.wav,${label}`)), ''].join('\n')
  const files = { 'labels.csv': labels, ...Object.fromEntries(['dog', 'cat', 'cow', 'pig'].flatMap((label) => Array.from({ length: 6 }, (_, i) => [`${label}${i}.wav`, '']))) }

  it('draws a garbage class, capped per label, the same for the same seed and another for another', async () => {
    await withFolder(files, async (dir) => {
      const read = async (garbageClass: object) => (await readDataset(dir, { classes: ['dog', 'cat'], garbageClass })).clips.filter(({ label }) => label === 'other').map(({ id }) => id)
      const drawn = await read({ perLabel: 2 })
      expect(drawn.map((id) => id.slice(0, 3))).toEqual(['cow', 'cow', 'pig', 'pig'])
      expect(await read({ perLabel: 2 })).toEqual(drawn)
      expect(await read({ perLabel: 2, seed: 1 })).not.toEqual(drawn)
      expect(await read({})).toHaveLength(6) // the mean size of the chosen classes
      expect(await read({ perLabel: 100 })).toHaveLength(12) // without replacement
    })
  })

  it('refuses a name that is taken, no choice, and classes without clips', async () => {
    await refuses(files, 'INVALID_OPTION', /'pig' is a class of the dataset/, { classes: ['dog'], garbageClass: { name: 'pig' } })
    await refuses(files, 'INVALID_OPTION', /all classes are/, { garbageClass: {} })
    await refuses(files, 'INVALID_OPTION', /named twice/, { classes: ['dog', 'dog'] })
    await refuses(files, 'UNKNOWN_CLASS', /no class 'owl'; known are cat, cow, dog, pig/, { classes: ['owl'] })
  })
})

describe('classWeights', () => {
  const clip = (label: string) => ({ id: label, label, source: label, fold: null })

  it('are those of scikit-learn', () => {
    expect([...classWeights([clip('a'), clip('a'), clip('a'), clip('b')], ['a', 'b'])]).toEqual([4 / 6, 2])
  })

  it('refuse a class without clips', () => {
    expect(() => classWeights([clip('a')], ['a', 'b'])).toThrow(expect.objectContaining({ code: 'SPLIT_INVALID' }))
  })
})

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { ModelCard } from '@aed/core'
import { readDataset, writeSyntheticEsc10 } from '@aed/datasets'
import { readForModel, runEsc10, trainClassifier, trainedOn } from '../src/index.ts'

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'aed-classes-'))
  await writeSyntheticEsc10(path.join(dir, 'set'), { classes: ['dog', 'rain', 'rooster', 'chainsaw'], recordingsPerClass: 4, folds: 2, duration: 0.3 })
  // The same clips with folds dealt by clip, so that both clips of a recording stand on different sides.
  const { clips } = await readDataset(path.join(dir, 'set'))
  await writeFile(path.join(dir, 'set', 'leaky.csv'), ['filename,label,fold,source', ...clips.map(({ path: file, label, source }, i) => `audio/${path.basename(file)},${label},${1 + (i % 2)},${source}`)].join('\n'))
})
afterAll(() => rm(dir, { recursive: true }))

const train = (data: string, out: string, options: object) =>
  trainClassifier({ data: path.join(dir, data), out: path.join(dir, out), features: {}, options: { epochs: 2, jobs: 1, cache: path.join(dir, 'cache'), ...options } })

describe('trainClassifier', () => {
  it('takes chosen classes in their order and a garbage class, which evaluation and calibration then find again', async () => {
    const { card, leak } = await train('set', 'model', { classes: 'rooster, dog', garbageClass: 'other', fold: 2, seed: 3 })
    expect(card.classes).toEqual(['rooster', 'dog', 'other'])
    expect(card.provenance).toMatchObject({ classChoice: { classes: ['rooster', 'dog'], garbageClass: { name: 'other', perLabel: null, seed: 3 } } })
    expect(leak).toBeNull()
    const saved = JSON.parse(await readFile(path.join(dir, 'model', 'aed.json'), 'utf8')) as ModelCard
    const dataset = await readForModel(path.join(dir, 'set'), saved)
    expect(dataset.classes).toEqual(card.classes)
    expect(dataset.clips.filter(({ label }) => label === 'other')).toHaveLength(8) // the mean of two classes of 8, from two others
    expect(await readForModel(path.join(dir, 'set'), saved)).toEqual(dataset)
    const fold = (n: number) => [...dataset.clips.keys()].filter((i) => dataset.clips[i]!.fold === n)
    expect(trainedOn(saved, dataset, fold(2))).toBeNull()
    expect(trainedOn(saved, dataset, fold(1))).toEqual({ clips: fold(1).length, of: fold(1).length })
  })

  it('refuses classes that are not there, and a garbage class of nothing', async () => {
    await expect(train('set', 'none', { classes: 'dog,cat' })).rejects.toMatchObject({ code: 'UNKNOWN_CLASS', message: expect.stringContaining("'cat'") })
    await expect(train('set', 'none', { garbageClass: 'other' })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    const { card } = await train('set', 'two', { classes: 'dog,rain' })
    await expect(readForModel(path.join(dir, 'set'), card)).rejects.toMatchObject({ code: 'UNKNOWN_CLASS' })
  })

  it('refuses a fold that leaks recordings, or marks what comes of it, in the model too', async () => {
    await expect(train('set/leaky.csv', 'leaky', { fold: 2 })).rejects.toMatchObject({ code: 'SPLIT_INVALID', message: expect.stringContaining('16 of 16 held-out clips') })
    const { card, leak } = await train('set/leaky.csv', 'leaky', { fold: 2, allowLeaks: true })
    expect(leak).toEqual({ clips: 16, of: 16 })
    expect(card.provenance['leaky']).toEqual(leak)
    const dataset = await readDataset(path.join(dir, 'set', 'leaky.csv'))
    expect(trainedOn(card, dataset, [...dataset.clips.keys()].filter((i) => dataset.clips[i]!.fold === 2))).toEqual(leak)
  })
})

describe('runEsc10', () => {
  it('refuses folds that leak, or says so in the report', async () => {
    const options = { data: path.join(dir, 'set', 'leaky.csv'), out: path.join(dir, 'out'), cache: path.join(dir, 'cache'), epochs: 1, jobs: 1, folds: '1' }
    await expect(runEsc10(options)).rejects.toMatchObject({ code: 'SPLIT_INVALID' })
    const report = await runEsc10({ ...options, allowLeaks: true })
    expect(report.data.leaky).toEqual({ clips: 16, of: 16 })
    expect(report.notes[0]).toMatch(/^LEAKY: .*16 of 16 clips/)
  })
})

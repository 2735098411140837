import { mkdtemp, rm, truncate } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { featureConfig } from '@aed/core'
import { readDataset, writeSyntheticEsc10, type Dataset } from '@aed/datasets'
import { loadPatches, trainClassifier, withRunContext } from '../src/index.ts'
import { describeWithDir } from './needs.ts'

let dir = ''
let dataset: Dataset
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'aed-skip-'))
  await writeSyntheticEsc10(path.join(dir, 'set'), { classes: ['dog', 'rain'], clips: 8, duration: 0.5 })
  dataset = await readDataset(path.join(dir, 'set'))
  await truncate(dataset.clips[2]!.path, 30)
})
afterAll(() => rm(dir, { recursive: true }))

const load = (skipBad: boolean) => withRunContext({ cache: path.join(dir, 'cache'), jobs: 1 }, (context) => loadPatches(dataset, featureConfig(), context, () => undefined, { skipBad }))

describe('loadPatches', () => {
  it('refuses a broken clip, with its name', async () => {
    await expect(load(false)).rejects.toMatchObject({ message: expect.stringContaining(dataset.clips[2]!.id) })
  })

  it('leaves it out when told to, names it, and keeps patches and clips together', async () => {
    const set = await load(true)
    expect(set.skipped).toEqual([{ id: dataset.clips[2]!.id, message: expect.stringContaining(dataset.clips[2]!.id) }])
    expect(set.clips).toEqual(dataset.clips.filter((_, i) => i !== 2))
    expect(new Set(set.clipOfPatch)).toEqual(new Set(set.clips.keys()))
  })
})

describeWithDir('AED_BACKBONES', 'trainClassifier with a clip head', (backbone) => {
  it('leaves broken clips out too, and names them in the card', async () => {
    const options = { head: 'clip', blocks: 'post_relu', backbone, jobs: 1, cache: path.join(dir, 'cache') }
    const train = (skipBad: boolean) => trainClassifier({ data: path.join(dir, 'set'), out: path.join(dir, 'model'), features: {}, options: { ...options, skipBad } })
    await expect(train(false)).rejects.toMatchObject({ message: expect.stringContaining(dataset.clips[2]!.id) })
    const { card } = await train(true)
    expect(card.head.kind).toBe('clip')
    expect(card.provenance).toMatchObject({ skippedClips: [dataset.clips[2]!.id], clips: { train: 7 } })
  }, 60_000)
})

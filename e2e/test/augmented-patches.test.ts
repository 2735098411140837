import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { featureConfig } from '@aed/core'
import { readDataset, writeSyntheticEsc10, type Dataset } from '@aed/datasets'
import { augmentedPatches, loadPatches, withRunContext, type AugmentationRecipe, type AugmentedCopy, type AugmentedPatchesOptions } from '../src/index.ts'

const RECIPE: AugmentationRecipe = {
  waveform: { seed: 5, steps: [{ step: 'speed' }, { step: 'noise', color: 'pink' }, { step: 'betweenClass', probability: 0.5 }, { step: 'background', probability: 0.5 }] },
  features: { seed: 6, steps: [{ name: 'melShift' }, { name: 'timeMask' }, { name: 'mix', probability: 0.5 }] },
}
const config = featureConfig()
let dir = ''
let dataset: Dataset
beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'aed-augmented-'))
  await writeSyntheticEsc10(path.join(dir, 'data'), { recordingsPerClass: 2, folds: 2, classes: ['dog', 'rain', 'rooster'], duration: 2.2 })
  dataset = await readDataset(path.join(dir, 'data'))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const collect = (cache: string, jobs: number, options: Partial<AugmentedPatchesOptions> = {}, clips = dataset.clips) =>
  withRunContext({ cache: path.join(dir, cache), jobs }, async (context) => {
    const copies: AugmentedCopy[] = []
    for await (const copy of augmentedPatches(clips, config, { recipe: RECIPE, copies: 2, backgrounds: dataset.clips.slice(0, 2), ...options }, context)) copies.push(copy)
    return copies
  })

describe('augmentedPatches', () => {
  it('gives the same bytes for one worker and two, made or from the cache, copy after copy', async () => {
    const one = await collect('one', 1)
    expect(await collect('two', 2, { ahead: 7 })).toEqual(one)
    expect(await collect('one', 2)).toEqual(one)
    expect(one.map(({ copy, clip }) => [copy, clip])).toEqual([0, 1].flatMap((copy) => [...dataset.clips.keys()].map((clip) => [copy, clip])))
    for (const { patches, shares, clip, partner } of one) {
      expect(patches.shape.slice(1)).toEqual([64, 50])
      expect(shares).toHaveLength(patches.shape[0]!)
      expect(shares.every((share) => share > 0 && share <= 1)).toBe(true)
      expect(dataset.clips[partner!]!.label).not.toBe(dataset.clips[clip]!.label)
    }
    expect(one.some(({ shares }) => shares[0]! < 1)).toBe(true)
    expect(new Set(one.map(({ patches }) => patches.data.slice(0, 500).join())).size).toBe(one.length)
  })

  it('gives a clip the same copies whatever stands beside it, and others for another seed', async () => {
    const plain: AugmentationRecipe = { waveform: { seed: 5, steps: [{ step: 'speed' }] } }
    const all = await collect('one', 2, { recipe: plain })
    const few = await collect('few', 2, { recipe: plain }, dataset.clips.slice(3, 5))
    expect(few.map(({ patches }) => patches)).toEqual(all.filter(({ clip }) => clip === 3 || clip === 4).map(({ patches }) => patches))
    const other = await collect('one', 2, { recipe: { waveform: { seed: 6, steps: [{ step: 'speed' }] } } })
    expect(other.map(({ patches }) => patches)).not.toEqual(all.map(({ patches }) => patches))
  })

  it('gives the features of the clip itself for an empty recipe', async () => {
    const [first] = await collect('one', 1, { recipe: {}, copies: 1, backgrounds: [] }, dataset.clips.slice(0, 1))
    const set = await withRunContext({ cache: path.join(dir, 'one'), jobs: 1 }, (context) => loadPatches({ ...dataset, clips: dataset.clips.slice(0, 1) }, config, context, () => undefined))
    expect(first!.patches.data).toEqual(set.patches.data)
    expect(first!.partner).toBeNull()
  })

  it('refuses unknown steps, 0 copies, and to mix within one class', async () => {
    await expect(collect('bad', 1, { recipe: { waveform: { steps: [{ step: 'reverb' } as never] } } })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    await expect(collect('bad', 1, { copies: 0 })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    await expect(collect('bad', 1, {}, dataset.clips.slice(0, 2))).rejects.toMatchObject({ code: 'DATASET_INVALID', message: expect.stringContaining('another class') })
  })
})

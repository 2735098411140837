import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { countMacs, type Tensor } from '@aed/core'
import { createFloatExecutor } from '@aed/quantize-int8'
import { countParameters, readKerasH5 } from '../src/index.ts'
import { embedGraph, predict } from '../src/train.ts'
import { distance, first, npy } from './support.ts'

const { AED_GOLDENS: goldens = '', AED_BACKBONES: backbones = '' } = process.env
const withBackbones = goldens && backbones ? describe : describe.skip
const withGoldens = goldens ? describe : describe.skip

const read = (...parts: string[]) => readKerasH5(readFileSync(path.join(...parts)), parts.at(-1)!)

withBackbones('the published backbones (skipped without AED_BACKBONES and AED_GOLDENS)', () => {
  it.each([
    ['miniresnetv2_1_stacks_backbone', 1, 'none', 3584, 90560, 14796800],
    ['miniresnetv2_2_stacks_backbone', 2, 'none', 2048, 420416, undefined],
    ['pooled_miniresnetv2_1_stacks_backbone', 1, 'avg', 64, 90688, undefined],
    ['pooled_miniresnetv2_2_stacks_backbone', 2, 'avg', 128, 420800, undefined],
  ] as const)('%s gives the embeddings of Keras within 1e-5 on wasm, cpu and the graph executor', async (file, stacks, pooling, features, parameters, macs) => {
    const model = read(backbones, `${file}.h5`)
    expect(model.architecture).toEqual({ kind: 'miniresnetv2', stacks, pooling, classes: null, multiLabel: false, inputShape: [64, 50, 1], features, parameters })
    expect(countParameters(model.graph)).toBe(parameters)
    if (macs !== undefined) expect(Object.values(countMacs(model.graph)).reduce((sum, count) => sum + count)).toBe(macs)

    const patches = npy(goldens, 'models/inputs.npy')
    const expected = npy(goldens, `models/${file}_emb.npy`)
    const check = (found: Tensor, n: number) => {
      expect(found.shape).toEqual([n, features])
      expect(distance(found.data as Float32Array, first(expected, n).data)).toBeLessThan(1e-5)
    }
    check(await predict(model, patches), 8)
    check(await embedGraph(model.graph, patches), 8)
    check(await predict(model, first(patches, 2), { backend: 'cpu' }), 2)
    check(createFloatExecutor(model.graph).run(first(patches, 2)), 2)
  })
})

withGoldens('the float models of the int8 goldens (skipped without AED_GOLDENS)', () => {
  it.each([1, 2])('%i stacks with head gives the probabilities of Keras within 1e-5', async (stacks) => {
    const model = read(goldens, `int8/s${stacks}_float.h5`)
    expect(model.architecture).toMatchObject({ kind: 'miniresnetv2', stacks, classes: 10, parameters: stacks === 1 ? 126410 : 440906 })
    const patches = npy(goldens, 'int8/inputs_f32.npy.gz')
    const expected = npy(goldens, `int8/s${stacks}_keras_prob.npy`)
    expect(distance((await predict(model, patches)).data, expected.data)).toBeLessThan(1e-5)
  })
})

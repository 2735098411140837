import { describe, expect, it } from '@jest/globals'
import { createRandom, encodeFloat32, featureConfig, GraphBuilder, tensor, tensorOf, type ClipBlock, type Graph, type StatisticsHead, type Tensor } from '@aed/core'
import { bandEnvelopes, envelopeLevels, logMelLevels, logMelModulation, logMelMoments, logMelSpectrogram } from '@aed/dsp-mel'
import { createFloatExecutor, quantize } from '@aed/quantize-int8'
import { createClipScorer } from './classifier/clip-scorer.ts'
import { createTapRun } from './classifier/patch-scorer.ts'
import { clipViews, createClipStatistics, createHeadScorer, patchViews } from './clip-statistics.ts'
import { tapGraph } from './tap-graph.ts'

const random = createRandom('clip statistics')
const g = new GraphBuilder('tiny')
const weights = g.constant('w', 'float32', [6, 5, 5, 1], Float32Array.from({ length: 150 }, () => random.normal() * 0.02))
const conv = g.conv2d('conv', g.input('x', [1, 64, 50, 1]), weights, undefined, { strides: [8, 7], padding: 'same' })
const whole = g.build([g.flatten('flat', g.relu('tap', conv))])
const graph = tapGraph(whole, ['tap'])

const features = featureConfig()
const clip = { samples: Float32Array.from({ length: 30000 }, (_, i) => random.normal() * (i % 5000 < 900 ? 0.5 : 0.01)), sampleRate: 16000 }
const blocks: ClipBlock[] = [
  { kind: 'tap', name: 'final', tensor: 'tap', rowPool: 2, statistics: ['mean', 'max'], epsilon: 1e-4, sqrt: true },
  { kind: 'logMelMoments', name: 'mel', statistics: ['mean', 'std', 'max', 'delta'] },
  { kind: 'logMelModulation', name: 'modst' },
  { kind: 'bandEnvelopes', name: 'env4' },
  { kind: 'logMelLevels', name: 'levels' },
  { kind: 'envelopeLevels', name: 'envelopes' },
]
const patches = (n: number): Tensor<'float32'> => tensor('float32', [n, 64, 50, 1], Float32Array.from({ length: n * 3200 }, () => -40 + 12 * random.normal()))
const int8: Graph = quantize({ graph, calibration: patches(16) }, {}).graph

describe('clipViews', () => {
  it('cuts patches by the step of the head, every step up to the length of a patch', () => {
    const { logMel, patches: cut } = clipViews(clip, features, 25)
    expect([logMel!.shape[1], cut.shape[0]]).toEqual([94, 2]) // frames 0–49 and 25–74
    expect(cut.data[3200]).toBe(logMel!.data[25])
    for (let step = 1; step <= 50; step++) expect(clipViews(clip, features, step).patches.shape[0]).toBe(1 + Math.floor(44 / step))
    expect(() => clipViews(clip, features, 51)).toThrow(expect.objectContaining({ code: 'MODEL_MISMATCH' }))
  })

  it('of one patch hold its frames and samples', () => {
    const views = clipViews(clip, features, 25)
    const one = patchViews(views, 1, features, 25)
    expect(one.patches.data).toEqual(views.patches.data.slice(3200))
    expect(one.logMel!.shape).toEqual([64, 50])
    expect(one.clip.samples).toEqual(clip.samples.subarray(8000, 24000))
  })
})

describe('createClipStatistics', () => {
  it('gives the statistics of every block in its place', async () => {
    const views = clipViews(clip, features, 25)
    const taps = (await createTapRun(graph))(views.patches)
    const { blocks: placed, of } = createClipStatistics(blocks, graph, features)
    const values = of(views, taps)
    const part = (i: number) => values.subarray(placed[i]!.offset, placed[i]!.offset + placed[i]!.length)
    const logMel = logMelSpectrogram(clip, features.mel)
    expect([...part(1)]).toEqual([...logMelMoments(logMel)])
    expect([...part(2)]).toEqual([...logMelModulation(logMel)])
    expect([...part(3)]).toEqual([...bandEnvelopes(clip)])
    expect([...part(4)]).toEqual([...logMelLevels(logMel)])
    expect([...part(5)]).toEqual([...envelopeLevels({ ...clip, samples: clip.samples.subarray(0, 93 * 320) })]) // to the centre of the last of 94 frames
    const maps = createFloatExecutor(graph).run(tensor('float32', [2, 64, 50, 1], views.patches.data)) // [2, 8, 8, 6]
    let [sum, max] = [0, 0]
    for (let patch = 0; patch < 2; patch++)
      for (let column = 0; column < 8; column++) {
        const at = (row: number) => maps.data[((patch * 8 + row) * 8 + column) * 6 + 3]!
        const x = (at(4) + at(5)) / 2
        sum += x
        max = Math.max(max, x)
      }
    expect(part(0)[2 * 6 + 3]).toBeCloseTo(Math.sqrt(sum / 16), 5)
    expect(part(0)[24 + 2 * 6 + 3]).toBeCloseTo(Math.sqrt(max), 5)
  })

  it('of an int8 network are near those of the float one, from whole numbers', async () => {
    const views = clipViews(clip, features, 25)
    const of = async (some: Graph) => createClipStatistics(blocks.slice(0, 2), some, features).of(views, (await createTapRun(some))(views.patches))
    const [float, integer] = [await of(graph), await of(int8)]
    const step = tensorOf(int8, 'tap').quantization!.scales[0]!
    const worst = (from: number, to: number, square: boolean) => float.subarray(from, to).reduce((most, x, i) => Math.max(most, Math.abs(square ? x * x - integer[from + i]! ** 2 : x - integer[from + i]!)), 0)
    expect(worst(0, 48, true)).toBeLessThan(4 * step)
    expect(worst(48, 304, false)).toBeLessThan(0.5) // dB
  })

  it('refuses a clip without a patch and a tap that is not there', async () => {
    const short = clipViews({ samples: clip.samples.subarray(0, 5000), sampleRate: 16000 }, features, 25)
    expect(() => createClipStatistics(blocks.slice(0, 1), graph, features).of(short, [tensor('float32', [0, 8, 8, 6], new Float32Array(0))])).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
    expect(() => createClipStatistics(blocks.slice(1, 2), graph, features).of(short, [])).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
    expect(() => tapGraph(whole, ['relu_9'])).toThrow("graph 'tiny' has no tensor 'relu_9' to tap")
    await expect(createTapRun(graph)).resolves.toBeDefined()
  })
})

describe('a model with a clip head', () => {
  it('scores clips by its statistics, in AudioClassifier too, and knows clips that are too short', async () => {
    const head: StatisticsHead = {
      kind: 'clip',
      patchStep: 25,
      blocks: blocks.slice(0, 1),
      activation: 'softmax',
      mean: encodeFloat32(new Float32Array(48)),
      scale: encodeFloat32(new Float32Array(48).fill(1)),
      weights: encodeFloat32(Float32Array.from({ length: 96 }, () => random.normal())),
      bias: encodeFloat32(Float32Array.of(0.1, -0.1)),
    }
    const card = { schema: 'aed-model/1' as const, name: 'tiny', classes: ['a', 'b'], features, head, provenance: {}, licence: 'none' }
    for (const some of [graph, int8]) {
      const views = clipViews(clip, features, 25)
      const expected = createHeadScorer(some, card).scores(views, (await createTapRun(some))(views.patches))
      expect(expected[0]! + expected[1]!).toBeCloseTo(1, 6)
      const score = await createClipScorer({ graph: some, card })
      expect(score(clip).clip).toEqual(expected)
      expect(score({ samples: clip.samples.subarray(0, 5000), sampleRate: 16000 }).clip).toBeNull()
    }
    expect(() => createHeadScorer(graph, { ...card, features: null })).toThrow(expect.objectContaining({ code: 'MODEL_MISMATCH' }))
  })
})

import { describe, expect, it } from '@jest/globals'
import { parseModelCard } from './artifact.ts'
import { clipHeadScores, linearHead, placeBlocks, type ClipBlock, type StatisticsHead } from './clip-head.ts'
import { expF32 } from './exp-f32.ts'
import { featureConfig } from './feature-config.ts'
import { decodeFloat32, encodeFloat32 } from './float32-text.ts'
import { GraphBuilder } from './graph-builder.ts'
import { exp } from './math.ts'

const builder = new GraphBuilder('tiny')
const input = builder.input('x', [1, 4, 6, 2])
const graph = builder.build([builder.relu('tap', input)])

const blocks: ClipBlock[] = [
  { kind: 'tap', name: 'final', tensor: 'tap', rowPool: 2, statistics: ['mean', 'std', 'max'], epsilon: 1e-4, sqrt: true },
  { kind: 'logMelMoments', name: 'mel', statistics: ['mean', 'delta'] },
  { kind: 'logMelModulation', name: 'modst' },
  { kind: 'bandEnvelopes', name: 'env4' },
  { kind: 'logMelLevels', name: 'levels' },
  { kind: 'envelopeLevels', name: 'envelopes' },
]
const features = 12 + 128 + 72 + 124 + 72 + 72
const head: StatisticsHead = {
  kind: 'clip',
  patchStep: 25,
  blocks,
  activation: 'softmax',
  mean: encodeFloat32(new Float32Array(features).fill(0.5)),
  scale: encodeFloat32(new Float32Array(features).fill(2)),
  weights: encodeFloat32(Float32Array.from({ length: 2 * features }, (_, i) => (i === 0 ? 1 : i === features + 1 ? 0.25 : 0))),
  bias: encodeFloat32(Float32Array.of(0, 1)),
}

describe('clip head', () => {
  it('travels in a model card unchanged', () => {
    const card = { schema: 'aed-model/1', name: 'a', classes: ['a', 'b'], features: featureConfig(), head, provenance: {}, licence: 'none' }
    expect(parseModelCard(JSON.parse(JSON.stringify(card)), 'aed.json').head).toEqual(head)
    const wrong = { ...card, head: { ...head, blocks: [{ ...blocks[0], statistics: ['median'] }] } }
    expect(() => parseModelCard(wrong, 'aed.json')).toThrow('aed.json: head.blocks.0.statistics.0 takes "mean" or "std" or "max", got "median"')
  })

  it('places its blocks one after another', () => {
    expect(placeBlocks(blocks, graph, featureConfig()).map(({ offset, length }) => [offset, length])).toEqual([[0, 12], [12, 128], [140, 72], [212, 124], [336, 72], [408, 72]]) // prettier-ignore
  })

  for (const [what, block, config, message] of [
    ['a tap that does not exist', { ...blocks[0], tensor: 'relu_7' }, {}, "clip head, block 'final': graph 'tiny' has no output 'relu_7', only tap"],
    ['rows that do not pool', { ...blocks[0], rowPool: 3 }, {}, "clip head, block 'final': tensor 'tap' takes shape [1, rows, columns, channels] with rows a multiple of 3"],
    ['moments of patches with references of their own', blocks[1], { mel: { dbRef: 'patch' } }, "clip head, block 'mel': takes a dbRef that all frames of a clip share, got patch"],
    ['another number of bands', blocks[2], { mel: { nMels: 40 } }, "clip head, block 'modst': takes a multiple of 16 mel bands and a dbRef that all frames share, got 40 and clip"],
    ['levels of another number of bands', blocks[4], { mel: { nMels: 20 } }, "clip head, block 'levels': takes a multiple of 8 mel bands and a dbRef that all frames share, got 20 and clip"],
    ['envelopes at another rate', blocks[5], { audio: { sampleRate: 8000 } }, "clip head, block 'envelopes': takes 16000 Hz, got 8000 Hz"],
    ['another rate', blocks[3], { audio: { sampleRate: 8000 } }, "clip head, block 'env4': takes 16000 Hz, got 8000 Hz"],
  ] as const)
    it(`refuses ${what}`, () => {
      expect(() => placeBlocks([block as ClipBlock], graph, featureConfig(config))).toThrow(expect.objectContaining({ code: 'MODEL_MISMATCH', message }))
    })

  it('scores in float32: standardised statistics, one linear layer, softmax', () => {
    const linear = linearHead(head, placeBlocks(blocks, graph, featureConfig()), 2)
    const statistics = new Float32Array(features)
    statistics[0] = 1.25
    statistics[1] = 4.5
    // z₀ = 1.5, z₁ = 8: logits 1.5 and 1 + 2
    const scores = clipHeadScores(linear, statistics)
    expect(scores[0]).toBeCloseTo(1 / (1 + exp(1.5)), 6)
    expect(scores[0]! + scores[1]!).toBeCloseTo(1, 6)
    const logistic = clipHeadScores({ ...linear, activation: 'logistic' }, statistics)
    expect([...logistic]).toEqual([expect.closeTo(1 / (1 + exp(-1.5)), 6), expect.closeTo(1 / (1 + exp(-3)), 6)])
    expect(() => clipHeadScores(linear, new Float32Array(3))).toThrow(expect.objectContaining({ code: 'MODEL_MISMATCH' }))
  })

  it('fades the scores of a clip that lies far from all that was learned, in their order', () => {
    const placed = placeBlocks(blocks, graph, featureConfig())
    const statistics = new Float32Array(features).fill(0.5) // z = 0
    const scored = (length: number, reach?: StatisticsHead['reach']) => {
      const some = Float32Array.from(statistics)
      some[0] = 0.5 + length / 2 // z₀ = length
      return clipHeadScores(linearHead({ ...head, ...(reach && { reach }) }, placed, 2), some)
    }
    const reach = { near: 4, far: 20 }
    expect(scored(2, reach)).toEqual(scored(2)) // d = 4
    const logit = ([a = 0, b = 0]: Float32Array) => Math.log(a / b)
    expect(logit(scored(4, reach))).toBeCloseTo(0.25 * logit(scored(4)), 5) // d = 16
    expect(logit(scored(40, reach))).toBeCloseTo(0.02 * logit(scored(40)), 5)
    for (const [activation, own] of [['logistic', reach], ['softmax', { near: 2, far: 2 }]] as const) // prettier-ignore
      expect(() => linearHead({ ...head, activation, reach: own }, placed, 2)).toThrow(expect.objectContaining({ code: 'MODEL_INVALID' }))
  })

  it('refuses numbers of another count, and such as are not finite', () => {
    const placed = placeBlocks(blocks, graph, featureConfig())
    expect(() => linearHead(head, placed, 3)).toThrow(expect.objectContaining({ code: 'MODEL_INVALID', message: `clip head: weights: expected ${3 * features} float32 values in ${12 * features} bytes, got ${8 * features} bytes` }))
    expect(() => linearHead({ ...head, bias: encodeFloat32(Float32Array.of(0, NaN)) }, placed, 2)).toThrow('clip head: bias: value 1 is NaN')
    expect(() => decodeFloat32('*', 1, 'weights')).toThrow('weights is not base64')
  })
})

describe('encodeFloat32', () => {
  it('keeps every bit', () => {
    const values = Float32Array.from({ length: 5000 }, (_, i) => Math.fround(exp(i / 100 - 30)) * (i % 2 ? 1 : -1))
    expect(decodeFloat32(encodeFloat32(values), values.length, 'x')).toEqual(values)
    expect(encodeFloat32(Float32Array.of(1, -0.5))).toBe('AACAPwAAAL8=')
  })
})

describe('expF32', () => {
  it('is within 2 units in the last place on [-87, 0], and 0 below', () => {
    let worst = 0
    for (let i = 0; i <= 87000; i++) {
      const x = Math.fround(-i / 1000)
      const exact = exp(x)
      const unit = 2 ** (Math.floor(-i / 1000 / Math.LN2) - 23)
      worst = Math.max(worst, Math.abs(expF32(x) - exact) / unit)
    }
    expect(worst).toBeLessThan(2)
    expect([expF32(0), expF32(-88), expF32(-Infinity)]).toEqual([1, 0, 0])
  })
})

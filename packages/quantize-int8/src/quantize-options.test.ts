import { GraphBuilder, tensor, type Graph } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { patches, smallNetwork } from '../test/networks.ts'
import { CALIBRATION_METHODS } from './choose-range.ts'
import { fakePatches } from './fake-patches.ts'
import { createFloatExecutor } from './float-executor.ts'
import { optimizeGraph } from './passes/optimize-graph.ts'
import { quantize } from './quantize.ts'
import { createReferenceEngine } from './reference-engine.ts'

const float = smallNetwork()
const calibration = patches(30, 24, 20, 3)
const plain = quantize({ graph: float, calibration })

describe('calibrationMethod', () => {
  it.each(CALIBRATION_METHODS)('%s keeps every layer of a tame network above 12 dB, and says so', (calibrationMethod) => {
    const { report } = quantize({ graph: float, calibration }, { calibrationMethod })
    expect(report.method).toBe(calibrationMethod)
    for (const { name, sqnrDb } of report.layers) expect([name, (sqnrDb ?? 99) > 12]).toEqual([name, true])
  })

  it('percentile cuts off what is outside, and the report tells how much', () => {
    const { report } = quantize({ graph: float, calibration }, { calibrationMethod: 'percentile', percentile: 90 })
    const stem = report.layers.find(({ name }) => name === 'stem')!
    expect(stem.saturation).toBeGreaterThan(0.02)
    expect(stem.saturation).toBeLessThan(0.12)
    expect(plain.report.layers.filter(({ op, saturation }) => op !== 'softmax' && saturation > 0)).toEqual([])
    const { min, max, observedMin, observedMax } = report.tensors.find(({ name }) => name === 'stem')!
    expect([min > observedMin, max < observedMax]).toEqual([true, true])
  })
})

describe('weightScales', () => {
  it('perTensor gives every layer one scale, and more error', () => {
    const { graph, report } = quantize({ graph: float, calibration }, { weightScales: 'perTensor' })
    for (const name of ['stem/w', 's0b0/conv2/w']) expect(graph.tensors[name]!.quantization!.scales).toHaveLength(1)
    const noise = ({ layers }: typeof report) => layers.find(({ name }) => name === 'logits')!.sqnrDb!
    expect(noise(report)).toBeLessThan(noise(plain.report))
  })
})

describe('biasCorrection', () => {
  it("takes the mean error of a layer's outputs away", () => {
    // Weights that int8 rounds all in one direction, on inputs that are all positive.
    const g = new GraphBuilder('biased')
    const weights = Float32Array.from({ length: 4 * 64 }, (_, i) => (i % 64 === 0 ? 127 : 0.45))
    const y = g.dense('y', g.input('x', [1, 64]), g.constant('w', 'float32', [4, 64], weights), undefined)
    const graph = g.build([y])
    const input = tensor('float32', [20, 64], Float32Array.from({ length: 1280 }, (_, i) => 1 + ((i * 7919) % 101) / 100))
    const meanError = (biasCorrection: boolean) => {
      const int8 = quantize({ graph, calibration: input }, { biasCorrection, inputType: 'float32', outputType: 'float32' }).graph
      const [a, b] = [createFloatExecutor(graph).run(input).data, createReferenceEngine(int8).run(input).data as Float32Array]
      return a.reduce((sum, value, i) => sum + value - b[i]!, 0) / a.length
    }
    expect(meanError(false)).toBeGreaterThan(20)
    expect(Math.abs(meanError(true))).toBeLessThan(1)
  })

  it('corrects convolutions too', () => {
    const { graph } = quantize({ graph: float, calibration }, { biasCorrection: true })
    for (const node of graph.nodes.filter(({ op }) => op === 'conv2d')) {
      const [before, after] = [plain.graph, graph].map(({ tensors }) => tensors[node.inputs[2]!]!.data as Int32Array) as [Int32Array, Int32Array]
      expect([node.name, before.some((value, i) => value !== after[i])]).toEqual([node.name, true])
      // A correction, not another bias: below what one step of every weight could make.
      const { shape } = graph.tensors[node.inputs[1]!]!
      expect(Math.max(...before.map((value, i) => Math.abs(value - after[i]!)))).toBeLessThan((shape[1]! * shape[2]! * shape[3]! * 256) / 2)
    }
  })
})

describe('the report', () => {
  it('shows with how many patches the result is as good as with all', () => {
    const { learningCurve, enoughPatches, calibrationPatches } = plain.report
    expect(learningCurve.map((point) => point.patches)).toEqual([1, 2, 5, 10, 20, 30])
    expect(calibrationPatches).toBe(30)
    expect(learningCurve.at(-1)!.sqnrDb).toBeCloseTo(plain.report.layers.find(({ name }) => name === plain.report.result)!.sqnrDb!, 9)
    if (enoughPatches !== null) {
      const end = learningCurve.at(-1)!.sqnrDb!
      for (const { patches: count, sqnrDb } of learningCurve) if (count >= enoughPatches) expect(Math.abs(sqnrDb! - end)).toBeLessThanOrEqual(0.5)
    }
  })

  it('measures the result before softmax, and names the layers that cost it most on their own', () => {
    const { result, layers, costliest } = plain.report
    expect(result).toBe('logits')
    const alone = layers.filter(({ aloneDb }) => aloneDb !== null)
    expect(alone.map(({ op }) => op).filter((op) => op === 'pad' || op === 'maxPool2d' || op === 'reshape')).toEqual([])
    expect(costliest[0]).toBe(alone.reduce((a, b) => (a.aloneDb! <= b.aloneDb! ? a : b)).name)
    expect(costliest).toHaveLength(5)
    // One layer alone costs less than all together.
    for (const { name, aloneDb } of alone) expect([name, aloneDb! > layers.find((layer) => layer.name === 'logits')!.sqnrDb! - 1]).toEqual([name, true])
  })

  it('blames the layer whose range one channel spoils for all others', () => {
    // That channel is cut off by the batch norm behind it, so that the float network hardly sees it.
    const first = (name: string, value: number) => ({ ...float.tensors[name]!, data: (float.tensors[name]!.data as Float32Array).map((old, i) => (i === 0 ? value : old)) })
    const spoiled: Graph = { ...float, tensors: { ...float.tensors, 'stem/b': first('stem/b', 20_000), 's0b0/pre/gamma': first('s0b0/pre/gamma', 0) } }
    expect(quantize({ graph: spoiled, calibration }).report.costliest[0]).toBe('stem')
  })

  it('counts every float value of the compared patches in the histograms', () => {
    const sizes = new Map(Object.values(optimizeGraph(float).tensors).map(({ name, shape }) => [name, shape.reduce((a, b) => a * b, 1)]))
    for (const { name, histogram, zeros } of plain.report.tensors) expect([name, histogram.reduce((a, b) => a + b, zeros)]).toEqual([name, 16 * sizes.get(name)!])
  })
})

describe('fakePatches', () => {
  it('makes noise for a network, the same again', () => {
    const fake = fakePatches(float, { min: -80, max: 0 })
    expect([fake.shape, Math.min(...fake.data) >= -80, Math.max(...fake.data) <= 0]).toEqual([[32, 24, 20, 1], true, true])
    expect(fakePatches(float, { min: -80, max: 0 })).toEqual(fake)
    expect(() => fakePatches(float, { min: 0, max: 0 })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    expect(quantize({ graph: float, calibration: fake }).graph.nodes.length).toBe(plain.graph.nodes.length)
  })
})

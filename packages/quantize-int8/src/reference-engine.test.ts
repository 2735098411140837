import { readFileSync } from 'node:fs'
import { decodeNpy, isAedError, tensor, validateGraph, type AedError, type Graph, type GraphTensor } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { countDifferences } from '../test/compare.ts'
import { runReferenceKernels, withPython } from '../test/interpreter.ts'
import { patches, smallNetwork } from '../test/networks.ts'
import { operatorCases } from '../test/operator-cases.ts'
import { quantize } from './quantize.ts'
import { createReferenceEngine, runInt8 } from './reference-engine.ts'
import { writeTflite } from './tflite/write.ts'

const read = (name: string) => new Uint8Array(readFileSync(new URL(`../test/golden/${name}`, import.meta.url)))
const cases = operatorCases()

describe("createReferenceEngine on LiteRT's golden files", () => {
  it('has a golden file for every case and a case for every golden file', () => {
    const manifest = JSON.parse(new TextDecoder().decode(read('MANIFEST.json'))) as { readonly cases: object }
    expect(Object.keys(manifest.cases).sort()).toEqual(cases.map(({ name }) => name).sort())
  })

  it.each(cases)('$name: equal bytes', ({ name, graph }) => {
    const wanted = decodeNpy(read(`${name}-out.npy`))
    expect(countDifferences(createReferenceEngine(graph).run(decodeNpy(read(`${name}-in.npy`))), wanted)).toBe(0)
    expect(new Set<number | bigint>(wanted.data).size).toBeGreaterThan(1)
  })
})

withPython('createReferenceEngine and LiteRT, live', () => {
  it('gives the golden files again', () => {
    const outputs = runReferenceKernels(cases.map(({ graph, input }) => ({ model: writeTflite({ graph }), input })))
    const different = cases.filter(({ name }, i) => countDifferences(outputs[i]![0]!, decodeNpy(read(`${name}-out.npy`))) > 0)
    expect(different.map(({ name }) => name)).toEqual([])
  })
})

const codeOf = (act: () => unknown): string | undefined => {
  try {
    act()
  } catch (error) {
    return isAedError(error) ? error.code : String(error)
  }
  return undefined
}

describe('createReferenceEngine', () => {
  const { graph } = quantize({ graph: smallNetwork(), calibration: patches(4, 24, 20, 3) })
  const input = tensor('int8', [3, 24, 20, 1], Int8Array.from({ length: 1440 }, (_, i) => (i * 37) % 256))

  it('gives each item of a batch what it gives it alone, and the same when run again', () => {
    const engine = createReferenceEngine(graph)
    const together = engine.run(input)
    expect(together.shape).toEqual([3, 5])
    const alone = [2, 0, 1].map((item) => engine.run(tensor('int8', [1, 24, 20, 1], input.data.slice(item * 480, (item + 1) * 480))).data)
    expect([...alone[1]!, ...alone[2]!, ...alone[0]!]).toEqual([...together.data])
  })

  it('takes [n, mels, frames] and no items', () => {
    expect(runInt8({ graph, input: { ...input, shape: [3, 24, 20] } })).toEqual(runInt8({ graph, input }))
    expect(runInt8({ graph, input: tensor('int8', [0, 24, 20, 1], new Int8Array(0)) })).toEqual(tensor('int8', [0, 5], new Int8Array(0)))
  })

  it('shows the input and the value of every node', () => {
    const seen: string[] = []
    createReferenceEngine(graph).trace({ ...input, shape: [1, 24, 20, 1], data: input.data.slice(0, 480) }, (name) => seen.push(name))
    expect(seen).toEqual(['x', ...graph.nodes.map((node) => node.outputs[0])])
  })

  it('refuses an input of another type or shape with MODEL_MISMATCH', () => {
    expect(codeOf(() => runInt8({ graph, input: patches(1, 24, 20, 1) }))).toBe('MODEL_MISMATCH')
    expect(codeOf(() => runInt8({ graph, input: tensor('int8', [1, 20, 24, 1], new Int8Array(480)) }))).toBe('MODEL_MISMATCH')
    expect(codeOf(() => runInt8({ graph, input: { dtype: 'int8', shape: [2, 24, 20, 1], data: new Int8Array(480) } }))).toBe('MODEL_MISMATCH')
  })

  it('refuses a float network, per-channel activations and missing scales with MODEL_UNSUPPORTED and the place', () => {
    expect(codeOf(() => createReferenceEngine(smallNetwork()))).toBe('MODEL_UNSUPPORTED')
    const { graph: relu } = cases.find(({ name }) => name === 'relu-same-scale')!
    const broken = (change: Partial<GraphTensor>): Graph => validateGraph({ ...relu, tensors: { ...relu.tensors, x: { ...relu.tensors['x']!, ...change } } })
    const perChannel = broken({ quantization: { scales: [1, 2, 3], zeroPoints: [0, 0, 0], axis: 3 } })
    expect(codeOf(() => createReferenceEngine(perChannel))).toBe('MODEL_UNSUPPORTED')
    const bare: GraphTensor = { name: 'x', dtype: 'int8', shape: relu.tensors['x']!.shape }
    expect(codeOf(() => createReferenceEngine({ ...relu, tensors: { ...relu.tensors, x: bare } }))).toBe('MODEL_UNSUPPORTED')
    try {
      createReferenceEngine(perChannel)
    } catch (error) {
      expect((error as AedError).message).toContain("relu 'y': activation 'x' has 3 scales")
    }
  })

  it('refuses to quantize what is not a number', () => {
    const { graph: quantizing } = cases.find(({ name }) => name === 'quantize-ties')!
    const data = new Float32Array(90)
    data[7] = NaN
    expect(codeOf(() => runInt8({ graph: quantizing, input: tensor('float32', [1, 5, 6, 3], data) }))).toBe('INVALID_INPUT')
  })
})

import { featureConfig, parseModelCard } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { countDifferences } from '../../test/compare.ts'
import { runReferenceKernels, withPython } from '../../test/interpreter.ts'
import { patches, residualNetwork, smallNetwork } from '../../test/networks.ts'
import { optimizeGraph } from '../passes/optimize-graph.ts'
import { quantize } from '../quantize.ts'
import { createWasmEngine } from '../wasm-engine.ts'
import { readTflite } from './read.ts'
import { writeTflite } from './write.ts'

const card = parseModelCard(
  { schema: 'aed-model/1', name: 'tiny', classes: ['dog', 'rain', 'saw', 'sea', 'crow'], features: featureConfig(), provenance: { seed: 1 }, licence: 'Apache-2.0' },
  'card',
)
const calibration = patches(8, 24, 20, 3)

describe('writeTflite', () => {
  it.each([
    ['int8', 'int8'],
    ['float32', 'float32'],
  ] as const)('writes a graph with %s input and %s output that reads back equal, with its card', (inputType, outputType) => {
    const { graph } = quantize({ graph: smallNetwork(2), calibration }, { inputType, outputType })
    expect(readTflite(writeTflite({ graph, card }), 'tiny.tflite')).toEqual({ graph, card })
  })

  it('writes a float32 graph that reads back equal, without a card', () => {
    const graph = optimizeGraph(smallNetwork())
    expect(readTflite(writeTflite({ graph }), 'tiny.tflite')).toEqual({ graph, card: null })
  })

  it('writes the same bytes again', () => {
    const { graph } = quantize({ graph: smallNetwork(), calibration })
    expect(writeTflite({ graph, card })).toEqual(writeTflite({ graph, card }))
  })

  it('starts every constant at a multiple of 16 bytes', () => {
    const graph = optimizeGraph(smallNetwork())
    const bytes = writeTflite({ graph, card })
    const constants = Object.values(graph.tensors).flatMap(({ data }) => (data ? [data as Float32Array] : []))
    const buffer = Buffer.from(bytes)
    for (const data of constants) expect(buffer.indexOf(Buffer.from(data.buffer)) % 16).toBe(0)
  })

  it('holds the class names one a line for other tools', () => {
    const bytes = writeTflite({ graph: optimizeGraph(smallNetwork()), card })
    expect(Buffer.from(bytes).includes('dog\nrain\nsaw\nsea\ncrow')).toBe(true)
    expect(Buffer.from(bytes).includes('labels.txt')).toBe(true)
  })
})

withPython('writeTflite and LiteRT', () => {
  it('gives the same bytes from the reference kernels and from our engine: 1 and 2 stacks, 100 patches each', async () => {
    const runs = await Promise.all(([1, 2] as const).map(async (stacks) => {
      const size = { stacks, height: 64, width: 50, channels: 64, classes: 10 }
      const { graph } = quantize({ graph: residualNetwork(size, stacks), calibration: patches(4, 64, 50, 5) }, { inputType: 'float32', reportPatches: 1 })
      const engine = await createWasmEngine(graph)
      const input = patches(100, 64, 50, 9)
      return { model: writeTflite({ graph, card }), input, output: engine.run(input) }
    }))
    const outputs = runReferenceKernels(runs)
    expect(runs.map(({ output }, i) => countDifferences(output, outputs[i]![0]!))).toEqual([0, 0])
  })
})

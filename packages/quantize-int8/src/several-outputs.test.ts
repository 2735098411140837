import { tensor, type Graph, type Tensor } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { countDifferences } from '../test/compare.ts'
import { runReferenceKernels, withPython } from '../test/interpreter.ts'
import { patches, smallNetwork } from '../test/networks.ts'
import { createFloatExecutor } from './float-executor.ts'
import { int8Core } from './passes/int8-core.ts'
import { quantize } from './quantize.ts'
import { createReferenceEngine } from './reference-engine.ts'
import { readTflite } from './tflite/read.ts'
import { writeTflite } from './tflite/write.ts'
import { createWasmEngine } from './wasm-engine.ts'

/** A network that shows the inside of its second block, a value that later layers read too, beside its scores. */
const tapped: Graph = { ...smallNetwork(), outputs: ['scores', 's0b0/out', 'post/relu'] }
const calibration = patches(4, 24, 20, 3)
const { graph } = quantize({ graph: tapped, calibration }, { inputType: 'float32' })
const input = patches(5, 24, 20, 9)

describe('several outputs', () => {
  it('come from every executor in the order of the graph, whole batches of them', async () => {
    const reference = createReferenceEngine(graph).runAll(input)
    expect(reference.map(({ dtype, shape }) => [dtype, shape])).toEqual([['int8', [5, 5]], ['int8', [5, 6, 5, 8]], ['int8', [5, 3, 3, 8]]])
    expect((await createWasmEngine(graph)).runAll(input)).toEqual(reference)
    expect(createReferenceEngine(graph).run(input)).toEqual(reference[0])
    expect(createFloatExecutor(tapped).runAll(input).map(({ shape }) => shape)).toEqual(reference.map(({ shape }) => shape))
  })

  it('are what the nodes make: the engine keeps a tapped tensor until the run ends', async () => {
    const [, block, last] = (await createWasmEngine(graph)).runAll(tensor('float32', [1, 24, 20, 1], input.data.slice(0, 480)))
    const seen = new Map<string, ArrayLike<number>>()
    createReferenceEngine(graph).trace(tensor('float32', [1, 24, 20, 1], input.data.slice(0, 480)), (name, values) => seen.set(name, values.slice()))
    expect([block!.data, last!.data]).toEqual([seen.get('s0b0/out'), seen.get('post/relu')])
  })

  it('survive the file, and become float32 or int8 together', () => {
    expect(readTflite(writeTflite({ graph }), 'm.tflite').graph).toEqual(graph)
    const float = quantize({ graph: tapped, calibration }, { outputType: 'float32' }).graph
    expect(float.outputs.map((name) => float.tensors[name]!.dtype)).toEqual(['float32', 'float32', 'float32'])
    expect(int8Core(float).outputs.map((name) => name.replace('_int8', ''))).toEqual(tapped.outputs)
  })

  it('go into tensors that the caller gives, and are refused where these do not fit', async () => {
    for (const engine of [createReferenceEngine(graph), await createWasmEngine(graph)]) {
      const fresh = engine.runAll(input)
      const out = fresh.map(({ dtype, shape, data }): Tensor => ({ dtype, shape, data: new Int8Array(data.length) }))
      const filled = engine.runAll(input, out)
      expect(filled.map((one, i) => one === out[i])).toEqual([true, true, true])
      expect(filled).toEqual(fresh)
      expect(engine.run(input, out[0])).toBe(out[0])
      for (const wrong of [tensor('int8', [4, 5], new Int8Array(20)), tensor('float32', [5, 5], new Float32Array(25))])
        expect(() => engine.run(input, wrong)).toThrow(expect.objectContaining({ code: 'MODEL_MISMATCH', message: expect.stringContaining("output 'scores' makes int8 [5, 5]") }))
    }
  })
})

withPython('several outputs and LiteRT', () => {
  it('are equal to those of its reference kernels', () => {
    const [results] = runReferenceKernels([{ model: writeTflite({ graph }), input }])
    const own = createReferenceEngine(graph).runAll(input)
    expect(own.map((output, i) => countDifferences(output, results![i]!))).toEqual([0, 0, 0])
  })
})

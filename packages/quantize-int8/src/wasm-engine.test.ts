import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { decodeNpy, isAedError, tensor, type Conv2dNode, type Graph, type Tensor } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { countDifferences, countUnequal } from '../test/compare.ts'
import { golden, goldenArray, readNpz, withGoldens } from '../test/goldens.ts'
import { patches, smallNetwork } from '../test/networks.ts'
import { operatorCases } from '../test/operator-cases.ts'
import { randomGraph } from '../test/random-graph.ts'
import type { Executor } from './executor.ts'
import { WASM_BINARY } from './int8-wasm-binary.ts'
import { quantize } from './quantize.ts'
import { createReferenceEngine, type Int8Values } from './reference-engine.ts'
import { readTflite } from './tflite/read.ts'
import { createWasmEngine, runInt8Wasm } from './wasm-engine.ts'
import { paysWinograd } from './wasm/winograd.ts'
import { windowGeometry } from './window.ts'

const npy = (name: string) => decodeNpy(new Uint8Array(readFileSync(new URL(`../test/golden/${name}`, import.meta.url))))

/** Every tensor that a run shows, item by item. */
function tensorsOf(engine: Executor<Int8Values>, input: Tensor) {
  const shown: { readonly name: string; readonly values: Int8Values }[] = []
  const output = engine.trace(input, (name, values) => shown.push({ name, values: values.slice() }))
  return { shown, output }
}

async function expectEqualTensors(graph: Graph, input: Tensor): Promise<void> {
  const wanted = tensorsOf(createReferenceEngine(graph), input)
  const engine = await createWasmEngine(graph)
  // Twice: nothing of a run may stay for the next.
  for (const got of [tensorsOf(engine, input), tensorsOf(engine, input)]) {
    expect(got.shown.map(({ name, values }, i) => ({ name, different: countUnequal(values, wanted.shown[i]!.values) }))).toEqual(wanted.shown.map(({ name }) => ({ name, different: 0 })))
    expect(countDifferences(got.output, wanted.output)).toBe(0)
  }
}

describe("createWasmEngine on LiteRT's golden files", () => {
  it.each(operatorCases())('$name: equal bytes', async ({ name, graph }) => {
    const engine = await createWasmEngine(graph)
    const input = npy(`${name}-in.npy`)
    engine.run(input)
    expect(countDifferences(engine.run(input), npy(`${name}-out.npy`))).toBe(0)
  })
})

withGoldens("createWasmEngine on files of TensorFlow's converter", () => {
  for (const stacks of ['s1', 's2'])
    for (const variant of ['int8', 'int8out'])
      it(`gives the 16 outputs of ${stacks}_${variant}.tflite, byte for byte`, async () => {
        const { graph } = readTflite(golden(`${stacks}_${variant}.tflite`), stacks)
        const output = (await createWasmEngine(graph)).run(goldenArray(`${stacks}_${variant}_in.npy.gz`))
        expect(countDifferences(output, goldenArray(`${stacks}_${variant}_out_ref.npy.gz`))).toBe(0)
      })

  for (const stacks of ['s1', 's2'])
    it(`gives every intermediate tensor of ${stacks}_int8.tflite`, async () => {
      const { graph } = readTflite(golden(`${stacks}_int8.tflite`), stacks)
      const { operators } = JSON.parse(new TextDecoder().decode(golden(`${stacks}_int8_graph.json`))) as { readonly operators: readonly { readonly outputs: readonly [number] }[] }
      const dump = readNpz(golden(`${stacks}_int8_tensors.npz`))
      const inputs = goldenArray(`${stacks}_int8_in.npy.gz`)
      const items = tensor('int8', [2, ...inputs.shape.slice(1)], (inputs.data as Int8Array).slice(0, inputs.data.length / 8))
      const { shown } = tensorsOf(await createWasmEngine(graph), items)
      const made = shown.filter(({ name }) => name !== graph.inputs[0])
      expect(made).toHaveLength(2 * operators.length)
      const different = made.map(({ values }, i) => {
        const wanted = dump.get(`in${Math.floor(i / operators.length)}_t${String(operators[i % operators.length]!.outputs[0]).padStart(3, '0')}`)!
        return countUnequal(values, wanted.data as ArrayLike<number>)
      })
      expect(different).toEqual(different.map(() => 0))
    })
})

describe('createWasmEngine and createReferenceEngine', () => {
  it.each([1, 2] as const)('give equal tensors throughout a residual network of %d stacks', async (stacks) => {
    const { graph } = quantize({ graph: smallNetwork(stacks), calibration: patches(4, 24, 20, 3) }, { inputType: 'float32', outputType: 'float32' })
    await expectEqualTensors(graph, patches(3, 24, 20, 9))
  })

  it('give equal tensors for 150 random graphs of all operators', async () => {
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 0x7fffffff }), async (seed) => {
        const { graph, input } = randomGraph(seed)
        for (const node of graph.nodes) seen.add(node.op === 'conv2d' && paysWinograd(node, windowGeometry(graph, node)) ? 'winograd' : node.op)
        await expectEqualTensors(graph, input)
      }),
      { numRuns: 150, seed: 20240611 },
    )
    expect(seen.size).toBe(16)
  })
})

describe('createWasmEngine on 3 × 3 convolutions', () => {
  // Winograd's transforms at their largest: filters and images of one value, of stripes and of squares, from −128 and 127.
  const patterns = [() => 0, (y: number) => y, (_: number, x: number) => x, (y: number, x: number) => y + x].flatMap((parity) =>
    [[-128, 127], [127, -128], [-128, -128], [127, 127]].map((ends) => (y: number, x: number) => ends[parity(y, x) % 2]!),
  )
  const quantization = (scale: number, zeroPoint: number) => ({ scales: [Math.fround(scale)], zeroPoints: [zeroPoint] })

  it.each(['same', 'valid'] as const)('gives the sums of 32 channels at the ends of int8, padding %s', async (padding) => {
    const [height, width, cin, cout] = [7, 8, 32, patterns.length]
    const weights = Int8Array.from({ length: cout * 9 * cin }, (_, i) => patterns[Math.floor(i / (9 * cin))]!(Math.floor(i / (3 * cin)) % 3, Math.floor(i / cin) % 3))
    const shape = padding === 'same' ? [1, height, width, cout] : [1, height - 2, width - 2, cout]
    const graph: Graph = {
      name: 'extremes', inputs: ['x'], outputs: ['y'],
      tensors: {
        x: { name: 'x', dtype: 'int8', shape: [1, height, width, cin], quantization: quantization(1, -128) },
        w: { name: 'w', dtype: 'int8', shape: [cout, 3, 3, cin], data: weights, quantization: quantization(1, 0) },
        y: { name: 'y', dtype: 'int8', shape, quantization: quantization(70000, 3) },
      },
      nodes: [{ op: 'conv2d', name: 'y', inputs: ['x', 'w'], outputs: ['y'], strides: [1, 1], dilations: [1, 1], padding, activation: 'none' }],
    }
    const node = graph.nodes[0] as Conv2dNode
    expect(paysWinograd(node, windowGeometry(graph, node))).toBe(true)
    const items = Int8Array.from({ length: patterns.length * height * width * cin }, (_, i) => patterns[Math.floor(i / (height * width * cin))]!(Math.floor(i / (width * cin)) % height, Math.floor(i / cin) % width))
    await expectEqualTensors(graph, tensor('int8', [patterns.length, height, width, cin], items))
  })
})

describe('createWasmEngine', () => {
  const { graph } = quantize({ graph: smallNetwork(), calibration: patches(4, 24, 20, 3) })
  const codeOf = async (act: () => Promise<unknown>) => await act().then(() => undefined, (error: unknown) => (isAedError(error) ? error.code : String(error)))

  it('takes no items, [n, mels, frames], and refuses what the reference refuses with the same codes', async () => {
    const data = Int8Array.from({ length: 960 }, (_, i) => (i * 37) % 256)
    expect(await runInt8Wasm({ graph, input: tensor('int8', [2, 24, 20], data) })).toEqual(createReferenceEngine(graph).run(tensor('int8', [2, 24, 20, 1], data)))
    expect((await runInt8Wasm({ graph, input: tensor('int8', [0, 24, 20, 1], new Int8Array(0)) })).shape).toEqual([0, 5])
    expect(await codeOf(() => runInt8Wasm({ graph, input: patches(1, 24, 20, 1) }))).toBe('MODEL_MISMATCH')
    expect(await codeOf(() => runInt8Wasm({ graph, input: tensor('int8', [1, 20, 24, 1], new Int8Array(480)) }))).toBe('MODEL_MISMATCH')
    expect(await codeOf(() => createWasmEngine(smallNetwork()))).toBe('MODEL_UNSUPPORTED')
  })

  it('refuses to quantize what is not a number, and runs on', async () => {
    const { graph: quantizing } = operatorCases().find(({ name }) => name === 'quantize-ties')!
    const engine = await createWasmEngine(quantizing)
    const data = new Float32Array(90)
    data[7] = NaN
    expect(await codeOf(async () => await Promise.resolve().then(() => engine.run(tensor('float32', [1, 5, 6, 3], data))))).toBe('INVALID_INPUT')
    expect(engine.run(tensor('float32', [1, 5, 6, 3], new Float32Array(90))).shape).toEqual([1, 5, 6, 3])
  })

  it('keeps engines apart', async () => {
    const input = tensor('int8', [1, 24, 20, 1], Int8Array.from({ length: 480 }, (_, i) => (i * 91) % 256))
    const other = quantize({ graph: smallNetwork(1, 2), calibration: patches(4, 24, 20, 3) }).graph
    const [first, second] = [await createWasmEngine(graph), await createWasmEngine(other)]
    const alone = first.run(input)
    expect(countDifferences(second.run(input), createReferenceEngine(other).run(input))).toBe(0)
    expect(first.run(input)).toEqual(alone)
  })
})

describe('WASM_BINARY', () => {
  it('is what assembly/ compiles to, and 40 KB at most', () => {
    expect(Buffer.from(WASM_BINARY, 'base64').length).toBeLessThanOrEqual(40 * 1024)
    const script = fileURLToPath(new URL('../scripts/build-wasm.mjs', import.meta.url))
    expect(execFileSync(process.execPath, [script, '--check'], { encoding: 'utf8' })).toContain('bytes of WebAssembly')
  })
})

import { describe, expect, it } from '@jest/globals'
import { GraphBuilder, type Graph, type ModelCard } from '@aed/core'
import { Int8Graphs } from '../test/int8-graphs.ts'
import { everyKernel, miniResNet } from '../test/networks.ts'
import { generateC } from './generate-c.ts'

const card = (classes: readonly string[] | null): ModelCard => ({
  schema: 'aed-model/1',
  name: 'test',
  classes: classes && [...classes],
  features: null,
  head: { kind: 'meanScores' },
  provenance: {},
  licence: 'Apache-2.0',
})

const tiny = (seed = 1) => {
  const g = new Int8Graphs(seed, [1, 6, 5, 1])
  return g.build(g.softmax(g.dense(g.flatten(g.conv2d(g.input, 4)), 3)))
}

describe('generateC', () => {
  it('gives header, library, tables, kernels in use and CMakeLists.txt, and no main', () => {
    const { files } = generateC({ graph: tiny(), card: null })
    expect(Object.keys(files).toSorted()).toEqual(
      ['CMakeLists.txt', 'include/net.h', 'src/net.c', 'src/net_conv_packed_s8.c', 'src/net_dense_s8.c', 'src/net_dsp.h', 'src/net_kernels.h', 'src/net_matmul_packed_s8.c', 'src/net_softmax_s8.c', 'src/net_tables.c', 'src/net_tables.h', 'src/net_types.h'].toSorted(),
    )
    expect(Object.values(files).join('')).not.toMatch(/\bmain\b|malloc|\baed_|AED_/)
  })

  it('states sizes, scales and zero points in upper case', () => {
    const graph = tiny()
    const header = generateC({ graph, card: null }, { name: 'bark' }).files['include/bark.h']!
    const macro = (name: string) => new RegExp(`^#define BARK_${name} (.+)$`, 'm').exec(header)?.[1]
    const [scale] = graph.tensors['input']!.quantization!.scales
    expect([macro('INPUT_SIZE'), macro('OUTPUT_SIZE'), macro('ARENA_ALIGN'), macro('OUTPUT_ZERO_POINT')]).toEqual(['30', '3', '8', '-128'])
    expect(Math.fround(Number(macro('INPUT_SCALE')!.replace('f', '')))).toBe(scale)
    expect(Number(macro('OUTPUT_SCALE')!.replace('f', ''))).toBe(1 / 256)
    expect(header).toContain('int bark_run(const int8_t *input, int8_t *output, void *arena);')
    expect(header).toContain('enum bark_status')
    expect(header).not.toContain('bark_selftest')
  })

  it('carries class names of the card, escaped, and its licence', () => {
    const { files } = generateC({ graph: tiny(), card: card(['dog', 'a "b"\\', 'Meer??/é']) })
    expect(files['include/net.h']).toContain('#define NET_CLASSES 3')
    expect(files['include/net.h']).toContain('#define NET_LABEL_SIZE 10')
    expect(files['src/net.c']).toContain('    "dog",\n    "a \\042b\\042\\134",\n    "Meer\\077\\077/\\303\\251",\n')
    expect(files['include/net.h']).toContain('Licence of the model: Apache-2.0.')
  })

  it('gives the same text every time', () => {
    expect(generateC({ graph: everyKernel(), card: null })).toEqual(generateC({ graph: everyKernel(), card: null }))
  })

  it('leaves out a leading QUANTIZE and a trailing DEQUANTIZE', () => {
    const g = new Int8Graphs(1, [1, 6, 5, 1])
    const scores = g.softmax(g.dense(g.flatten(g.conv2d(g.input, 4)), 3))
    const inner = g.build(scores)
    const outer = g.build(g.node([scores], { op: 'dequantize' }, { dtype: 'float32' }), g.floatInput())
    expect(generateC({ graph: outer, card: null }).files).toEqual(generateC({ graph: inner, card: null }).files)
  })

  it('leaves the last softmax out for logits', () => {
    const { files, report } = generateC({ graph: tiny(), card: null }, { logits: true })
    expect(Object.keys(files)).not.toContain('src/net_softmax_s8.c')
    expect(report.output!.scale).not.toBe(1 / 256)
    const g = new Int8Graphs(1, [1, 4])
    expect(() => generateC({ graph: g.build(g.plain('relu', g.input)), card: null }, { logits: true })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })

  it('reports memory, flash and every layer', () => {
    const { report } = generateC({ graph: miniResNet(1), card: null })
    expect(report.macs).toBe(14_832_640)
    expect(report.memory).toMatchObject({ input: 3200, output: 10, scratch: 2304, stack: null, total: null })
    expect(report.memory.arena).toBeLessThan(11 * 1024)
    expect(report.memory.lowerBound).toBeLessThanOrEqual(report.memory.arena)
    expect(report.flash.weights).toBe(132_008) // 124,992 weights, 448 zeros that fill the stem's rows of 7 up to 8, five times 9 words for each four of 64 channels, ten biases, six affine steps of 64 factors and offsets
    expect(report.layers.map(({ op }) => op)).not.toContain('pad') // all three are part of what follows them
    expect(report.layers.find(({ op }) => op === 'conv2d')).toMatchObject({ macs: 2_508_800, calls: 32 })
    expect(report.notes.join(' ')).toMatch(/no labels.*no self-test/)
    for (const { offset, bytes } of report.buffers) expect(offset + bytes).toBeLessThanOrEqual(report.memory.arena)
  })

  it('INVALID_OPTION for a name that is no C identifier, a keyword, or a standard header', () => {
    for (const name of ['', '2net', 'my-net', 'nét', '_net', 'int', 'string', 'Math', 'a'.repeat(41)])
      expect(() => generateC({ graph: tiny(), card: null }, { name })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })

  it('MODEL_MISMATCH when the card has another number of classes', () => {
    expect(() => generateC({ graph: tiny(), card: card(['a', 'b']) })).toThrow(expect.objectContaining({ code: 'MODEL_MISMATCH', message: "graph 'test' has 3 outputs, its card 2 classes" }))
  })

  it('INVALID_INPUT for a self-test of another size', () => {
    expect(() => generateC({ graph: tiny(), card: null, selftest: { input: new Int8Array(29), output: new Int8Array(3) } })).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
  })

  it('ABORTED when the signal has fired', () => {
    expect(() => generateC({ graph: tiny(), card: null }, {}, { signal: AbortSignal.abort() })).toThrow(expect.objectContaining({ code: 'ABORTED' }))
  })
})

describe('generateC of what cannot become C', () => {
  const unsupported = (graph: Graph, message: RegExp) => {
    expect(() => generateC({ graph, card: null })).toThrow(expect.objectContaining({ code: 'DEPLOY_UNSUPPORTED', message: expect.stringMatching(message) }))
  }

  it('a float model', () => {
    const g = new GraphBuilder('float')
    unsupported(g.build([g.relu('y', g.input('x', [1, 4, 4, 1]))]), /graph 'float': input 'x' \[1, 4, 4, 1\] is float32, expected int8/)
  })

  it('two outputs', () => {
    const g = new Int8Graphs(1, [1, 4, 4, 2])
    const graph = g.build(g.plain('relu', g.input))
    unsupported({ ...graph, outputs: [...graph.outputs, 'input'] }, /2 outputs, expected one/)
  })

  it('no node at all', () => {
    const g = new Int8Graphs(1, [1, 4, 4, 2])
    unsupported(g.build(g.input), /no node between input and output/)
  })

  it('a batch', () => {
    const g = new Int8Graphs(1, [2, 4, 4, 2])
    unsupported(g.build(g.plain('relu', g.input)), /relu '\w+': 'relu1' has shape \[2, 4, 4, 2\], expected .* batch 1/)
  })

  it('pooling that changes the scale', () => {
    const g = new Int8Graphs(1, [1, 4, 4, 2])
    const graph = g.build(g.pool2d('maxPool2d', g.input))
    const [name] = graph.outputs
    const tensors = { ...graph.tensors, [name!]: { ...graph.tensors[name!]!, quantization: { scales: [0.5], zeroPoints: [3] } } }
    unsupported({ ...graph, tensors }, /maxPool2d '\w+': its output has scale 0.5/)
  })

  it('a dense layer on several rows', () => {
    const g = new Int8Graphs(1, [1, 4, 4, 2])
    const weights = g.constant([3, 2], { scales: [0.1], zeroPoints: [0] })
    unsupported(g.build(g.node([g.input, weights], { op: 'dense', activation: 'none' })), /dense '\w+': '\w+' has shape \[16, 3\], expected .* batch 1/)
  })

  it('sums beyond 32 bits', () => {
    const g = new Int8Graphs(1, [1, 4, 4, 2])
    const graph = g.build(g.conv2d(g.input, 1))
    const bias = Object.values(graph.tensors).find(({ dtype }) => dtype === 'int32')!
    const tensors = { ...graph.tensors, [bias.name]: { ...bias, data: Int32Array.of(2147483647) } }
    unsupported({ ...graph, tensors }, /conv2d '\w+': its sums can reach \d+, beyond int32/)
  })
})

import { expect, it } from '@jest/globals'
import { sizeOf, type Graph } from '@aed/core'
import { generateC, type GeneratedLibrary } from '../src/generate-c.ts'
import { type HostBuildOptions } from '../src/node/host-build.ts'
import { traceOnHost } from '../src/node/host-trace.ts'
import { runLiterally } from './literal-engine.ts'
import { everyKernel, randomGraph } from './networks.ts'
import { FASTEST, testInputs } from './run-generated.ts'
import { describeWith } from './tools.ts'

/** Tensors of the C whose bytes are not the literal engine's, and how many values were compared. */
async function differences(graph: Graph, library: Pick<GeneratedLibrary, 'files' | 'rows'>, options: HostBuildOptions = {}) {
  const size = sizeOf(graph.tensors[graph.inputs[0]!]!.shape)
  const inputs = testInputs(size, 1)
  const different = new Set<string>()
  let [compared, traced] = [0, 0]
  await traceOnHost(library, inputs, inputs.length / size, (rows, index) => {
    const literal = runLiterally(graph, inputs.slice(index * size, (index + 1) * size))
    traced++
    for (const [name, values] of rows) {
      compared += values.length
      const expected = literal.get(name)!
      if (!values.every((value, i) => value === expected[i])) different.add(name)
    }
  }, options)
  return { different: [...different], compared, traced }
}

describeWith(['gcc', 'clang'], 'traceOnHost', () => {
  it.each([['low-ram', 'gcc', {}], ['the fastest', 'clang', FASTEST]] as const)("every kernel, %s plan, under %s's sanitizers: every row of every tensor is the literal engine's", async (_, compiler, options) => {
    const graph = everyKernel()
    const library = generateC({ graph, card: null }, options)
    const { different, compared, traced } = await differences(graph, library, { compiler, sanitize: true })
    expect({ different, traced }).toEqual({ different: [], traced: 3 })
    // Whole tensors, but for rows that nothing reads.
    const whole = new Set(library.rows.map(({ tensor }) => tensor))
    expect(whole.size).toBe(library.report.layers.length)
    expect(compared).toBeGreaterThan(0.9 * 3 * Array.from(whole).reduce((sum, name) => sum + sizeOf(graph.tensors[name]!.shape), 0))
  })

  it.each([1, 2, 3])('random graph %d: the same', async (seed) => {
    const graph = randomGraph(seed)
    expect((await differences(graph, generateC({ graph, card: null }, seed % 2 ? {} : FASTEST))).different).toEqual([])
  })

  it('finds a byte that is wrong in one row of a layer whose output is right', async () => {
    const graph = everyKernel()
    const { files, rows } = generateC({ graph, card: null })
    const wrong = rows.findIndex(({ tensor }) => tensor === rows[0]!.tensor)
    // A row read from a neighbour's place is one with other bytes.
    const moved = rows.map((piece, i) => (i === wrong ? { ...piece, offset: piece.offset + (piece.offset === 0 ? 4 : -4) } : piece))
    expect((await differences(graph, { files, rows: moved })).different).toEqual([rows[wrong]!.tensor])
  })
})

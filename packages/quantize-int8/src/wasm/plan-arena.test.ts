import { sizeOf, tensorOf } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { residualNetwork } from '../../test/networks.ts'
import { randomGraph } from '../../test/random-graph.ts'
import { planArena, VECTOR_BYTES } from './plan-arena.ts'

describe('planArena', () => {
  it('gives no two tensors the same bytes while both are needed, in 100 random graphs', () => {
    for (let seed = 0; seed < 100; seed++) {
      const { graph } = randomGraph(seed)
      const { offsets, bytes } = planArena(graph)
      const end = (name: string) => offsets.get(name)! + sizeOf(tensorOf(graph, name).shape) * (tensorOf(graph, name).dtype === 'float32' ? 4 : 1) + VECTOR_BYTES
      const lastUse = (name: string) => (graph.outputs.includes(name) ? Infinity : graph.nodes.findLastIndex(({ inputs }) => inputs.includes(name)))
      graph.nodes.forEach(({ outputs: [made] }, i) => {
        // What is read by this node or a later one and was there before.
        const alive = [...graph.inputs, ...graph.nodes.slice(0, i).map(({ outputs }) => outputs[0]!)].filter((name) => lastUse(name) >= i)
        for (const name of alive) expect(end(name) <= offsets.get(made!)! || end(made!) <= offsets.get(name)!).toBe(true)
        expect(end(made!)).toBeLessThanOrEqual(bytes)
      })
    }
  })

  it('needs the largest layer and its input only: the padded stem of MiniResNetV2 and its output, in float32', () => {
    const { bytes } = planArena(residualNetwork({ stacks: 1, height: 64, width: 50, channels: 64, classes: 10 }, 1))
    const largest = 4 * (32 * 25 * 64 + 34 * 27 * 64)
    expect(bytes).toBe(largest + 2 * VECTOR_BYTES)
  })
})

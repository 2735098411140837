import { describe, expect, it } from '@jest/globals'
import { replay } from '../../test/check-plan.ts'
import { Int8Graphs } from '../../test/int8-graphs.ts'
import { everyKernel, miniResNet, randomGraph } from '../../test/networks.ts'
import { lowerGraph } from '../lower/lower-graph.ts'
import { choosePlan } from './choose-plan.ts'
import { planSmallest } from './plan.ts'

describe('planSmallest', () => {
  it('keeps three rows between two 3 x 3 convolutions, and no pad', () => {
    const g = new Int8Graphs(1, [1, 8, 6, 2])
    const first = g.conv2d(g.pad2d(g.input, [1, 1], [1, 1]), 4)
    const network = lowerGraph(g.build(g.conv2d(g.pad2d(first, [1, 1], [1, 1]), 4)), false)
    const { buffers, steps, bytes } = planSmallest(network).plan
    expect(buffers.map(({ kind, slots, bytes: size }) => [kind, slots, size])).toEqual([
      ['rows', 3, 72],
      ['scratch', 0, 104], // two windows of three rows of 6 values, in fours, as int16, and one such row of int8
      ['scratch', 0, 144],
    ])
    expect(bytes).toBe(72 + 144) // the two never run at once
    expect(steps).toHaveLength(16)
    expect(steps.slice(0, 5).map(({ layer }) => layer)).toEqual([0, 0, 1, 0, 1]) // two rows, then one for one
  })

  it('fits MiniResNetV2 into 11,112 B (1 stack) and 18,984 B (2 stacks), within a quarter of the lower bound', () => {
    for (const [stacks, bytes] of [
      [1, 11112],
      [2, 18984],
    ] as const) {
      const { plan } = planSmallest(lowerGraph(miniResNet(stacks), false))
      expect(plan.bytes).toBeLessThanOrEqual(bytes)
      expect(plan.bytes).toBeLessThanOrEqual(1.25 * plan.peak)
      expect(plan.peak).toBeLessThanOrEqual(plan.bytes)
    }
  })

  it('reads only rows that are whole and not yet overwritten, in every byte (24 random graphs, smallest and fast)', () => {
    const graphs = [everyKernel(), miniResNet(1), ...Array.from({ length: 24 }, (_, seed) => randomGraph(seed, seed % 2 === 0 ? 1 : 4))]
    graphs.forEach((graph, seed) => {
      const lowered = lowerGraph(graph, false)
      for (const { network, plan } of [planSmallest(lowered), choosePlan(lowered, { favours: 'fast', ram: null, flash: 1e9 })]) expect([seed, replay(network, plan)]).toEqual([seed, []])
    })
  })

  it('is the same every time', () => {
    const plan = () => planSmallest(lowerGraph(randomGraph(3), false))
    expect(plan()).toEqual(plan())
  })
})

import { describe, expect, it } from '@jest/globals'
import { miniResNet } from '../../test/networks.ts'
import { lowerGraph } from '../lower/lower-graph.ts'
import { choosePlan, type PlanGoal } from './choose-plan.ts'
import { networkConstants, planSmallest } from './plan.ts'

const lowered = lowerGraph(miniResNet(1), false)
const smallest = planSmallest(lowered)
const choose = (goal: Partial<PlanGoal>) => choosePlan(lowered, { favours: 'fast', ram: null, flash: null, ...goal })
const cost = ({ network }: { readonly network: typeof lowered }) => network.layers.reduce((sum, layer) => sum + layer.cost, 0)
const kernels = ({ network }: { readonly network: typeof lowered }) => network.layers.map(({ kernel }) => kernel)

describe('choosePlan', () => {
  it('low-ram takes the arena of the smallest plan and what speed is free in it', () => {
    const plan = choose({ favours: 'low-ram' })
    expect(plan.plan.bytes).toBe(smallest.plan.bytes)
    expect(networkConstants(plan.network)).toBe(networkConstants(smallest.network))
    expect(cost(plan)).toBeLessThan(cost(smallest))
  })

  it('fast takes at most half as much arena again, and buys transformed filters with a budget of flash alone', () => {
    const plan = choose({})
    expect(plan.plan.bytes).toBeLessThanOrEqual(1.5 * smallest.plan.bytes)
    expect(cost(plan)).toBeLessThan(cost(choose({ favours: 'low-ram' })))
    expect(kernels(plan)).not.toContain('conv_winograd_s8')
    const bought = choose({ flash: networkConstants(smallest.network) + 61_440 })
    expect(kernels(bought).filter((kernel) => kernel === 'conv_winograd_s8')).toHaveLength(1)
    expect(cost(bought)).toBeLessThan(0.9 * cost(plan))
    expect(kernels(choose({ flash: networkConstants(smallest.network) + 61_439 }))).not.toContain('conv_winograd_s8')
  })

  it('more RAM is never slower, and every budget is kept', () => {
    let last = Infinity
    for (const arena of [smallest.plan.bytes, 12_500, 14_000, 18_000, 30_000, 1e6]) {
      const plan = choose({ ram: arena + 3200 })
      expect(plan.plan.bytes).toBeLessThanOrEqual(arena)
      expect(cost(plan)).toBeLessThanOrEqual(last)
      last = cost(plan)
    }
  })

  it('BUDGET_TOO_SMALL says how much is missing, at which layer, and what is held there', () => {
    const needed = planSmallest(lowered, true).plan.bytes + 3200
    expect(needed).toBeLessThan(smallest.plan.bytes + 3200) // the literal kernel gathers int8
    expect(() => choose({ ram: needed - 1 })).toThrow(
      expect.objectContaining({ code: 'BUDGET_TOO_SMALL', message: expect.stringMatching(new RegExp(`smallest plan takes ${needed} B, 1 B more than ${needed - 1}: 3200 B of input .* fullest at call \\d+ of \\w+ '\\w+': 3 rows of '\\w+' 2496 B, `)) }),
    )
    expect(choose({ ram: needed }).plan.bytes).toBe(needed - 3200)
    const constants = networkConstants(smallest.network)
    expect(() => choose({ flash: constants - 7 })).toThrow(expect.objectContaining({ code: 'BUDGET_TOO_SMALL', message: expect.stringMatching(new RegExp(`take ${constants} B, 7 B more than ${constants - 7}: conv2d '\\w+' \\d+ B, conv2d`)) }))
  })
})

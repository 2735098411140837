import { describe, expect, it } from '@jest/globals'
import { miniResNet, randomGraph } from '../../test/networks.ts'
import { lowerGraph } from '../lower/lower-graph.ts'
import { choosePlan } from './choose-plan.ts'
import { parsePlanFile, planFileOf, planFromFile } from './plan-file.ts'

describe('planFromFile', () => {
  it('gives the plan again that the file was made of', () => {
    for (const graph of [miniResNet(1), ...Array.from({ length: 10 }, (_, seed) => randomGraph(seed))]) {
      const lowered = lowerGraph(graph, false)
      const chosen = choosePlan(lowered, { favours: 'fast', ram: null, flash: 1e9 })
      const file = parsePlanFile(JSON.parse(JSON.stringify(planFileOf(chosen))), 'plan')
      expect(planFromFile(lowered, file)).toEqual(chosen)
    }
  })

  const lowered = lowerGraph(miniResNet(1), false)
  const conv = lowered.layers.find(({ summary }) => summary.startsWith('3x3 stride 1'))!
  const add = lowered.layers.find(({ op }) => op === 'add')!
  const layer = (decision: object) => () => planFromFile(lowered, parsePlanFile({ schema: 'aed-plan/1', layers: [decision] }, 'plan'))
  const invalid = (message: RegExp) => expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringMatching(message) })

  it('computes one layer as it says, the others in the way of least memory', () => {
    const { network } = layer({ name: conv.name, kernel: 'conv_winograd_s8', columns: 8 })()
    expect(network.layers.filter(({ kernel }) => kernel === 'conv_winograd_s8').map(({ columns }) => columns)).toEqual([8])
  })

  it('INVALID_OPTION for a layer, kernel, number of columns or input that is not there, and for what is no plan', () => {
    expect(layer({ name: 'nothing', kernel: 'conv_s8' })).toThrow(invalid(/no layer is named 'nothing'/))
    expect(layer({ name: conv.name, kernel: 'conv_winograd_s8', columns: 5 })).toThrow(invalid(/conv2d '\w+' cannot be computed by conv_winograd_s8 with 5 columns/))
    const stem = lowered.layers.find(({ summary }) => summary.startsWith('7x7'))!
    expect(layer({ name: stem.name, kernel: 'conv_winograd_s8' })).toThrow(invalid(/winograd: Winograd is for filters three wide/))
    expect(layer({ name: add.name, kernel: add.kernel, inputs: ['input'] })).toThrow(invalid(/add '\w+' reads '\w+', got 'input'/))
    expect(() => parsePlanFile({ schema: 'aed-plan/2', layers: [] }, 'plan')).toThrow(invalid(/schema/))
  })
})

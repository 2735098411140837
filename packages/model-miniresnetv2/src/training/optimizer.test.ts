import { describe, expect, it } from '@jest/globals'
import { distance } from '../../test/support.ts'
import { gradientNorm, initialOptimizerState, optimize, type OptimizerOptions } from './optimizer.ts'
import type { WeightPlace } from './weight-layout.ts'

const place = (name: string, offset: number, size: number): WeightPlace => ({ key: `x/${name}`, layer: 'x', name, shape: [size], offset, size, isStatistic: false })
const places = [place('kernel', 0, 2), place('bias', 2, 1)]

/** Weights after some steps with the gradients 1, −2, 0.5 and step size 0.1. */
function after(steps: number, options: OptimizerOptions): number[] {
  const weights = Float32Array.of(1, -1, 3)
  let state = initialOptimizerState(options, 3)
  for (let i = 0; i < steps; i++) state = optimize(weights, Float32Array.of(1, -2, 0.5), state, places, () => 0.1, options)
  return [...weights]
}

describe('optimize', () => {
  it('adam: equal gradients move every weight by the step size against their sign, whatever their length', () => {
    expect(distance(after(3, { optimizer: 'adam', momentum: 0, weightDecay: 0 }), [0.7, -0.7, 2.7])).toBeLessThan(1e-5)
  })
  it('adamW: kernels shrink by step size times decay beside that, biases do not', () => {
    const [a, b, bias] = after(1, { optimizer: 'adamW', momentum: 0, weightDecay: 0.5 }) as [number, number, number]
    expect(distance([a, b, bias], [1 * 0.95 - 0.1, -1 * 0.95 + 0.1, 2.9])).toBeLessThan(1e-5)
  })
  it('sgd: velocity v = 0.9 v + g, decay as part of the gradient of kernels', () => {
    expect(distance(after(2, { optimizer: 'sgd', momentum: 0.9, weightDecay: 0 }), [1 - 0.1 - 0.19, -1 + 0.2 + 0.38, 3 - 0.05 - 0.095])).toBeLessThan(1e-6)
    expect(distance(after(1, { optimizer: 'sgd', momentum: 0.9, weightDecay: 0.5 }), [1 - 0.15, -1 + 0.25, 2.95])).toBeLessThan(1e-6)
  })
  it('leaves weights of other places alone', () => {
    const weights = Float32Array.of(1, 1, 1)
    const options = { optimizer: 'adam', momentum: 0, weightDecay: 0 } as const
    optimize(weights, Float32Array.of(1, 1, 1), initialOptimizerState(options, 3), [places[1]!], () => 0.1, options)
    expect([...weights.subarray(0, 2)]).toEqual([1, 1])
  })
})

describe('gradientNorm', () => {
  it('is the length over the places given: 3, 4 and another 12', () => {
    expect(gradientNorm(Float32Array.of(3, 4, 12), places)).toBe(13)
    expect(gradientNorm(Float32Array.of(3, 4, 12), [places[0]!])).toBe(5)
  })
})

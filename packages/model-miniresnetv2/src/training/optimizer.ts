import { pow } from '@aed/core'
import type { WeightPlace } from './weight-layout.ts'

/** How weights move. */
export interface OptimizerOptions {
  readonly optimizer: 'adam' | 'adamW' | 'sgd'
  /** Of `sgd`. */
  readonly momentum: number
  /** Pulls kernels (not biases, not batch normalizations) towards 0: by this times step size apart from the gradient (`adamW`), else as part of it. */
  readonly weightDecay: number
}

/** What an optimizer remembers, in the layout of the weights. */
export interface OptimizerState {
  /** Steps done. */
  readonly step: number
  /** Running mean of gradients, or velocity. */
  readonly first: Float32Array<ArrayBuffer>
  /** Running mean of their squares; empty for `sgd`. */
  readonly second: Float32Array<ArrayBuffer>
}

const BETA1 = 0.9
const BETA2 = 0.999
const EPSILON = 1e-7

export function initialOptimizerState({ optimizer }: OptimizerOptions, size: number): OptimizerState {
  return { step: 0, first: new Float32Array(size), second: new Float32Array(optimizer === 'sgd' ? 0 : size) }
}

/**
 * One step, in place, with Keras's constants: Adam (Kingma and Ba, 2015), AdamW (Loshchilov and Hutter, 2019), or SGD with momentum.
 * @param places weights to move
 * @param rateOf step size of a weight
 */
export function optimize(weights: Float32Array, gradients: Float32Array, state: OptimizerState, places: readonly WeightPlace[], rateOf: (place: WeightPlace) => number, options: OptimizerOptions): OptimizerState {
  const { optimizer, momentum, weightDecay } = options
  const { first, second } = state
  const step = state.step + 1
  const correction1 = 1 - pow(BETA1, step)
  const correction2 = Math.sqrt(1 - pow(BETA2, step))
  for (const place of places) {
    const rate = rateOf(place)
    const decay = place.name === 'kernel' ? weightDecay : 0
    const coupled = optimizer === 'adamW' ? 0 : decay
    const apart = optimizer === 'adamW' ? rate * decay : 0
    for (let i = place.offset; i < place.offset + place.size; i++) {
      const weight = weights[i]!
      const gradient = gradients[i]! + coupled * weight
      if (optimizer === 'sgd') {
        first[i] = momentum * first[i]! + gradient
        weights[i] = weight - rate * first[i]!
        continue
      }
      first[i] = BETA1 * first[i]! + (1 - BETA1) * gradient
      second[i] = BETA2 * second[i]! + (1 - BETA2) * gradient * gradient
      weights[i] = weight - apart * weight - ((rate / correction1) * first[i]!) / (Math.sqrt(second[i]!) / correction2 + EPSILON)
    }
  }
  return { step, first, second }
}

/** Length of the gradient over some weights. */
export function gradientNorm(gradients: Float32Array, places: readonly WeightPlace[]): number {
  let sum = 0
  for (const { offset, size } of places) for (let i = offset; i < offset + size; i++) sum += gradients[i]! * gradients[i]!
  return Math.sqrt(sum)
}

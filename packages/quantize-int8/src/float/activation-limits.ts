import type { Activation } from '@aed/core'

/** Lower and upper limit of a fused activation. */
export function activationLimits(activation: Activation): { min: number; max: number } {
  return { min: activation === 'none' ? -Infinity : 0, max: activation === 'relu6' ? 6 : Infinity }
}

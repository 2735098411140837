import { exp, log } from '@aed/core'

/** Where logits, what they become and their gradient lie: arrays `[count, classes]`. */
export interface LossArrays {
  readonly logits: Float32Array
  readonly targets: Float32Array
  readonly scores: Float32Array
  readonly gradient: Float32Array
}

/**
 * Cross entropy of one row after softmax, and its gradient by the logits times `factor`.
 * @returns the loss, in float64
 */
export function softmaxLoss({ logits, targets, scores, gradient }: LossArrays, from: number, classes: number, factor: number): number {
  let highest = -Infinity
  for (let i = from; i < from + classes; i++) highest = Math.max(highest, logits[i]!)
  let sum = 0
  let total = 0
  for (let i = from; i < from + classes; i++) {
    sum += exp(logits[i]! - highest)
    total += targets[i]!
  }
  const logSum = highest + log(sum)
  let loss = 0
  for (let i = from; i < from + classes; i++) {
    const p = exp(logits[i]! - logSum)
    loss += targets[i]! * (logSum - logits[i]!)
    scores[i] = p
    gradient[i] = factor * (total * p - targets[i]!)
  }
  return loss
}

/** Mean over the classes of a row's binary cross entropies after sigmoid, and its gradient by the logits times `factor`. */
export function sigmoidLoss({ logits, targets, scores, gradient }: LossArrays, from: number, classes: number, factor: number): number {
  let loss = 0
  for (let i = from; i < from + classes; i++) {
    const z = logits[i]!
    const small = exp(-Math.abs(z))
    const p = z >= 0 ? 1 / (1 + small) : small / (1 + small)
    loss += Math.max(z, 0) - z * targets[i]! + log(1 + small)
    scores[i] = p
    gradient[i] = (factor * (p - targets[i]!)) / classes
  }
  return loss / classes
}

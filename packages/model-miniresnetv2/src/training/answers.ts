import { argMax, log } from '@aed/core'

/** Smallest probability whose logarithm is taken: keeps a loss finite where float32 has underflown. */
const TINY = 1e-30

/** Sums over items of their cross entropies: of one distribution each, or the mean over the classes of those of each class. */
export function sumCrossEntropy(scores: Float32Array, targets: Float32Array, classes: number, multiLabel: boolean): number {
  let loss = 0
  for (let i = 0; i < scores.length; i++) {
    const [score, target] = [scores[i]!, targets[i]!]
    if (target > 0) loss -= target * log(Math.max(score, TINY))
    if (multiLabel && target < 1) loss -= (1 - target) * log(Math.max(1 - score, TINY))
  }
  return multiLabel ? loss / classes : loss
}

/** Items whose largest score and target are of the same class; of several labels the share of classes on the right side of one half. */
export function countRight(scores: Float32Array, targets: Float32Array, classes: number, multiLabel: boolean): number {
  let right = 0
  for (let from = 0; from < scores.length; from += classes) {
    const [score, target] = [scores.subarray(from, from + classes), targets.subarray(from, from + classes)]
    if (!multiLabel) right += argMax(score) === argMax(target) ? 1 : 0
    else right += score.reduce((sum, value, c) => sum + (value > 0.5 === target[c]! > 0.5 ? 1 : 0), 0) / classes
  }
  return right
}

/** Sums over items of Σ taps weight · mean squared distance. */
export function sumTapDistance(outputs: Float32Array, aims: Float32Array, taps: readonly { readonly size: number; readonly weight: number }[]): number {
  let distance = 0
  for (let at = 0; at < outputs.length; )
    for (const { size, weight } of taps) {
      let sum = 0
      for (const end = at + size; at < end; at++) sum += (outputs[at]! - aims[at]!) ** 2
      distance += (weight * sum) / size
    }
  return distance
}

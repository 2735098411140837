import { argMax } from './tensor.ts'

/**
 * Scores of a clip by the head of mean scores: the mean over its patches, in float64 from the first on.
 * @param patches row-major `[patches, classes]`
 * @returns `[classes]`; null for a clip without a patch
 */
export function meanScores(patches: Float32Array, classes: number): Float32Array | null {
  const count = patches.length / classes
  if (count === 0) return null
  return Float32Array.from({ length: classes }, (_, label) => {
    let sum = 0
    for (let patch = 0; patch < count; patch++) sum += patches[patch * classes + label]!
    return sum / count
  })
}

/**
 * The class that a clip is said to be of: that of its highest score, the first of equal ones.
 * @param scores one a class
 * @param thresholds the lowest score with which each class is accepted, as `unknownThresholds` gives them; null: any
 * @returns index of the class; −1, unknown, where its score is below its threshold
 */
export function acceptedClass(scores: Float32Array, thresholds: readonly number[] | null): number {
  const best = argMax(scores)
  return thresholds && scores[best]! < thresholds[best]! ? -1 : best
}

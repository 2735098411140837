import { argMax } from '@aed/core'

/** Scores of some items (patches or clips) by which their classes are ranked. */
export interface RankedScores {
  /** Row-major `[items, classes]`. */
  readonly scores: Float32Array | Float64Array
  /** Of the same shape: decides between equal scores; absent where class order alone does. */
  readonly tieBreak?: Float64Array
}

/**
 * Place of a class in the ranking of an item, 0 for the best. Equal scores are ranked by the tie break, then by class order: never
 * by chance, and the class at place 0 is the one that `estimatedClass` gives.
 */
export function rankOf({ scores, tieBreak }: RankedScores, item: number, classes: number, wanted: number): number {
  const start = item * classes
  const score = scores[start + wanted]!
  const tie = tieBreak?.[start + wanted] ?? 0
  let better = 0
  for (let c = 0; c < classes; c++) {
    const other = scores[start + c]!
    if (other < score || c === wanted) continue
    const otherTie = tieBreak?.[start + c] ?? 0
    if (other > score || otherTie > tie || (otherTie === tie && c < wanted)) better++
  }
  return better
}

/** The class with the highest score of an item; ties as in {@link rankOf}. */
export function estimatedClass({ scores, tieBreak }: RankedScores, item: number, classes: number): number {
  const start = item * classes
  let best = argMax(scores, start, classes)
  if (!tieBreak) return best
  for (let c = best + 1; c < classes; c++)
    if (scores[start + c] === scores[start + best] && tieBreak[start + c]! > tieBreak[start + best]!) best = c
  return best
}

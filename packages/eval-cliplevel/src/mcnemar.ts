import { AedError } from '@aed/core'

/** Two classifiers on the same items. */
export interface McNemarResult {
  readonly count: number
  readonly bothRight: number
  /** Items that only the first got right. */
  readonly onlyFirstRight: number
  /** Items that only the second got right. */
  readonly onlySecondRight: number
  readonly bothWrong: number
  /** Two-sided exact p-value: how likely so uneven a split of the items on which they differ is, were both equally good. 1 where they never differ. */
  readonly p: number
}

/** P(X ≤ k) for X of n fair coin tosses, k ≤ n / 2. Factors and halvings alternate, so that nothing over- or underflows early. */
function binomialTail(k: number, n: number): number {
  let term = 1
  let halvings = n
  for (let i = 1; i <= k; i++) {
    term *= (n - k + i) / i
    while (term > 1 && halvings > 0) {
      term *= 0.5
      halvings--
    }
  }
  for (; halvings > 0 && term > 0; halvings--) term *= 0.5
  let sum = 0
  for (let i = k; i >= 0 && term > 0; i--) {
    sum += term
    term *= i / (n - i + 1)
  }
  return sum
}

/**
 * Exact McNemar test of two classifiers on the same items, as float against int8.
 * @param first whether the first was right on each item
 * @param second the same of the second, in the same order
 * @throws AedError `INVALID_INPUT` when there is no item, or not as many of one as of the other
 * @see McNemar, Psychometrika 12, 1947; exact binomial form
 */
export function compareMcNemar(first: readonly boolean[], second: readonly boolean[]): McNemarResult {
  if (first.length !== second.length || first.length === 0)
    throw new AedError('INVALID_INPUT', `McNemar test: takes two lists of the same items, got ${first.length} and ${second.length}`)
  const counts = { bothRight: 0, onlyFirstRight: 0, onlySecondRight: 0, bothWrong: 0 }
  first.forEach((right, i) => {
    counts[right ? (second[i] ? 'bothRight' : 'onlyFirstRight') : second[i] ? 'onlySecondRight' : 'bothWrong']++
  })
  const { onlyFirstRight, onlySecondRight } = counts
  const tail = binomialTail(Math.min(onlyFirstRight, onlySecondRight), onlyFirstRight + onlySecondRight)
  return { count: first.length, ...counts, p: Math.min(1, 2 * tail) }
}

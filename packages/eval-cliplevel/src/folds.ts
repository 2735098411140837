import { AedError } from '@aed/core'

/** One figure over the folds of a cross-validation. */
export interface FoldSummary {
  readonly folds: number
  readonly mean: number
  /** Sample standard deviation (divisor n − 1); null for a single fold. */
  readonly std: number | null
}

/**
 * Mean and spread of a figure over folds.
 * @throws AedError `INVALID_INPUT` for no values or one that is not finite
 */
export function summarizeFolds(values: readonly number[]): FoldSummary {
  if (values.length === 0) throw new AedError('INVALID_INPUT', 'folds: takes the figure of one fold or more, got none')
  const bad = values.findIndex((value) => !Number.isFinite(value))
  if (bad >= 0) throw new AedError('INVALID_INPUT', `folds: takes finite figures, got ${values[bad]!} at place ${bad}`)
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0)
  return { folds: values.length, mean, std: values.length < 2 ? null : Math.sqrt(squares / (values.length - 1)) }
}

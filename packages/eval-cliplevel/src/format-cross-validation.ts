import type { CrossValidation, FoldResult } from './cross-validation.ts'
import type { NestedCrossValidation, NestedFoldResult } from './nested-cross-validation.ts'
import type { FoldScore } from './run-folds.ts'
import { table } from './text.ts'

const figure = (value: number | null | undefined) => (value === null || value === undefined ? '–' : value.toFixed(4))

/** A cross-validation as text for a terminal: the figures of each fold, their mean ± std, how many variants were looked at, and whether the folds leak. */
export function formatCrossValidation(result: CrossValidation<FoldScore> | NestedCrossValidation<FoldScore>): string {
  const { summary, variants, leaky, leaks } = result
  const folds: readonly (FoldResult<FoldScore> | NestedFoldResult<FoldScore>)[] = result.folds
  const nested = folds.some((fold) => 'chosen' in fold)
  const names = Object.keys(summary)
  const rows = [
    ['fold', 'train', 'test', ...(nested ? ['chosen'] : []), ...names],
    ...folds.map((fold) => [fold.fold, String(fold.train), String(fold.test), ...('chosen' in fold ? [fold.chosen] : []), ...names.map((name) => figure(fold.score.figures[name]))]),
    ['mean', '', '', ...(nested ? [''] : []), ...names.map((name) => figure(summary[name]?.mean))],
    ['± std', '', '', ...(nested ? [''] : []), ...names.map((name) => figure(summary[name]?.std))],
  ]
  const looked = `${variants} ${variants === 1 ? 'variant was' : 'variants were'} looked at${nested ? ', chosen by inner folds: no choice has seen the clips that it is tested on' : ''}`
  const lines = [...table(rows), '', looked]
  if (leaky) lines.push(`LEAKY: the sound of ${leaks.clips} of ${leaks.of} held-out clips is trained on; these figures do not hold for new recordings`)
  return `${lines.join('\n')}\n`
}

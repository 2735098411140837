import { describe, expect, it } from '@jest/globals'
import { patchScores } from '../test/fixtures.ts'
import { evaluate } from './evaluate.ts'
import { formatEvaluation } from './format-evaluation.ts'

describe('formatEvaluation', () => {
  it('prints figures of both levels, classes, the confusion matrix and what has no patch', () => {
    const scores = patchScores(
      ['dog', 'rain'],
      [
        ['a', 'dog', [0.75, 0.25], [0.25, 0.75]],
        ['b', 'dog', [0.25, 0.75]],
        ['c', 'rain', [0, 1]],
        ['d', 'rain'],
      ],
    )
    expect(formatEvaluation(evaluate(scores, { topK: 1 }))).toBe(`clip accuracy 50.0 % [0.0, 100.0] (95 %, bootstrap over 4 recordings), mean of scores

         count  accuracy  balanced  macro F1   top 1      mAP  log loss    ECE
clips        4    50.0 %    50.0 %    58.3 %  50.0 %   87.5 %     0.693  0.417
patches      4    50.0 %    66.7 %    50.0 %  50.0 %  100.0 %     0.765  0.313

class  clips  precision  recall      F1       AP  ROC AUC
dog        2    100.0 %  50.0 %  66.7 %  100.0 %  100.0 %
rain       2     50.0 %  50.0 %  50.0 %   75.0 %   50.0 %

rows: reference, columns: estimated
        1  2  no patch
1 dog   1  1         0
2 rain  ·  1         1

counted as wrong, without a patch: d
`)
  })

  it('prints a dash for what is not defined, and no interval for one recording', () => {
    const text = formatEvaluation(evaluate(patchScores(['dog'], [['a', 'dog', [1]]])))
    expect(text).toMatch(/^clip accuracy 100\.0 % \(no interval: one recording\)/)
    expect(text).toMatch(/clips +1 +100\.0 % +100\.0 % +100\.0 % +– +100\.0 % +– +0\.000/)
  })

  it('lists the most frequent confusions instead of a matrix of 21 classes', () => {
    const classes = Array.from({ length: 21 }, (_, i) => `c${i}`)
    const oneHot = (c: number) => classes.map((_class, i) => (i === c ? 1 : 0))
    const text = formatEvaluation(evaluate(patchScores(classes, [['a', 'c0', oneHot(5)], ['b', 'c0', oneHot(5)], ['d', 'c1', oneHot(2)], ['e', 'c3', oneHot(3)]])))
    expect(text).toMatch(/most frequent confusions\n2 {2}c0 taken for c5\n1 {2}c1 taken for c2\n$/)
  })
})

import { describe, expect, it } from '@jest/globals'
import { clipHeadScores, createRandom, tensor, type LinearHead } from '@aed/core'
import { choleskyInPlace, gram, solveCholesky } from './linear-algebra.ts'
import { trainClipHeads, type TrainClipHeadsInput, type TrainedClipHead } from './train-clip-head.ts'

const random = createRandom('clip head')
const normal = (length: number) => Float64Array.from({ length }, () => random.normal())

/** Three classes that differ in some features of two blocks, of unequal size and spread. */
function clips(rows: number): TrainClipHeadsInput {
  const labels = Int32Array.from({ length: rows }, (_, i) => i % 3)
  const data = Float32Array.from({ length: rows * 12 }, (_, at) => {
    const [row, i] = [Math.floor(at / 12), at % 12]
    return (i % 3 === labels[row] ? 2 : 0) + random.normal() * (i < 7 ? 1 : 0.3) + (i < 7 ? 5 : 0)
  })
  return { statistics: tensor('float32', [rows, 12], data), labels, classes: 3, copies: 1, blocks: [7, 5], variants: [{ gains: [1, 2] }] }
}

const linear = (head: TrainedClipHead): LinearHead => ({ ...head, features: 12, classes: 3, activation: 'softmax' })
const accuracy = (head: TrainedClipHead, { statistics, labels }: TrainClipHeadsInput) =>
  labels.reduce((right, label, row) => {
    const scores = clipHeadScores(linear(head), statistics.data.slice(row * 12, row * 12 + 12))
    return right + (scores.indexOf(Math.max(...scores)) === label ? 1 : 0)
  }, 0) / labels.length

describe('linear algebra', () => {
  for (const n of [1, 3, 4, 9, 18])
    it(`solves a system of ${n} rows`, () => {
      const x = normal(n * 30)
      const k = gram(x, n, 30)
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) {
          let sum = 0
          for (let d = 0; d < 30; d++) sum += x[i * 30 + d]! * x[j * 30 + d]!
          if (j <= i) expect(k[i * n + j]).toBeCloseTo(sum, 10)
          else expect(k[i * n + j]).toBe(0)
        }
      const full = (i: number, j: number) => (j <= i ? k[i * n + j]! : k[j * n + i]!)
      const y = normal(n * 2)
      const b = Float64Array.from({ length: n * 2 }, (_, at) => {
        let sum = 0
        for (let j = 0; j < n; j++) sum += full(at >> 1, j) * y[2 * j + (at & 1)]!
        return sum
      })
      const l = k.slice()
      choleskyInPlace(l, n)
      solveCholesky(l, n, b, 2)
      b.forEach((value, i) => expect(value).toBeCloseTo(y[i]!, 6))
    })

  it('refuses a matrix that is not positive definite', () => {
    expect(() => choleskyInPlace(Float64Array.of(1, 0, 2, 1), 2)).toThrow(expect.objectContaining({ code: 'TRAINING_FAILED' }))
  })
})

describe('trainClipHeads', () => {
  it('finds the least-squares minimum: no nearby weights have a lower penalised error', () => {
    const input = clips(60)
    const [head] = trainClipHeads({ ...input, variants: [{ gains: [1, 2], training: { penalty: 0.5, sharpness: 1 } }] })
    const rows = Array.from({ length: 60 }, (_, row) => Float64Array.from({ length: 12 }, (_v, i) => (input.statistics.data[row * 12 + i]! - head!.mean[i]!) * head!.scale[i]!))
    expect(Math.sqrt(rows.reduce((sum, row) => sum + row.reduce((a, x) => a + x * x, 0), 0) / 60)).toBeCloseTo(1, 5)
    const weights = Float64Array.from(head!.weights)
    const constants = Float64Array.from(head!.bias, (b) => b / Math.sqrt(0.3)) // weight of the constant feature
    const objective = () => {
      let sum = 0
      for (const [row, x] of rows.entries())
        for (let c = 0; c < 3; c++) {
          let y = constants[c]! * Math.sqrt(0.3) - ((c === input.labels[row] ? 1 : 0) - 0.1)
          for (let i = 0; i < 12; i++) y += weights[c * 12 + i]! * x[i]!
          sum += y * y
        }
      return sum + 0.5 * (weights.reduce((a, w) => a + w * w, 0) + constants.reduce((a, w) => a + w * w, 0))
    }
    const lowest = objective()
    for (const values of [weights, constants])
      for (let i = 0; i < values.length; i++)
        for (const step of [-0.01, 0.01]) {
          values[i]! += step
          expect(objective()).toBeGreaterThan(lowest)
          values[i]! -= step
        }
  })

  it('is the same alone and beside others, and leaves out a block of gain 0', () => {
    const input = clips(50)
    const variants = [{ gains: [1, 2] }, { gains: [0, 1] }, { gains: [1, 1], training: { solver: 'softmax' as const, penalty: 0.1 } }]
    const together = trainClipHeads({ ...input, variants })
    expect(variants.map((variant) => trainClipHeads({ ...input, variants: [variant] })[0])).toEqual(together)
    expect(together[1]!.scale.subarray(0, 7).every((x) => x === 0)).toBe(true)
    expect(together[1]!.scale[7]).toBeGreaterThan(0)
  })

  for (const solver of ['ridge', 'softmax'] as const)
    it(`${solver}: learns classes that statistics tell apart`, () => {
      const [head] = trainClipHeads({ ...clips(150), variants: [{ gains: [1, 2], training: { solver, penalty: 0.1 } }] })
      expect(accuracy(head!, clips(300))).toBeGreaterThan(0.97)
      if (solver === 'softmax') expect(head!.iterations).toBeLessThan(500) // the stopping rule was met
    })

  for (const [what, change, code] of [
    ['no rows', { statistics: tensor('float32', [0, 12], new Float32Array(0)), labels: new Int32Array(0) }, 'SPLIT_INVALID'],
    ['a label beyond the classes', { classes: 2 }, 'INVALID_INPUT'],
    ['blocks that do not add up', { blocks: [7, 6] }, 'INVALID_INPUT'],
    ['a gain too few', { variants: [{ gains: [1] }] }, 'INVALID_INPUT'],
    ['a statistic that is not finite', { statistics: tensor('float32', [6, 12], new Float32Array(72).fill(NaN, 5, 6)), labels: new Int32Array(6) }, 'INVALID_INPUT'],
    ['statistics that never differ', { statistics: tensor('float32', [6, 12], new Float32Array(72).fill(1)), labels: new Int32Array(6) }, 'TRAINING_FAILED'],
  ] as const)
    it(`refuses ${what}`, () => {
      expect(() => trainClipHeads({ ...clips(6), ...change })).toThrow(expect.objectContaining({ code }))
    })
})

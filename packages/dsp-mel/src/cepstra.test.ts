import { createRandom, type Tensor } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { casesOf, codeOf, DECIBELS, expectClose, golden } from '../test/goldens.ts'
import { delta } from './delta.ts'
import { mfcc } from './mfcc.ts'
import { powerToDb } from './power-to-db.ts'
import { bandStatistics, standardizeBands } from './standardize.ts'

const random = createRandom('cepstra')
const features = (...shape: number[]): Tensor<'float32'> => ({ dtype: 'float32', shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()) })
const rows = (columns: number, ...data: number[]): Tensor<'float32'> => ({ dtype: 'float32', shape: [data.length / columns, columns], data: Float32Array.from(data) })

describe('powerToDb', () => {
  it.each(casesOf('powerToDb'))('equals librosa within 1e-4 dB: %s', (_name, { file, input, options }) => {
    const expected = golden(file)
    const { shape, data } = powerToDb(golden(input), options)
    expect(shape).toEqual(expected.shape)
    expectClose(data, expected.data, DECIBELS)
  })

  it('has its floor below the loudest value, whatever the reference', () => {
    expect([...powerToDb(rows(3, 100, 1, 1e-9), { ref: 1, topDb: 50 }).data]).toEqual([20, 0, -30])
  })
})

describe('mfcc', () => {
  it.each(casesOf('mfcc'))('equals librosa within 1e-4: %s', (_name, { file, input, options }) => {
    const expected = golden(file)
    const { shape, data } = mfcc(golden(input), options as object)
    expect(shape).toEqual(expected.shape)
    expectClose(data, expected.data, DECIBELS)
  })

  it('keeps the energy of a frame when all coefficients are taken', () => {
    const input = features(40, 1)
    const energy = (data: Float32Array) => data.reduce((sum, x) => sum + x * x, 0)
    expect(energy(mfcc(input, { nMfcc: 40 }).data)).toBeCloseTo(energy(input.data), 4)
  })

  it('refuses more coefficients than bands, and other shapes', () => {
    expect(codeOf(() => mfcc(features(4, 3), { nMfcc: 5 }))).toBe('INVALID_OPTION')
    expect(codeOf(() => mfcc(features(4, 3, 2), { nMfcc: 2 }))).toBe('INVALID_INPUT')
  })
})

describe('delta', () => {
  it.each(casesOf('delta'))('equals librosa within 1e-4: %s', (_name, { file, input, options }) => {
    const expected = golden(file)
    const { shape, data } = delta(golden(input), options as object)
    expect(shape).toEqual(expected.shape)
    expectClose(data, expected.data, DECIBELS)
  })

  it('is the slope of a line and the curvature of a parabola, to both ends', () => {
    const line = rows(12, ...Array.from({ length: 12 }, (_, t) => 3 * t - 7))
    const parabola = rows(12, ...Array.from({ length: 12 }, (_, t) => 2 * t * t - t))
    expectClose(delta(line, {}).data, new Float32Array(12).fill(3), { abs: 1e-5 })
    expectClose(delta(parabola, { order: 2, width: 5 }).data, new Float32Array(12).fill(4), { abs: 1e-5 })
  })

  it.each([
    ['an even width', { width: 4 }, 'INVALID_OPTION'],
    ['an order of the width', { width: 3, order: 3 }, 'INVALID_OPTION'],
    ['fewer frames than the width', { width: 11 }, 'INVALID_INPUT'],
  ] as const)('refuses %s', (_name, options, code) => {
    expect(codeOf(() => delta(features(2, 10), options))).toBe(code)
  })
})

describe('standardizeBands', () => {
  it.each(casesOf('standardize'))('equals scikit-learn within 1e-6: %s', (_name, { file, input, statistics }) => {
    const found = bandStatistics([golden(input)])
    expectClose([...found.mean, ...found.std], golden(statistics, 'float64').data, { rel: 1e-12 })
    expectClose(standardizeBands(golden(input), null).data, golden(file).data, { abs: 1e-6 })
  })

  it('takes patches, and the statistics of other features', () => {
    const training = [features(5, 30), features(2, 5, 11)]
    const { mean, std } = bandStatistics(training)
    const patches = features(3, 5, 7)
    const { shape, data } = standardizeBands(patches, { mean, std })
    expect(shape).toEqual([3, 5, 7])
    expectClose(data, patches.data.map((value, i) => (value - mean[Math.floor(i / 7) % 5]!) / std[Math.floor(i / 7) % 5]!), { rel: 1e-6 })
  })

  it('makes 0 of a band that never changes', () => {
    expect([...standardizeBands(rows(7, ...new Array<number>(7).fill(-79.9)), null).data]).toEqual(new Array(7).fill(0))
  })

  it('refuses no frames, other bands, other shapes', () => {
    expect(codeOf(() => bandStatistics([]))).toBe('INVALID_INPUT')
    expect(codeOf(() => bandStatistics([features(4, 3), features(5, 3)]))).toBe('INVALID_INPUT')
    expect(codeOf(() => standardizeBands(features(4), null))).toBe('INVALID_INPUT')
  })
})

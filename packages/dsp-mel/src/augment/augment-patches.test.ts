import { createRandom, type Tensor } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { codeOf, expectClose } from '../../test/goldens.ts'
import { augmentPatches, type AugmentInput } from './augment-patches.ts'
import type { AugmentRecipeInput, AugmentStep } from './recipe.ts'

const BANDS = 12
const FRAMES = 9
const SIZE = BANDS * FRAMES
const random = createRandom('augment')
const patchesOf = (count: number, value: (i: number) => number): Tensor<'float32'> => ({ dtype: 'float32', shape: [count, BANDS, FRAMES], data: Float32Array.from({ length: count * SIZE }, (_, i) => value(i)) })
const noise = patchesOf(40, () => random.between(-70, 0))
const partners = patchesOf(6, () => random.between(-70, 0))
type StepInput = AugmentRecipeInput['steps'][number]

const run = (steps: readonly StepInput[], input: AugmentInput = { patches: noise, partners }, more: Partial<AugmentRecipeInput> = {}) => augmentPatches(input, { seed: 3, ...more, steps: [...steps] })
/** What one step adds to the patches, patch by patch. */
const changes = (step: StepInput, patches = noise) => {
  const { data } = run([step], { patches, partners }).patches
  return Array.from({ length: patches.shape[0]! }, (_, i) => Array.from({ length: SIZE }, (__, k) => data[i * SIZE + k]! - patches.data[i * SIZE + k]!))
}
const NAMES: readonly AugmentStep['name'][] = ['frequencyMask', 'timeMask', 'melShift', 'equalize', 'gain', 'noise', 'mix']
const all = NAMES.map((name) => ({ name, probability: 0.7 }))

describe('augmentPatches', () => {
  it('gives the same bits for the same seed, others for another, and leaves its input alone', () => {
    const before = noise.data.slice()
    expect(run(all)).toEqual(run(all))
    expect(run(all).patches.data).not.toEqual(run(all, undefined, { seed: 4 }).patches.data)
    expect(noise.data).toEqual(before)
  })

  it('gives a patch the same bits in any part of the set', () => {
    const whole = run(all)
    const part = run(all, { patches: { ...noise, shape: [7, BANDS, FRAMES], data: noise.data.slice(20 * SIZE, 27 * SIZE) }, partners }, { offset: 20 })
    expect(part.patches.data).toEqual(whole.patches.data.slice(20 * SIZE, 27 * SIZE))
    expect(part.weights).toEqual(whole.weights.slice(20, 27))
  })

  it('is JSON: a recipe survives it', () => {
    const recipe = JSON.parse(JSON.stringify({ seed: 3, steps: all })) as AugmentRecipeInput
    expect(augmentPatches({ patches: noise, partners }, recipe)).toEqual(run(all))
  })

  it.each(NAMES)('%s changes patches, none with probability 0, about half with 0.5', (name) => {
    const changed = (probability: number) => {
      const { data } = run([{ name, probability }]).patches
      return Array.from({ length: 40 }, (_, i) => data.subarray(i * SIZE, (i + 1) * SIZE).some((value, k) => value !== noise.data[i * SIZE + k])).filter(Boolean).length
    }
    expect(changed(0)).toBe(0)
    expect(changed(1)).toBeGreaterThan(25) // a mask or a shift may be 0 wide
    expect(changed(0.5)).toBeGreaterThan(5)
    expect(changed(0.5)).toBeLessThan(30)
  })

  it('masks whole neighbouring bands with the mean, of every width up to the largest', () => {
    const { data } = run([{ name: 'frequencyMask', maxWidth: 4 }]).patches
    const widths = new Set<number>()
    for (let i = 0; i < 40; i++) {
      const before = noise.data.subarray(i * SIZE, (i + 1) * SIZE)
      const mean = Math.fround(before.reduce((sum, x) => sum + x, 0) / SIZE)
      const masked = Array.from({ length: BANDS }, (_, m) => m).filter((m) => data.subarray(i * SIZE + m * FRAMES, i * SIZE + (m + 1) * FRAMES).every((x) => Math.abs(x - mean) < 1e-5))
      if (masked.length) expect(masked.at(-1)! - masked[0]!).toBe(masked.length - 1)
      widths.add(masked.length)
    }
    expect([...widths].sort()).toEqual([0, 1, 2, 3, 4])
  })

  it('masks whole frames with the minimum', () => {
    const { data } = run([{ name: 'timeMask', maxWidth: 3, count: 1, fill: 'minimum' }]).patches
    for (let i = 0; i < 40; i++) {
      const least = Math.min(...noise.data.subarray(i * SIZE, (i + 1) * SIZE))
      const columns = Array.from({ length: FRAMES }, (_, t) => Array.from({ length: BANDS }, (__, m) => data[i * SIZE + m * FRAMES + t]!))
      expect(columns.filter((column) => column.every((x) => x === least)).length).toBeLessThanOrEqual(3)
      expect(columns.every((column) => column.every((x) => x === least) || column.filter((x) => x === least).length <= 1)).toBe(true)
    }
  })

  it('moves bands as a whole and repeats the one at the edge', () => {
    const ramp = patchesOf(40, (i) => Math.floor((i % SIZE) / FRAMES))
    const shifts = new Set<number>()
    const { data } = run([{ name: 'melShift', maxShift: 2 }], { patches: ramp }).patches
    for (let i = 0; i < 40; i++) {
      const column = Array.from({ length: BANDS }, (_, m) => data[i * SIZE + m * FRAMES]!)
      const shift = 5 - column[5]!
      expect(column).toEqual(column.map((_, m) => Math.min(BANDS - 1, Math.max(0, m - shift))))
      shifts.add(shift)
    }
    expect([...shifts].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2])
  })

  it('adds one gain a patch, a curve constant in time, noise of the deviation asked for', () => {
    for (const change of changes({ name: 'gain', min: -3, max: 5 })) {
      expectClose(change, new Array<number>(SIZE).fill(change[0]!), { abs: 2e-5 })
      expect(change[0]! >= -3 && change[0]! <= 5).toBe(true)
    }
    for (const change of changes({ name: 'equalize', points: 3, maxGain: 4 })) {
      expectClose(change, change.map((_, i) => change[i - (i % FRAMES)]!), { abs: 2e-5 })
      expect(Math.max(...change.map(Math.abs))).toBeLessThan(4.0001)
    }
    const values = changes({ name: 'noise', deviation: 2 }).flat()
    expect(Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length)).toBeCloseTo(2, 1)
  })

  it('mixes in mel power with the weight and the partner that it names', () => {
    const { patches, weights, partners: used } = run([{ name: 'mix', minWeight: 0.3 }])
    expect(Math.min(...weights)).toBeGreaterThan(0.3)
    expect(new Set(used)).toEqual(new Set([0, 1, 2, 3, 4, 5]))
    const expected = noise.data.map((value, k) => {
      const i = Math.floor(k / SIZE)
      const other = partners.data[used[i]! * SIZE + (k % SIZE)]!
      return 10 * Math.log10(weights[i]! * 10 ** (value / 10) + (1 - weights[i]!) * 10 ** (other / 10))
    })
    expectClose(patches.data, expected, { abs: 1e-4 })
  })

  it('draws the share from Beta(alpha, alpha): mean 1/2, variance 1 / (8 alpha + 4), turned over below minWeight', () => {
        const ones = (count: number): Tensor<'float32'> => ({ dtype: 'float32', shape: [count, 1, 1], data: new Float32Array(count) })
    for (const alpha of [0.05, 0.4, 3]) {
      const { weights } = augmentPatches({ patches: ones(4000), partners: ones(1) }, { steps: [{ name: 'mix', alpha, minWeight: 0 }] })
      const mean = weights.reduce((sum, x) => sum + x, 0) / 4000
      expect(mean).toBeCloseTo(0.5, 1)
      expect(Math.abs(weights.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 4000 / (1 / (8 * alpha + 4)) - 1)).toBeLessThan(0.07)
    }
    const turned = run([{ name: 'mix', alpha: 0.4, minWeight: 0.5 }]).weights
    expect(Math.min(...turned)).toBeGreaterThanOrEqual(0.5)
  })

  it('does to power what it does to dB', () => {
    const power = (tensor: Tensor<'float32'>) => ({ ...tensor, data: tensor.data.map((x) => 10 ** (x / 10)) })
    const steps = [{ name: 'gain' }, { name: 'equalize' }, { name: 'mix' }, { name: 'noise' }, { name: 'melShift' }, { name: 'timeMask', fill: 'minimum' }] as const
    const decibels = run(steps).patches.data
    const { data } = run(steps, { patches: power(noise), partners: power(partners) }, { scale: 'power' }).patches
    expectClose(data.map((x) => 10 * Math.log10(x)), decibels, { abs: 1e-4 })
  })

  it('raises what lies below the floor', () => {
    expect(Math.min(...run([{ name: 'gain', min: -9, max: -9 }], undefined, { floor: -60 }).patches.data)).toBe(-60)
  })

  it.each([
    ['an unknown step', { patches: noise }, [{ name: 'reverb' }], 'INVALID_OPTION'],
    ['an unknown option', { patches: noise }, [{ name: 'gain', low: 3 }], 'INVALID_OPTION'],
    ['a probability of 2', { patches: noise }, [{ name: 'gain', probability: 2 }], 'INVALID_OPTION'],
    ['a gain from 3 to 2 dB', { patches: noise }, [{ name: 'gain', min: 3, max: 2 }], 'INVALID_OPTION'],
    ['two mixes', { patches: noise, partners }, [{ name: 'mix' }, { name: 'mix' }], 'INVALID_OPTION'],
    ['a mix without partners', { patches: noise }, [{ name: 'mix' }], 'INVALID_INPUT'],
    ['partners of another shape', { patches: noise, partners: { ...partners, shape: [6, FRAMES, BANDS] } }, [{ name: 'mix' }], 'INVALID_INPUT'],
    ['a spectrogram', { patches: { ...noise, shape: [480, FRAMES] } }, [], 'INVALID_INPUT'],
  ] as const)('refuses %s', (_name, input, steps, code) => {
    expect(codeOf(() => augmentPatches(input, { steps: steps as never }))).toBe(code)
  })
})

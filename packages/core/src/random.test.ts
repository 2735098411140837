import { describe, expect, it } from '@jest/globals'
import { createRandom } from './random.ts'

const draw = <T>(n: number, from: () => T): T[] => Array.from({ length: n }, from)

describe('createRandom', () => {
  it('gives this sequence for seed 1 (as a Python implementation of xoshiro128** does), in every runtime and version', () => {
    const random = createRandom(1)
    expect(draw(5, () => random.uint32())).toEqual([4120280177, 3551209258, 2840443002, 1807342141, 2251836427])
    expect([random.uniform(), random.normal(), random.between(-2, 3), random.integer(10)]).toEqual([0.17763576104386392, -0.05275103887364332, 1.6150438691573012, 6])
    expect(random.shuffle([0, 1, 2, 3, 4, 5, 6, 7])).toEqual([7, 2, 3, 5, 6, 1, 0, 4])
    expect(random.fork('a').uint32()).toBe(3668952094)
  })

  it('gives equal sequences for equal seeds, others for others, numbers and texts alike', () => {
    const of = (seed: number | string) => {
      const random = createRandom(seed)
      return draw(8, () => random.uint32())
    }
    expect(of('esc10')).toEqual(of('esc10'))
    expect(of(7)).toEqual(of('7'))
    const first = ['', 0, 1, 2, -1, 'a', 'b', 1.5, 2 ** 40].map((seed) => of(seed).join())
    expect(new Set(first).size).toBe(first.length)
  })

  it('sets each of its 32 bits in half of 20,000 numbers', () => {
    const random = createRandom('bits')
    const ones = new Float64Array(32)
    const n = 20_000
    for (let i = 0; i < n; i++) {
      const x = random.uint32()
      expect(x >>> 0).toBe(x)
      for (let bit = 0; bit < 32; bit++) ones[bit]! += (x >>> bit) & 1
    }
    for (const count of ones) expect(Math.abs(count / n - 0.5)).toBeLessThan(0.02) // 5.6 σ
  })
})

describe('uniform', () => {
  it('fills [0, 1) evenly: 16 cells of 100,000 draws have χ² below 50 (15 degrees of freedom)', () => {
    const random = createRandom(3)
    const cells = new Float64Array(16)
    for (let i = 0; i < 100_000; i++) {
      const x = random.uniform()
      if (!(x >= 0 && x < 1)) throw new Error(`${x} is outside [0, 1)`)
      cells[Math.floor(16 * x)]!++
    }
    const expected = 100_000 / 16
    expect(cells.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)).toBeLessThan(50)
  })

  it('has 53 bits', () => {
    const random = createRandom(4)
    const values = draw(1000, () => random.uniform())
    expect(values.every((x) => Number.isInteger(x * 2 ** 53))).toBe(true)
    expect(values.some((x) => !Number.isInteger(x * 2 ** 52))).toBe(true)
  })
})

describe('between and integer', () => {
  it('stay in their ranges and reach all of them', () => {
    const random = createRandom(5)
    const values = draw(2000, () => random.between(-3, 5))
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-3)
    expect(Math.max(...values)).toBeLessThan(5)
    expect(Math.min(...values)).toBeLessThan(-2.9)
    expect(Math.max(...values)).toBeGreaterThan(4.9)
    for (const n of [1, 2, 3, 7, 10]) expect([...new Set(draw(500, () => random.integer(n)))].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i))
    expect(draw(50, () => random.integer(2 ** 32)).every((x) => Number.isInteger(x) && x < 2 ** 32)).toBe(true)
  })

  it('favours no value where n does not divide 2^32: n = 3 · 2^30 gives each third as often', () => {
    const random = createRandom(6)
    const n = 3 * 2 ** 30
    const thirds = [0, 0, 0]
    for (let i = 0; i < 30_000; i++) thirds[Math.floor(random.integer(n) / 2 ** 30)]!++
    for (const count of thirds) expect(Math.abs(count - 10_000)).toBeLessThan(450) // without rejection the first would have 15,000
  })
})

describe('normal', () => {
  it('has mean 0, deviation 1 and 4.55 % beyond 2 in 100,000 draws', () => {
    const random = createRandom(8)
    const values = draw(100_000, () => random.normal())
    const mean = values.reduce((a, b) => a + b, 0) / values.length
    const std = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length)
    expect(Math.abs(mean)).toBeLessThan(0.015)
    expect(Math.abs(std - 1)).toBeLessThan(0.01)
    expect(Math.abs(values.filter((x) => Math.abs(x) > 2).length / values.length - 0.0455)).toBeLessThan(0.003)
    expect(values.every(Number.isFinite)).toBe(true)
  })
})

describe('shuffle', () => {
  it('permutes in place, arrays and typed arrays, and gives each order as often: 6 orders of 3 in 12,000', () => {
    const random = createRandom(9)
    const typed = Int32Array.of(1, 2, 3, 4)
    expect(random.shuffle(typed)).toBe(typed)
    expect([...typed].sort()).toEqual([1, 2, 3, 4])
    expect(random.shuffle([])).toEqual([])
    const counts = new Map<string, number>()
    for (let i = 0; i < 12_000; i++) {
      const order = random.shuffle([0, 1, 2]).join('')
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(6)
    for (const count of counts.values()) expect(Math.abs(count - 2000)).toBeLessThan(220)
  })
})

describe('fork', () => {
  it('depends on seed and label alone, and does not advance its parent', () => {
    const parent = createRandom(10)
    const before = parent.fork('x').uint32()
    parent.uint32()
    expect(parent.fork('x').uint32()).toBe(before)
    expect(parent.fork('y').uint32()).not.toBe(before)
    const other = createRandom(10)
    other.uint32()
    other.fork(1)
    parent.fork(2)
    expect(other.uint32()).toBe(parent.uint32())
  })
})

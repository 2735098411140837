import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { ulps } from '../test/ulp.ts'
import { cos, cosPi, exp, log, log10, pow, sin, sinPi } from './math.ts'
import { createRandom, type Random } from './random.ts'
import { sha256 } from './sha256.ts'

type Name = 'exp' | 'log' | 'log10' | 'pow' | 'sin' | 'cos' | 'sinPi' | 'cosPi'
type Functions = Readonly<Record<Name, (...args: number[]) => number>>
const functions: Functions = { exp, log, log10, pow, sin, cos, sinPi, cosPi }
const platform: Omit<Functions, 'sinPi' | 'cosPi'> = Math

/** `[...arguments, correctly rounded value]`, by tools/golden/make_math_goldens.py. */
const goldens = JSON.parse(readFileSync(new URL('../test/golden/math.json', import.meta.url), 'utf8')) as Record<Name, number[][]>

describe.each(Object.keys(functions) as Name[])('%s', (name) => {
  it('is within 1 ulp of the correctly rounded value on 150 golden points', () => {
    const rows = goldens[name]
    expect(rows.length).toBeGreaterThan(100)
    const far = rows.filter((row) => ulps(functions[name](...row.slice(0, -1)), row.at(-1)!) > 1)
    expect(far).toEqual([])
  })
})

/** Any finite double above 0, each exponent as likely as another. */
const positive = (random: Random) => {
  const view = new DataView(new ArrayBuffer(8))
  view.setUint32(0, random.integer(0x7ff00000))
  view.setUint32(4, random.uint32())
  return view.getFloat64(0)
}
const grids: readonly (readonly [name: keyof typeof platform, what: string, ulp: number, draw: (random: Random) => number[]])[] = [
  ['exp', '[-745.2, 709.8]', 1, (r) => [r.between(-745.2, 709.8)]],
  ['exp', '[-1, 1]', 1, (r) => [r.between(-1, 1)]],
  ['log', 'all positive doubles', 1, (r) => [positive(r)]],
  ['log', '[0.5, 2]', 1, (r) => [r.between(0.5, 2)]],
  ['log10', 'all positive doubles', 2, (r) => [positive(r)]],
  ['log10', '[0.5, 2]', 2, (r) => [r.between(0.5, 2)]], // Math.log10 of V8 is 1 ulp off itself
  ['pow', 'positive bases', 1, (r) => [r.between(0, 10), r.between(-50, 50)]],
  ['pow', 'negative bases, whole exponents', 1, (r) => [-r.between(0, 10), r.integer(101) - 50]],
  ['pow', 'bases near 1, large exponents', 1, (r) => [r.between(0.999, 1.001), r.between(-7e5, 7e5)]],
  ['sin', '[-10, 10]', 1, (r) => [r.between(-10, 10)]],
  ['cos', '[-10, 10]', 1, (r) => [r.between(-10, 10)]],
  ['sin', '[-1e6, 1e6]', 1, (r) => [r.between(-1e6, 1e6)]],
  ['cos', '[-1e6, 1e6]', 1, (r) => [r.between(-1e6, 1e6)]],
  ['sin', 'multiples of π/2', 1, (r) => [(r.integer(1272001) - 636000) * (Math.PI / 2)]],
  ['cos', 'multiples of π/2', 1, (r) => [(r.integer(1272001) - 636000) * (Math.PI / 2)]],
]

describe('all functions', () => {
  for (const [name, what, ulp, draw] of grids)
    it(`stay within ${ulp} ulp of Math: ${name}, ${what}`, () => {
      const random = createRandom(`${name} ${what}`)
      let worst = { distance: 0, at: [] as number[] }
      for (let i = 0; i < 20_000; i++) {
        const at = draw(random)
        const distance = ulps(functions[name](...at), platform[name](...at))
        if (distance > worst.distance) worst = { distance, at }
      }
      expect(worst.distance <= ulp ? 'close' : worst).toBe('close')
    })

  const special = [0, -0, 1, -1, 0.5, -0.5, 2, -3, NaN, Infinity, -Infinity, 5e-324, -5e-324, 2.2250738585072014e-308, 1e308, -1e308, Number.MAX_VALUE, 2 ** 53, 2 ** 53 + 2]

  for (const name of ['exp', 'log', 'log10'] as const)
    it(`take special values as Math does: ${name}`, () => {
      for (const x of special) expect(ulps(functions[name](x), Math[name](x))).toBeLessThanOrEqual(1)
    })

  it('take special values as Math does: pow', () => {
    for (const x of special)
      for (const y of special) {
        const found = pow(x, y)
        const expected = Math.pow(x, y)
        expect([x, y, ulps(found, expected) <= 1, Object.is(found, -0)]).toEqual([x, y, true, Object.is(expected, -0)])
      }
  })

  it('keep the sign of zero, and are NaN where an angle is beyond 10^6 or no number', () => {
    expect(sin(-0)).toBe(-0)
    expect(sin(0)).toBe(0)
    for (const f of [sin, cos]) for (const x of [NaN, Infinity, -Infinity, 1000001]) expect(f(x)).toBeNaN()
    for (const f of [sinPi, cosPi]) for (const x of [NaN, Infinity, -Infinity]) expect(f(x)).toBeNaN()
  })

  // No output of these depends on the runtime: the same constant holds in every one.
  it('give the bytes whose SHA-256 is stored, over 100,000 outputs', async () => {
    const random = createRandom('bytes')
    const outputs = new Float64Array(100_000)
    for (let i = 0; i < outputs.length; ) {
      const x = random.between(-40, 40)
      const p = positive(random)
      for (const value of [exp(x), log(p), log10(p), pow(1 + random.uniform(), x), sin(x), cos(x), sinPi(x), cosPi(x), exp(18 * x), pow(p, random.between(-1, 1))]) outputs[i++] = value
    }
    expect(await sha256(outputs)).toBe('9d20225457f8d93c0da87182d9ebdbefca983b5b23fefd2c334727098a800826')
  })
})

describe('exp', () => {
  it('is exact where the result is: e^0 = 1, below and above the range 0 and infinity', () => {
    expect([exp(0), exp(-0), exp(-746), exp(710), exp(-Infinity)]).toEqual([1, 1, 0, Infinity, 0])
    expect(exp(-745.1)).toBe(5e-324)
  })
})

describe('log10', () => {
  it('is exact for 10^0 to 10^22, the powers of ten that a double holds', () => {
    for (let k = 0; k <= 22; k++) expect(log10(Number(`1e${k}`))).toBe(k)
  })
})

describe('pow', () => {
  it('is exact for powers of two and for 10^0 to 10^22', () => {
    for (let k = -1074; k <= 1023; k++) expect(pow(2, k)).toBe(2 ** k)
    for (let k = 0; k <= 22; k++) expect(pow(10, k)).toBe(Number(`1e${k}`))
    expect([pow(3, 2), pow(-3, 3), pow(1.5, 2), pow(49, 0.5), pow(2, -1074)]).toEqual([9, -27, 2.25, 7, 5e-324])
  })
})

describe('sinPi and cosPi', () => {
  it('are exact at multiples of 1/2, without -0, however large', () => {
    for (const turns of [0, -4, 2 ** 40, 1e300])
      for (const [quarter, s, c] of [[0, 0, 1], [0.5, 1, 0], [1, 0, -1], [1.5, -1, 0], [-0.5, -1, 0], [-1, 0, -1]] as const) {
        if (turns === 1e300 && quarter !== 0) continue
        expect([sinPi(turns + quarter), cosPi(turns + quarter)]).toEqual([s, c])
      }
  })

  it('are symmetric to the bit: cos π(1 - x) = -cos πx, sin π(1 - x) = sin πx on 1024 steps', () => {
    for (let i = 0; i <= 1024; i++) {
      const x = i / 1024
      expect(sinPi(1 - x)).toBe(sinPi(x))
      expect(cosPi(1 - x) + 0).toBe(-cosPi(x) + 0)
    }
  })
})

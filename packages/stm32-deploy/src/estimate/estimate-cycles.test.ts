import { describe, expect, it } from '@jest/globals'
import { TARGETS } from '../targets.ts'
import { CORTEX_M33, cyclesOf, kindOf, type Instruction } from './core-timings.ts'
import { constantMisses, estimateCycles } from './estimate-cycles.ts'

const parse = (text: string): Instruction => ({ mnemonic: text.split(' ')[0]!, operands: text.slice(text.indexOf(' ') + 1) })
const cycles = (text: string, next?: string) => cyclesOf(parse(text), next === undefined ? undefined : parse(next), CORTEX_M33)

describe('kindOf', () => {
  it.each([
    ['bne.n 1000', 'branch'], ['bl 1000', 'branch'], ['cbnz r3, 1000', 'branch'], ['bic.w r0, r1, r2', 'arithmetic'], ['bfi r0, r1, #2, #3', 'arithmetic'], ['ldrsh.w r7, [r1]', 'load'], ['vldmia r2!, {s15}', 'load'],
    ['pop {r4, pc}', 'load'], ['vstr s1, [r0]', 'store'], ['strd r0, r1, [r2]', 'store'], ['smlad r0, r1, r2, r3', 'multiply'], ['smmlar r0, r1, r2, r3', 'multiply'], ['mul.w r0, r1, r2', 'multiply'],
    ['vmul.f32 s0, s1, s2', 'float'], ['sxtb16 r0, r1', 'arithmetic'], ['ssat r0, #8, r1', 'arithmetic'],
  ])('%s: %s', (text, kind) => expect(kindOf(parse(text))).toBe(kind))
})

describe('cyclesOf on the Cortex-M33', () => {
  it.each([
    ['add r0, r1', undefined, 1], ['smlad r0, r1, r2, r3', undefined, 1], ['ldr r0, [r1]', 'add r2, r3', 1], ['ldr r0, [r1]', 'add.w r2, r3, r0', 2], ['ldr r0, [r1]', 'str r0, [r5]', 2], ['ldr r0, [r1]', 'ldr r0, [r5]', 1],
    ['ldmia.w r0!, {r4-r7}', undefined, 4], ['ldrd r0, r1, [r2]', undefined, 2], ['push {r4-r7, lr}', undefined, 5], ['pop {r4, pc}', undefined, 5], ['b.n 1000', undefined, 3], ['sdiv r0, r1, r2', undefined, 7],
    ['vdiv.f32 s0, s1, s2', undefined, 14], ['vmla.f32 s0, s1, s2', undefined, 3], ['vadd.f32 s0, s1, s2', undefined, 1], ['str r0, [r1]', undefined, 1],
  ])('%s, then %s: %d', (text, next, expected) => expect(cycles(text, next)).toBe(expected))
})

describe('estimateCycles', () => {
  const timing = TARGETS.stm32u585.timing
  it('adds the blocks and the lines that the cache waits for; time and energy at 160 MHz', () => {
    const blocks = [{ instructions: ['ldr r0, [r1]', 'smlad r2, r0, r3, r2', 'bne.n 1000'].map(parse), runs: 1_000_000 }]
    const estimate = estimateCycles(blocks, 1000, timing)
    expect(estimate).toMatchObject({ instructions: 3_000_000, coreCycles: 6_000_000, missCycles: 8000, cycles: 6_008_000, mix: { load: 1_000_000, multiply: 1_000_000, branch: 1_000_000, store: 0 } })
    expect(estimate.milliseconds).toBeCloseTo(37.55, 5)
    expect(estimate.millijoules).toBeCloseTo(0.03755 * 19.5e-6 * 160 * 3.3 * 1000, 9)
  })

  it('fetches constants that fit once, and others in every pass', () => {
    const layer = { columns: 2 }
    expect(constantMisses([{ ...layer, constants: 1600, macs: 1e6 }], timing)).toBe(100)
    expect(constantMisses([{ ...layer, constants: 16_000, macs: 3_200_000 }], timing)).toBe(100_000)
    expect(constantMisses([{ ...layer, constants: 0, macs: 5 }], timing)).toBe(0)
  })
})

import { describe, expect, it } from '@jest/globals'
import { TARGETS } from '../targets.ts'
import { CORTEX_M33, CORTEX_M4, cyclesOf, cyclesOfJump, jumps, kindOf, type Instruction } from './core-timings.ts'
import { estimateCycles } from './estimate-cycles.ts'

/** An instruction as objdump prints it; of 16 bits where it ends in `.n` or has no suffix and a low register first, which is all that these tests need. */
const parse = (text: string): Instruction => {
  const mnemonic = text.split(' ')[0]!
  return { mnemonic, operands: text.slice(mnemonic.length + 1), size: mnemonic.endsWith('.n') || /^(adds|subs|cmp|add|mov|it|pop|push|muls) /.test(text) ? 2 : 4 }
}
const cycles = (text: string, before?: string, timings = CORTEX_M33) => cyclesOf(parse(text), before === undefined ? undefined : parse(before), timings)

describe('kindOf', () => {
  it.each([
    ['bne.n 1000', 'branch'], ['bl 1000', 'branch'], ['cbnz r3, 1000', 'branch'], ['bic.w r0, r1, r2', 'arithmetic'], ['bfi r0, r1, #2, #3', 'arithmetic'], ['ldrsh.w r7, [r1]', 'load'], ['vldmia r2!, {s15}', 'load'],
    ['pop {r4, pc}', 'load'], ['vstr s1, [r0]', 'store'], ['strd r0, r1, [r2]', 'store'], ['smlad r0, r1, r2, r3', 'multiply'], ['smmlar r0, r1, r2, r3', 'multiply'], ['mul.w r0, r1, r2', 'multiply'],
    ['vmul.f32 s0, s1, s2', 'float'], ['sxtb16 r0, r1', 'arithmetic'], ['ssat r0, #8, r1', 'arithmetic'],
  ])('%s: %s', (text, kind) => expect(kindOf(parse(text))).toBe(kind))
})

describe('cyclesOf on the Cortex-M33', () => {
  it.each([
    ['add r0, r1', 1], ['smlad r0, r1, r2, r3', 1], ['ldr r0, [r1]', 1], ['str r0, [r1]', 1],
    ['ldmia.w r0!, {r4-r7}', 4], ['ldrd r0, r1, [r2]', 2], ['strd r0, r1, [r2]', 2], ['push {r4-r7, lr}', 5], ['pop {r4, pc}', 2],
    ['sdiv r0, r1, r2', 12], ['vdiv.f32 s0, s1, s2', 14], ['vadd.f32 s0, s1, s2', 1], ['muls r0, r1', 2],
  ])('%s alone: %d', (text, expected) => expect(cycles(text)).toBe(expected))

  it.each([
    ['the value of a load', 'ldr.w r0, [r1]', 'add.w r2, r3, r0', 2], ['… as an address', 'ldr.w r0, [r1]', 'ldr.w r2, [r0, #4]', 2], ['… both read and written', 'ldr.w r0, [r1]', 'add r0, r5', 2],
    ['… stored', 'ldr.w r0, [r1]', 'str.w r0, [r5]', 1], ['… as the sum of products', 'ldr.w r0, [r1]', 'smlad r4, r2, r3, r0', 1], ['… as a factor', 'ldr.w r0, [r1]', 'smlad r4, r0, r3, r5', 2],
    ['another register', 'ldr.w r0, [r1]', 'add.w r2, r3, r4', 1], ['one that is written alone', 'ldr.w r0, [r1]', 'mov.w r0, r4', 1], ['the first of a pair', 'ldrd r0, r1, [r2]', 'add.w r3, r4, r0', 1], ['the last of a pair', 'ldrd r0, r1, [r2]', 'add.w r3, r4, r1', 2],
    ['a product', 'mul.w r0, r1, r2', 'add.w r3, r4, r0', 2], ['… as the sum of products', 'mla r0, r1, r2, r3', 'mla r0, r4, r5, r0', 1], ['a shifted operand', 'add.w r0, r1, r2, asr #31', 'smmlar r3, r4, r5, r0', 2], ['one of widening', 'sxtab16 r0, r1, r2', 'sadd16 r3, r0, r4', 2],
    ['a fused multiply-accumulate', 'vfma.f32 s0, s1, s2', 'vadd.f32 s3, s4, s5', 3], ['… not by floats', 'vfma.f32 s0, s1, s2', 'add.w r0, r1, r2', 1], ['a sum of floats', 'vadd.f32 s0, s1, s2', 'vmul.f32 s3, s0, s4', 2],
    ['a comparison, by the branch that pairs with it', 'cmp r0, r1', 'bne.n 1000', 0], ['… by one of 32 bits', 'cmp r0, r1', 'bne.w 1000', 1],
  ])('%s: %s, then %s', (_, before, text, expected) => expect(cycles(text, before)).toBe(expected))

  it('a jump takes a cycle more, less where it is paired with what sets no flags, more where its address is loaded', () => {
    const more = (text: string, before?: string) => cyclesOfJump(parse(text), before === undefined ? undefined : parse(before), CORTEX_M33)
    expect([more('bne.w 1000', 'cmp r0, r1'), more('bne.n 1000', 'cmp r0, r1'), more('bne.n 1000', 'add r0, r1'), more('bx lr'), more('pop {r4, pc}')]).toEqual([1, 2, 1, 2, 2])
    expect(['bne.n 1000', 'pop {r4, pc}', 'ldr.w pc, [r0]', 'ldr.w r0, [pc, #8]', 'add r0, r1'].map((text) => jumps(parse(text)))).toEqual([true, true, true, false, false])
  })

  it('nothing of it on the Cortex-M4 but the wait for loads, which half of them have', () => {
    expect([cycles('add.w r3, r4, r0', 'mul.w r0, r1, r2', CORTEX_M4), cycles('bne.n 1000', 'cmp r0, r1', CORTEX_M4), cycles('ldr r0, [r1]', undefined, CORTEX_M4), cycles('add.w r2, r3, r0', 'ldr.w r0, [r1]', CORTEX_M4)]).toEqual([1, 1, 1.5, 1.5])
  })
})

describe('estimateCycles', () => {
  const timing = TARGETS.stm32u585.timing
  const instructions = ['ldr.w r0, [r1]', 'smlad r2, r0, r3, r2', 'bne.w 1000'].map(parse)
  const lines = { ofInstructions: 100, ofConstants: 900, inSequence: 950 }

  it('adds the blocks, their jumps and the lines that the cache waits for; time and energy at 160 MHz', () => {
    const estimate = estimateCycles({ blocks: [{ instructions, runs: 1_000_000, jumps: 900_000, words: 0 }], lines }, timing)
    expect(estimate).toMatchObject({ instructions: 3_000_000, coreCycles: 4_900_000, busCycles: 0, misses: 1000, missCycles: 6000, cycles: 4_906_000, mix: { load: 1_000_000, multiply: 1_000_000, branch: 1_000_000, store: 0 } })
    expect(estimate.milliseconds).toBeCloseTo(30.6625, 5)
    expect(estimate.millijoules).toBeCloseTo(0.0306625 * 19.5e-6 * 160 * 3.3 * 1000, 9)
    expect(estimate.error).toBeCloseTo((0.05 * 4_900_000 + 3 * 1000) / 4_906_000, 9)
  })

  it('words of instructions and constants share the code bus of the Cortex-M33, one a cycle', () => {
    const block = { instructions, runs: 1000, jumps: 0, words: 2500 }
    expect(estimateCycles({ blocks: [block], lines }, timing)).toMatchObject({ coreCycles: 4000, busCycles: 1500 })
    expect(estimateCycles({ blocks: [block], lines }, TARGETS['cortex-m4f'].timing)).toMatchObject({ busCycles: 0, missCycles: 0 })
  })
})

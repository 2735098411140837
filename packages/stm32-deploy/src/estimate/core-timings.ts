/** What instructions cost a core, in cycles, with everything that it fetches at hand. Where nothing is said: one. */
export interface CoreTimings {
  readonly load: number
  /** What an instruction waits that uses the value of the load before it. */
  readonly loadUse: number
  /** What an instruction waits that uses the result of the multiplication, or of the shifted operand, before it: all but the next sum of products. */
  readonly lateUse: number
  /** A taken branch; one to an address that is loaded. */
  readonly jump: number
  readonly loadedJump: number
  /** Division of integers, at most; division and square root of floats. */
  readonly divide: number
  readonly floatDivide: number
  /** What an instruction of floats waits that uses the result of the one before it. */
  readonly floatUse: number
  /** Fused or chained multiply-accumulate of floats before another instruction of floats. */
  readonly floatMac: number
  /** Whether a branch of 16 bits is issued together with an instruction of 16 bits before it. */
  readonly pairs: boolean
  /** Whether instructions and constants come over one bus, a word a cycle. */
  readonly sharedCodeBus: boolean
}

/**
 * Cortex-M33, of which Arm publishes no table: as measured on the one of the RP2350 (jnk0le, "pipeline cycle test", doc/cortex_m33.md, github.com/jnk0le/random; division and
 * floats agree with snouty-badge, badge-bench/calibrate), and the code bus of the technical reference manual.
 */
export const CORTEX_M33: CoreTimings = { load: 1, loadUse: 1, lateUse: 1, jump: 2, loadedJump: 3, divide: 12, floatDivide: 14, floatUse: 1, floatMac: 3, pairs: true, sharedCodeBus: true }
/** Cortex-M4: technical reference manual, table 3-1; loads that follow each other are pipelined, which half of them do. */
export const CORTEX_M4: CoreTimings = { load: 1.5, loadUse: 0.5, lateUse: 0, jump: 3, loadedJump: 4, divide: 12, floatDivide: 14, floatUse: 1, floatMac: 3, pairs: false, sharedCodeBus: false }

/** An instruction as objdump prints it: `ldrsh.w` and `r7, [r1, r3, lsl #2]`. */
export interface Instruction {
  readonly mnemonic: string
  readonly operands: string
  /** In bytes. */
  readonly size: 2 | 4
}

/** Kinds of instructions that the report tells apart. */
export type InstructionKind = 'arithmetic' | 'multiply' | 'load' | 'store' | 'branch' | 'float'

const plain = ({ mnemonic }: Instruction) => mnemonic.replace(/\.(w|n)$/, '')

export function kindOf(instruction: Instruction): InstructionKind {
  const name = plain(instruction)
  if (/^(b|bl|bx|blx|cbn?z|b(eq|ne|cs|cc|hs|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)|tbb|tbh|le|wls|dls)$/.test(name)) return 'branch'
  if (/^(vldr|vldm|vpop|ldr|ldm|pop)/.test(name)) return 'load'
  if (/^(vstr|vstm|vpush|str|stm|push)/.test(name)) return 'store'
  if (/^v/.test(name)) return 'float'
  if (/^(mul|mla|mls|sm(u|l|m)|um(ul|lal|aal)|s(mla|mul))/.test(name)) return 'multiply'
  return 'arithmetic'
}

/** Whether a block ends in this instruction: it may jump, and costs that where it does. */
export const jumps = (instruction: Instruction): boolean => kindOf(instruction) === 'branch' || (kindOf(instruction) === 'load' && /\bpc\b/.test(instruction.operands.replace(/\[.*\]/, '')))

/** Cycles of an instruction that does not jump, with what it waits for the one before it. @param before undefined for the first of its block */
export function cyclesOf(instruction: Instruction, before: Instruction | undefined, timings: CoreTimings): number {
  const paired = timings.pairs && before?.size === 2 && instruction.size === 2 && (kindOf(instruction) === 'branch' || /^it/.test(plain(instruction)))
  return (paired ? 0 : own(instruction, timings)) + (before ? waitFor(before, instruction, timings) : 0)
}

/** Cycles that a jump takes beyond {@link cyclesOf}. */
export function cyclesOfJump(instruction: Instruction, before: Instruction | undefined, timings: CoreTimings): number {
  if (kindOf(instruction) === 'load' || /^(bx|blx|tbb|tbh)$/.test(plain(instruction))) return timings.loadedJump - 1
  const setsFlags = before && /^(cmp|cmn|tst|teq)|s$/.test(plain(before))
  // Issued with an instruction that sets no flags, a jump takes as long as the two of them.
  return timings.pairs && before?.size === 2 && instruction.size === 2 ? (setsFlags ? timings.jump : timings.jump - 1) : timings.jump - 1
}

function own(instruction: Instruction, timings: CoreTimings): number {
  const name = plain(instruction)
  switch (kindOf(instruction)) {
    case 'load':
      return many(instruction) > 1 ? many(instruction) + (timings.load - 1) : timings.load
    case 'store':
      return Math.max(1, many(instruction))
    case 'float':
      return /^v(div|sqrt)/.test(name) ? timings.floatDivide : 1
    default:
      return /^[su]div/.test(name) ? timings.divide : name === 'muls' && timings.lateUse > 0 ? 2 : 1
  }
}

/** Registers that an instruction loads or stores, where it can be more than one. */
function many({ mnemonic, operands }: Instruction): number {
  if (/^(v?ldm|v?stm|v?pop|v?push)/.test(mnemonic)) return registerCount(operands)
  return /^(ldrd|strd)/.test(mnemonic) ? 2 : 0
}

/** What `next` waits after `before` was issued. */
function waitFor(before: Instruction, next: Instruction, timings: CoreTimings): number {
  switch (kindOf(before)) {
    case 'load': {
      // Of several registers the last one is late.
      const register = many(before) > 1 ? registersOf(before).at(-1)! : before.operands.split(',')[0]!.trim()
      return uses(next, register, 'late') ? timings.loadUse : 0
    }
    case 'float':
      if (kindOf(next) !== 'float' && !/^v/.test(next.mnemonic)) return 0
      if (/^v(f?n?m(la|ls)|fma|fms)/.test(before.mnemonic)) return timings.floatMac - 1
      return uses(next, registersOf(before)[0]!, 'all') || /^vmrs/.test(next.mnemonic) ? timings.floatUse : 0
    case 'multiply':
      return uses(next, registersOf(before)[0]!, 'late') ? timings.lateUse : 0
    case 'arithmetic':
      return isLate(before) && uses(next, registersOf(before)[0]!, 'all') ? timings.lateUse : 0
    default:
      return 0
  }
}

/** Arithmetic with a shifted operand, or that widens and adds: its result comes a cycle later. */
function isLate(instruction: Instruction): boolean {
  return /^[su]xta/.test(plain(instruction)) || /, (lsl|lsr|asr|ror) #/.test(instruction.operands)
}

const registersOf = ({ operands }: Instruction): readonly string[] => operands.replace(/\[.*/, '').match(/\b(r\d+|s\d+|d\d+|sl|fp|ip|sp|lr|pc)\b/g) ?? []

/**
 * Whether an instruction reads a register: as any operand but those that it writes.
 * @param which `late`: but not as the sum that a multiplication adds to, nor as what is stored, which are needed a cycle later
 */
function uses(instruction: Instruction, register: string, which: 'late' | 'all'): boolean {
  const named = new RegExp(`\\b${register}\\b`)
  const [first = '', ...rest] = instruction.operands.split(/,(?![^[]*\]|[^{]*\})/)
  const kind = kindOf(instruction)
  if (kind === 'store') return (which === 'all' && named.test(first)) || named.test(/\[.*\]/.exec(instruction.operands)?.[0] ?? '')
  if (kind === 'branch' || /^(cmp|cmn|tst|teq|vcmp)/.test(instruction.mnemonic)) return named.test(instruction.operands)
  if (kind === 'multiply' && which === 'late' && /^(mla|mls|smla|smml[as]|smls|umlal|umaal)/.test(instruction.mnemonic)) {
    const long = /^(smlald|smlsld|smlal|umlal|umaal)/.test(instruction.mnemonic)
    return named.test((long ? rest.slice(1) : rest.slice(0, -1)).join(','))
  }
  // With two operands the first one is read and written: `add r0, r1`.
  return named.test(rest.join(',')) || (rest.length === 1 && /^(add|sub|and|orr|eor|bic|adc|sbc|lsl|lsr|asr|ror|mul)s?(\.|$)/.test(instruction.mnemonic) && !rest[0]!.includes('#') && named.test(first))
}

/** Registers in `{r4-r7, lr}`. */
function registerCount(operands: string): number {
  const list = /\{([^}]*)\}/.exec(operands)?.[1] ?? ''
  return list.split(',').reduce((count, part) => {
    const [from, to] = part.trim().split('-')
    return count + (to === undefined ? 1 : Number(to.slice(1)) - Number(from!.slice(1)) + 1)
  }, 0)
}

/** What instructions cost a core that issues one at a time, in cycles. */
export interface CoreTimings {
  /** Arithmetic, logic, stores, branches not taken, multiplications and multiply-accumulates. */
  readonly one: number
  /** A load, and what an instruction waits that uses its value at once. */
  readonly load: number
  readonly loadUse: number
  /** Each register of a multiple load or store. */
  readonly multiple: number
  /** A taken branch, a call, a return. */
  readonly branch: number
  /** Division of integers; division and square root of floats; other arithmetic of floats; fused or chained multiply-accumulate of floats. */
  readonly divide: number
  readonly floatDivide: number
  readonly float: number
  readonly floatMac: number
}

/**
 * Cortex-M33. Arm publishes no table for it; these are those of the Cortex-M4 (technical reference manual, table 3-1), whose pipeline has as many stages, with the
 * loads of one cycle and the stall of a dependent instruction that are measured on the M33. It can issue two 16-bit instructions at once; this model never does.
 */
export const CORTEX_M33: CoreTimings = { one: 1, load: 1, loadUse: 1, multiple: 1, branch: 3, divide: 7, floatDivide: 14, float: 1, floatMac: 3 }
/** Cortex-M4: technical reference manual, table 3-1; loads that follow each other are pipelined, which half of them do. */
export const CORTEX_M4: CoreTimings = { one: 1, load: 1.5, loadUse: 0.5, multiple: 1, branch: 3, divide: 7, floatDivide: 14, float: 1, floatMac: 3 }

/** An instruction as objdump prints it: `ldrsh.w` and `r7, [r1, r3, lsl #2]`. */
export interface Instruction {
  readonly mnemonic: string
  readonly operands: string
}

/** Kinds of instructions that the report tells apart. */
export type InstructionKind = 'arithmetic' | 'multiply' | 'load' | 'store' | 'branch' | 'float'

export function kindOf({ mnemonic }: Instruction): InstructionKind {
  const name = mnemonic.replace(/\.(w|n)$/, '')
  if (/^(b|bl|bx|blx|cbn?z|b(eq|ne|cs|cc|hs|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)|tbb|tbh|le|wls|dls)$/.test(name)) return 'branch'
  if (/^(vldr|vldm|vpop|ldr|ldm|pop)/.test(name)) return 'load'
  if (/^(vstr|vstm|vpush|str|stm|push)/.test(name)) return 'store'
  if (/^v/.test(name)) return 'float'
  if (/^(mul|mla|mls|sm(u|l|m)|um(ul|lal|aal)|s(mla|mul))/.test(name)) return 'multiply'
  return 'arithmetic'
}

/** Cycles of an instruction, its stall included. @param next the one that runs after it in its block; undefined for the last */
export function cyclesOf(instruction: Instruction, next: Instruction | undefined, timings: CoreTimings): number {
  const { mnemonic, operands } = instruction
  switch (kindOf(instruction)) {
    case 'branch':
      return timings.branch
    case 'load': {
      const many = /^(v?ldm|v?pop)/.test(mnemonic) ? registerCount(operands) : mnemonic.startsWith('ldrd') ? 2 : 0
      if (/\bpc\b/.test(operands) && many > 0) return many * timings.multiple + timings.branch
      if (many > 1) return many * timings.multiple + (timings.load - 1)
      return timings.load + (next && uses(next, operands.split(',')[0]!.trim().replace(/[{}!]/g, '')) ? timings.loadUse : 0)
    }
    case 'store':
      return /^(v?stm|v?push)/.test(mnemonic) ? registerCount(operands) * timings.multiple : mnemonic.startsWith('strd') ? 2 : timings.one
    case 'float':
      if (/^v(div|sqrt)/.test(mnemonic)) return timings.floatDivide
      return /^v(f?n?m(la|ls)|fma|fms)/.test(mnemonic) ? timings.floatMac : timings.float
    default:
      return /^[su]div/.test(mnemonic) ? timings.divide : timings.one
  }
}

/** Whether an instruction reads a register: as any operand but the first, or as the first of one that writes none. */
function uses({ mnemonic, operands }: Instruction, register: string): boolean {
  const [first = '', ...rest] = operands.split(/,(?![^[]*\])/)
  const named = new RegExp(`\\b${register}\\b`)
  return named.test(rest.join(',')) || (/^(v?str|cmp|cmn|tst|cb|v?push|v?stm|vcmp)/.test(mnemonic) && named.test(first))
}

/** Registers in `{r4-r7, lr}`. */
function registerCount(operands: string): number {
  const list = /\{([^}]*)\}/.exec(operands)?.[1] ?? ''
  return list.split(',').reduce((count, part) => {
    const [from, to] = part.trim().split('-')
    return count + (to === undefined ? 1 : Number(to.slice(1)) - Number(from!.slice(1)) + 1)
  }, 0)
}

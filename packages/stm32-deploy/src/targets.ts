import { CORTEX_M33, CORTEX_M4, type CoreTimings } from './estimate/core-timings.ts'

/** How fast a target is, and what it draws. */
export interface Timing {
  readonly core: CoreTimings
  /** In Hz. */
  readonly clock: number
  /** Cache of what is fetched from flash; cycles that the core waits for a line. */
  readonly cacheBytes: number
  readonly lineBytes: number
  readonly missCycles: number
  /** Of the supply while the core runs, in A per Hz, and its voltage; null where it depends on the chip. */
  readonly current: number | null
  readonly voltage: number
  /** Where these figures come from. */
  readonly source: string
}

/** A microcontroller, as far as compiling for it and judging the result need to know it. */
export interface Target {
  readonly description: string
  /** Flags of GCC and clang that choose the core; empty for the host. */
  readonly flags: readonly string[]
  /** Null where nothing is estimated. */
  readonly timing: Timing | null
}

/** Targets by the name that `--target` takes. */
export const TARGETS = {
  stm32u585: {
    description: 'STM32U585 (Cortex-M33 with FPU and DSP extension)',
    flags: ['-mcpu=cortex-m33', '-mthumb', '-mfloat-abi=hard', '-mfpu=fpv5-sp-d16'],
    timing: {
      core: CORTEX_M33,
      clock: 160e6,
      cacheBytes: 8192,
      lineBytes: 16,
      missCycles: 8,
      current: 19.5e-12,
      voltage: 3.3,
      source: 'instruction timings of the Cortex-M4 with the loads of the M33; ICACHE of 8 KB in lines of 16 B, 4 wait states and 4 cycles for a line (RM0456); 19.5 µA/MHz at 3.3 V with the step-down converter (data sheet DS13086, first page)',
    },
  },
  'cortex-m4f': { description: 'any Cortex-M4 with FPU', flags: ['-mcpu=cortex-m4', '-mthumb', '-mfloat-abi=hard', '-mfpu=fpv4-sp-d16'], timing: { core: CORTEX_M4, clock: 160e6, cacheBytes: 8192, lineBytes: 16, missCycles: 0, current: null, voltage: 3.3, source: 'instruction timings of the Cortex-M4 (technical reference manual), at 160 MHz, flash without wait states' } },
  host: { description: 'the machine that compiles', flags: [], timing: null },
} as const satisfies Readonly<Record<string, Target>>

export type TargetName = keyof typeof TARGETS

import { CORTEX_M33, CORTEX_M4, type CoreTimings } from './estimate/core-timings.ts'

/** A cache that drops the line used longest ago of a set. */
export interface CacheGeometry {
  readonly bytes: number
  readonly ways: number
  readonly lineBytes: number
}

/** How fast a target is, and what it draws. */
export interface Timing {
  readonly core: CoreTimings
  /** In Hz. */
  readonly clock: number
  /** Of what is fetched from flash. */
  readonly cache: CacheGeometry
  /** Cycles that the core waits for a line of it, and how many more or less they may be. */
  readonly missCycles: { readonly likely: number; readonly error: number }
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
      cache: { bytes: 8192, ways: 2, lineBytes: 16 },
      missCycles: { likely: 6, error: 3 },
      current: 19.5e-12,
      voltage: 3.3,
      source:
        'instruction timings of a Cortex-M33 as measured on the RP2350 (github.com/jnk0le/random), its one bus for instructions and constants; ICACHE of 8 KB, two ways, lines of 16 B (RM0456), simulated over every access; a line is one read of 128 bits: 5 cycles of flash at 4 wait states and one of the cache, 3 less where the flash had fetched it ahead, 3 more where the bus was busy; 19.5 µA/MHz at 3.3 V with the step-down converter (data sheet DS13086, first page)',
    },
  },
  'cortex-m4f': { description: 'any Cortex-M4 with FPU', flags: ['-mcpu=cortex-m4', '-mthumb', '-mfloat-abi=hard', '-mfpu=fpv4-sp-d16'], timing: { core: CORTEX_M4, clock: 160e6, cache: { bytes: 8192, ways: 2, lineBytes: 16 }, missCycles: { likely: 0, error: 0 }, current: null, voltage: 3.3, source: 'instruction timings of the Cortex-M4 (technical reference manual), at 160 MHz, flash without wait states' } },
  host: { description: 'the machine that compiles', flags: [], timing: null },
} as const satisfies Readonly<Record<string, Target>>

export type TargetName = keyof typeof TARGETS

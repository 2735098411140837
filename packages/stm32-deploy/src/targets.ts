/** A microcontroller, as far as compiling for it and judging the result need to know it. */
export interface Target {
  readonly description: string
  /** Flags of GCC and clang that choose the core; empty for the host. */
  readonly flags: readonly string[]
}

/** Targets by the name that `--target` takes. */
export const TARGETS = {
  stm32u585: {
    description: 'STM32U585 (Cortex-M33 with FPU and DSP extension)',
    flags: ['-mcpu=cortex-m33', '-mthumb', '-mfloat-abi=hard', '-mfpu=fpv5-sp-d16'],
  },
  'cortex-m4f': { description: 'any Cortex-M4 with FPU', flags: ['-mcpu=cortex-m4', '-mthumb', '-mfloat-abi=hard', '-mfpu=fpv4-sp-d16'] },
  host: { description: 'the machine that compiles', flags: [] },
} as const satisfies Readonly<Record<string, Target>>

export type TargetName = keyof typeof TARGETS

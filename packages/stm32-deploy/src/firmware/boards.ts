import type { TargetName } from '../targets.ts'

/** A board that the firmware projects are for. */
export interface Board {
  readonly description: string
  readonly target: TargetName
  /** QEMU's name of the machine; null for what is not emulated. */
  readonly machine: string | null
  /** Interrupt of the microphone's DMA; null where there is none. */
  readonly interrupt: number | null
}

/** Boards by the name of their folder under `firmware/`. */
export const BOARDS = {
  'b-u585i-iot02a': { description: "ST's B-U585I-IOT02A: STM32U585 at 160 MHz, digital microphone; compiled, not yet run on hardware", target: 'stm32u585', machine: null, interrupt: 29 },
  'mps2-an505': { description: "QEMU's MPS2+ with a Cortex-M33", target: 'stm32u585', machine: 'mps2-an505', interrupt: null },
  'mps2-an386': { description: "QEMU's MPS2 with a Cortex-M4 and its FPU", target: 'cortex-m4f', machine: 'mps2-an386', interrupt: null },
  host: { description: 'the machine that compiles', target: 'host', machine: null, interrupt: null },
} as const satisfies Readonly<Record<string, Board>>

export type BoardName = keyof typeof BOARDS

/** The boards of a target. */
export function boardsOf(target: TargetName): readonly BoardName[] {
  return (Object.keys(BOARDS) as BoardName[]).filter((name) => BOARDS[name].target === target)
}

/** The emulated board of a target, or null. */
export function emulatedBoard(target: TargetName): BoardName | null {
  return boardsOf(target).find((name) => BOARDS[name].machine !== null) ?? null
}

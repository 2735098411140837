import type { Timing } from '../targets.ts'
import { cyclesOf, cyclesOfJump, jumps, kindOf, type Instruction, type InstructionKind } from './core-timings.ts'

/** A stretch of instructions that runs from its first to its last. */
export interface Block {
  readonly instructions: readonly Instruction[]
  readonly runs: number
  /** Runs after which its last instruction jumped. */
  readonly jumps: number
  /** Words that it loaded from flash, in all. */
  readonly words: number
}

/** What a core and its cache did, counted on an emulated one. */
export interface CoreProfile {
  readonly blocks: readonly Block[]
  /** Lines that a cache of the target's geometry had to fetch, empty at first; of both kinds those that follow the one fetched before. */
  readonly lines: { readonly ofInstructions: number; readonly ofConstants: number; readonly inSequence: number }
}

/** Cycles of some work on a microcontroller. ESTIMATED from what an emulated core did: `error` says how far off it may be. */
export interface CycleEstimate {
  readonly instructions: number
  /** Of each kind. */
  readonly mix: Readonly<Record<InstructionKind, number>>
  /** Of the core, all instructions and constants in its cache. */
  readonly coreCycles: number
  /** That the core waits more as instructions and constants share a bus. */
  readonly busCycles: number
  /** Lines that the cache must fetch, and what the core waits for them. */
  readonly misses: number
  readonly missCycles: number
  readonly cycles: number
  /** At the clock of the target. */
  readonly milliseconds: number
  /** Of the supply while it computes, in mJ; null where the target names no current. */
  readonly millijoules: number | null
  /** Part by which cycles may be off to either side. */
  readonly error: number
}

/** Part by which the cycles of the core and its bus may be off: timings measured instruction by instruction on another chip with the same core. */
const CORE_ERROR = 0.05

/** Cycles of work on a target, from what its emulated core did. */
export function estimateCycles({ blocks, lines }: CoreProfile, { core, clock, missCycles: wait, current, voltage }: Timing): CycleEstimate {
  const mix: Record<InstructionKind, number> = { arithmetic: 0, multiply: 0, load: 0, store: 0, branch: 0, float: 0 }
  let [instructions, coreCycles, busCycles] = [0, 0, 0]
  for (const { instructions: list, runs, jumps: jumped, words } of blocks) {
    let once = 0
    for (const [i, instruction] of list.entries()) {
      instructions += runs
      mix[kindOf(instruction)] += runs
      once += cyclesOf(instruction, list[i - 1], core)
    }
    const last = list.at(-1)!
    const cycles = runs * once + (jumps(last) ? jumped * cyclesOfJump(last, list.at(-2), core) : 0)
    coreCycles += cycles
    if (core.sharedCodeBus) busCycles += Math.max(0, (runs * list.reduce((bytes, { size }) => bytes + size, 0)) / 4 + words - cycles)
  }
  const misses = lines.ofInstructions + lines.ofConstants
  const missCycles = misses * wait.likely
  const cycles = Math.round(coreCycles + busCycles + missCycles)
  const seconds = cycles / clock
  return {
    instructions,
    mix,
    coreCycles: Math.round(coreCycles),
    busCycles: Math.round(busCycles),
    misses,
    missCycles,
    cycles,
    milliseconds: 1000 * seconds,
    millijoules: current === null ? null : 1000 * seconds * (current * clock) * voltage,
    error: (CORE_ERROR * (coreCycles + busCycles) + misses * wait.error) / cycles,
  }
}

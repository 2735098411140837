import type { LayerReport } from '../report.ts'
import type { Timing } from '../targets.ts'
import { cyclesOf, kindOf, type Instruction, type InstructionKind } from './core-timings.ts'

/** A stretch of instructions and how often it ran. */
export interface Block {
  readonly instructions: readonly Instruction[]
  readonly runs: number
}

/** Cycles of some work on a microcontroller. ESTIMATED from counted instructions: `error` says how far off it may be. */
export interface CycleEstimate {
  readonly instructions: number
  /** Of each kind. */
  readonly mix: Readonly<Record<InstructionKind, number>>
  /** Of the core, all instructions and constants in its cache. */
  readonly coreCycles: number
  /** Lines of constants that the cache must fetch, and what it waits for them. */
  readonly misses: number
  readonly missCycles: number
  readonly cycles: number
  /** At the clock of the target. */
  readonly milliseconds: number
  /** Of the supply while it computes, in mJ; null where the target names no current. */
  readonly millijoules: number | null
  /** Part by which cycles may be off. */
  readonly error: number
}

/** Part by which an estimate may be off: no board has been measured yet; the two-issue of the core, not modelled, and cache misses, a bound, pull to either side. */
const ERROR = 0.15

/**
 * Cycles of work whose blocks were counted on an emulated core.
 * @param misses lines of constants that the cache must fetch: see {@link constantMisses}
 */
export function estimateCycles(blocks: readonly Block[], misses: number, { core, clock, missCycles: perMiss, current, voltage }: Timing): CycleEstimate {
  const mix: Record<InstructionKind, number> = { arithmetic: 0, multiply: 0, load: 0, store: 0, branch: 0, float: 0 }
  let [instructions, coreCycles] = [0, 0]
  for (const { instructions: list, runs } of blocks)
    for (const [i, instruction] of list.entries()) {
      instructions += runs
      mix[kindOf(instruction)] += runs
      coreCycles += runs * cyclesOf(instruction, list[i + 1], core)
    }
  const missCycles = misses * perMiss
  const cycles = Math.round(coreCycles + missCycles)
  const seconds = cycles / clock
  return { instructions, mix, coreCycles: Math.round(coreCycles), misses, missCycles, cycles, milliseconds: 1000 * seconds, millijoules: current === null ? null : 1000 * seconds * (current * clock) * voltage, error: ERROR }
}

/**
 * Lines of constants that an 8 KB cache must fetch in a run of the network, at most: where a layer's constants fit beside the code they are fetched
 * once, else for each pass over them; a pass serves the columns that a convolution gathers at once.
 */
export function constantMisses(layers: readonly Pick<LayerReport, 'constants' | 'macs' | 'columns'>[], { cacheBytes, lineBytes }: Timing): number {
  const room = cacheBytes / 2
  return layers.reduce((sum, { constants, macs, columns }) => {
    if (constants === 0) return sum
    const passes = constants <= room ? 1 : Math.max(1, macs / constants / (columns ?? 1))
    return sum + Math.round((passes * constants) / lineBytes)
  }, 0)
}

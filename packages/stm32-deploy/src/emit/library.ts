import type { AudioChain } from '../audio/audio-chain.ts'
import type { HeadPlan } from '../head/plan-head.ts'
import type { Network } from '../network.ts'
import type { Plan } from '../plan/plan.ts'

/** All that the emitters read. */
export interface Library {
  /** The C identifier that every name begins with. */
  readonly name: string
  /** The graph's name. */
  readonly model: string
  /** Class names, or null. */
  readonly classes: readonly string[] | null
  /** Lowest score with which each class is accepted; null: any. */
  readonly thresholds: readonly number[] | null
  readonly licence: string | null
  /** Where the model comes from, for the header. */
  readonly provenance: Readonly<Record<string, string>>
  readonly network: Network
  readonly plan: Plan
  /** From samples to decisions; null for the network alone. */
  readonly audio: AudioChain | null
  /** A clip head of statistics; null for one that takes means of scores, or none. */
  readonly head: HeadPlan | null
  readonly selftest: { readonly input: Int8Array; readonly output: Int8Array | Float32Array } | null
}

/** The library's name in macros. */
export function macroName({ name }: Library): string {
  return name.toUpperCase()
}

/** Name of a layer's table: `net_3_weights`. */
export function tableName({ name }: Library, layer: number, table: string): string {
  return `${name}_${layer}_${table}`
}

/** Arena size that the header states: at least one byte, so that an array of it can be declared. */
export function arenaSize({ plan }: Library): number {
  return Math.max(plan.bytes, ARENA_ALIGN)
}

/** Alignment of the arena in bytes. */
export const ARENA_ALIGN = 8

import type { FeatureConfig } from '@aed/core'
import type { Evaluation, McNemarResult } from '@aed/eval-cliplevel'
import type { SplitLeak } from './data.ts'
import type { SkippedClip } from './patches.ts'
import type { PublishedFigures } from './published.ts'

/** Version of {@link Esc10Report}. */
export const ESC10_REPORT_SCHEMA = 'aed-esc10/1'

/** An accuracy in float and in int8, 0 to 1. */
export interface FloatAndInt8 {
  readonly float: number
  readonly int8: number
}

/** One test fold. */
export interface FoldReport {
  readonly fold: number
  readonly clips: { readonly train: number; readonly validation: number; readonly test: number }
  readonly patch: FloatAndInt8
  readonly clip: FloatAndInt8
  /** Epochs run and the one kept, from 1. */
  readonly epochs: { readonly run: number; readonly kept: number }
  readonly calibrationPatches: number
  /** SHA-256 of the `.tflite` that was evaluated and deployed. */
  readonly tfliteSha256: string
  /** Test patches on which the C library gave the engine's bytes, of how many; null where there was no compiler. */
  readonly cBytesEqual: { readonly patches: number; readonly of: number } | null
}

/** What the C library of the first fold needs. */
export interface MemoryReport {
  /** Bytes of each part; code and stack are null where there was no compiler. */
  readonly ram: { readonly activations: number; readonly scratch: number; readonly input: number; readonly output: number; readonly stack: number | null; readonly total: number }
  readonly flash: { readonly weights: number; readonly tables: number; readonly code: number | null; readonly total: number }
  /** Whose code and stack sizes these are. */
  readonly compiler: string | null
}

/** One network size over all folds. */
export interface ModelReport {
  readonly stacks: number
  /** File name of the backbone; null where the network kept its seeded initial values. */
  readonly backbone: string | null
  readonly backboneSha256: string | null
  readonly parameters: number
  readonly macs: number
  readonly folds: readonly FoldReport[]
  readonly mean: { readonly patch: FloatAndInt8; readonly clip: FloatAndInt8 }
  /** Over folds, sample standard deviation; null for one fold. */
  readonly std: { readonly clip: { readonly float: number | null; readonly int8: number | null } }
  /** Of all test clips together, with intervals by recording. */
  readonly pooled: { readonly float: Evaluation; readonly int8: Evaluation }
  /** Exact McNemar test of float against int8 on clips. */
  readonly floatVersusInt8: McNemarResult
  /** True when the C gave the engine's bytes on every test patch of every fold; null without a compiler. */
  readonly cBytesEqual: boolean | null
  readonly memory: MemoryReport
  /** The row of the model zoo's page, with its caveat in {@link Esc10Report.published}. */
  readonly published: PublishedFigures | null
}

/** `report.json` of the ESC-10 pipeline. Without `timings` it is the same to the byte for the same input, options and versions. */
export interface Esc10Report {
  readonly schema: typeof ESC10_REPORT_SCHEMA
  readonly version: string
  readonly data: {
    readonly name: string
    readonly synthetic: boolean
    readonly clips: number
    readonly recordings: number
    readonly patches: number
    readonly classes: readonly string[]
    readonly licence: string
    readonly citation: string
    /** Clips that could not be read and were left out (`skipBad`). */
    readonly skipped: readonly SkippedClip[]
    /** Test clips whose recording is trained on (`allowLeaks`), of how many; null: none. */
    readonly leaky: SplitLeak | null
  }
  /** What a reader must know before comparing the figures. */
  readonly notes: readonly string[]
  readonly features: FeatureConfig
  readonly options: { readonly seed: number; readonly epochs: number; readonly calibrationPatches: number }
  readonly models: readonly ModelReport[]
  /** Duration of each step in ms. */
  readonly timings: Readonly<Record<string, number>>
}

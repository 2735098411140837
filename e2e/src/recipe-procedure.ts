import { argMax, type PatchScores } from '@aed/core'
import type { Dataset } from '@aed/datasets'
import type { FoldScore, Procedure } from '@aed/eval-cliplevel'
import type { Backbone } from './backbone.ts'
import type { SkippedClip } from './patches.ts'
import type { Recipe } from './recipe.ts'

/** How a recipe is judged. */
export interface JudgeOptions {
  /** Variants are chosen among by inner folds. */
  readonly nested: boolean
  /** Random splits grouped by recording beside the official folds; 0: none. */
  readonly splits: number
  readonly int8: boolean
  /** Clip heads: also what a microcontroller says of the test clips. */
  readonly device?: boolean
  readonly seed: number
}

/** What a recipe is judged on. */
export interface RecipeInput {
  readonly recipe: Recipe
  readonly dataset: Dataset
  /** Clips that could not be read and are not in the dataset. */
  readonly skipped?: readonly SkippedClip[]
  /** null where no block taps a network. */
  readonly backbone: Backbone | null
  readonly options: JudgeOptions
}

/** Scores of clips, one row a clip. */
export interface ClipScores {
  /** Row-major `[clips, classes]`. */
  readonly float: readonly number[]
  readonly int8: readonly number[] | null
  /** On a device's arithmetic; null where nobody asked. */
  readonly device: readonly number[] | null
}

/** Scores of a fold's test clips: what pooled figures are taken of. */
export interface RecipeScore extends FoldScore, ClipScores {
  readonly clips: readonly number[]
  /** The same clips heard at the test gains of the recipe. */
  readonly atGains: readonly (ClipScores & { readonly gainDb: number })[]
}

/** What a clip head costs. */
export interface RecipeCost {
  /** Network passes over a clip at test time. */
  readonly passes: number
  /** Statistics that the head reads. */
  readonly features: number
  readonly headParameters: number
}

/** A recipe's procedure, those of its variants by name, and what it costs. */
export interface RecipeProcedures {
  readonly procedure: Procedure<unknown, RecipeScore>
  readonly variants: Readonly<Record<string, Procedure<unknown, RecipeScore>>>
  readonly cost: RecipeCost | null
}

/** One row a clip, as evaluation reads them. */
export function scoresOf({ classes, clips }: Dataset, chosen: readonly number[], scores: readonly number[]): PatchScores {
  return { classes, clips: chosen.map((clip) => clips[clip]!), clipOfPatch: Int32Array.from(chosen.keys()), scores: Float32Array.from(scores) }
}

/** Share of rows whose largest score is that of their label. */
export function shareRight(rows: readonly ArrayLike<number>[], labels: ArrayLike<number>): number {
  return rows.reduce((sum, row, i) => sum + (argMax(Float32Array.from(row)) === labels[i] ? 1 : 0), 0) / rows.length
}

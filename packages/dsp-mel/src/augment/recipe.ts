import { option, type OptionsInput, type OptionsOf } from '@aed/core'
import * as v from 'valibot'

const probability = option.number(1, 'share of the patches that it is done to', { min: 0, max: 1 })
const fill = option.choice(['mean', 'minimum'], 'mean', 'what a mask puts in: the mean or the minimum of the patch')

/** Masks some neighbouring bands (Park et al., SpecAugment, 2019). */
export const frequencyMaskSchema = v.strictObject({
  name: v.literal('frequencyMask'),
  probability,
  count: option.integer(1, 'masks', { min: 0, max: 100 }),
  maxWidth: option.integer(8, 'a mask has 0 to so many', { min: 0, unit: 'bands' }),
  fill,
})

/** Masks some neighbouring frames (Park et al., SpecAugment, 2019). */
export const timeMaskSchema = v.strictObject({
  name: v.literal('timeMask'),
  probability,
  count: option.integer(1, 'masks', { min: 0, max: 100 }),
  maxWidth: option.integer(8, 'a mask has 0 to so many', { min: 0, unit: 'frames' }),
  fill,
})

/** Moves all bands up or down, as another pitch would (Schlüter and Grill, 2015, stretch instead); the band at the edge is repeated. */
export const melShiftSchema = v.strictObject({
  name: v.literal('melShift'),
  probability,
  maxShift: option.integer(2, 'at most so many up or down', { min: 0, unit: 'bands' }),
})

/** Adds a random curve over the bands, as another microphone or room would (Nam, Kim and Park, FilterAugment, 2022, "linear"). */
export const equalizeSchema = v.strictObject({
  name: v.literal('equalize'),
  probability,
  points: option.integer(4, 'ends of the straight pieces of the curve, both edges included', { min: 2, max: 100 }),
  maxGain: option.number(6, 'the curve lies between minus and plus this', { min: 0, unit: 'dB' }),
})

/** Another level. */
export const gainSchema = v.strictObject({
  name: v.literal('gain'),
  probability,
  min: option.number(-6, 'least', { unit: 'dB' }),
  max: option.number(6, 'most', { unit: 'dB' }),
})

/** Adds independent normal noise to each value in dB. */
export const noiseSchema = v.strictObject({
  name: v.literal('noise'),
  probability,
  deviation: option.number(1, 'standard deviation', { min: 0, unit: 'dB' }),
})

/**
 * Weighted sum with another patch in mel power, where independent sounds add up (Takahashi et al., Deep convolutional neural
 * networks and data augmentation for acoustic event detection, 2016): evenly weighted, or with `alpha` as in Zhang et al., mixup, 2018.
 */
export const mixSchema = v.strictObject({
  name: v.literal('mix'),
  probability,
  minWeight: option.number(0.5, 'least share of the patch itself; the most is 1', { min: 0, max: 1 }),
  alpha: option.numberOrNone(null, 'the share is of the distribution Beta(alpha, alpha), in place of an even one; one below minWeight is turned over', { min: 0, max: 100, exclusiveMin: true }),
})

/** A recipe: what is done to each patch, in order. JSON, so that any thread can follow it. */
export const augmentRecipeSchema = v.strictObject({
  seed: option.integer(0, 'equal seeds give equal results'),
  offset: option.integer(0, 'number of the first patch: patch i of a call gets the random numbers of patch offset + i', { min: 0 }),
  scale: option.choice(['db', 'power'], 'db', 'what the patches hold'),
  floor: option.numberOrNone(null, 'values below this are raised to it at the end, in the unit of the patches'),
  steps: v.array(
    v.variant('name', [frequencyMaskSchema, timeMaskSchema, melShiftSchema, equalizeSchema, gainSchema, noiseSchema, mixSchema]),
  ),
})

/** A complete recipe. */
export type AugmentRecipe = OptionsOf<typeof augmentRecipeSchema>
/** A recipe as a caller writes it; what is left out has its default. */
export type AugmentRecipeInput = OptionsInput<typeof augmentRecipeSchema>
/** One step of a recipe. */
export type AugmentStep = AugmentRecipe['steps'][number]

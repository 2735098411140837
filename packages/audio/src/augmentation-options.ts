import { option, type OptionsInput, type OptionsOf } from '@aed/core'
import * as v from 'valibot'

const probability = option.number(1, 'how often the step is taken', { min: 0, max: 1 })
const decibels = (value: number, description: string) => option.number(value, description, { min: -120, max: 120, unit: 'dB' })
const range = (low: number, high: number, what: string) => ({ minDb: decibels(low, `least ${what}`), maxDb: decibels(high, `most ${what}`) })

/** Each step of a recipe: its name and options. Ranges are drawn from evenly, both ends included. */
export const augmentationStepSchema = v.variant('step', [
  v.strictObject({ step: v.literal('gain'), probability, ...range(-6, 6, 'gain') }),
  v.strictObject({ step: v.literal('noise'), probability, color: option.choice(['white', 'pink'], 'white', 'spectrum of the noise'), ...range(10, 40, 'signal-to-noise ratio') }),
  v.strictObject({
    step: v.literal('shift'),
    probability,
    maxShift: option.number(0.5, 'farthest shift to either side', { min: 0, unit: 's' }),
    fill: option.choice(['wrap', 'zeros'], 'wrap', 'what comes in: what went out at the other end, or silence'),
  }),
  v.strictObject({ step: v.literal('speed'), probability, minSpeed: option.number(0.9, 'slowest, in steps of 0.01', { min: 0.25, max: 4 }), maxSpeed: option.number(1.1, 'fastest', { min: 0.25, max: 4 }) }),
  v.strictObject({ step: v.literal('background'), probability, ...range(0, 30, 'signal-to-noise ratio') }),
  v.strictObject({ step: v.literal('betweenClass'), probability }),
  v.strictObject({ step: v.literal('polarity'), probability: option.number(0.5, 'how often the step is taken', { min: 0, max: 1 }) }),
  v.strictObject({ step: v.literal('clipping'), probability, ...range(-12, 0, 'level below the peak') }),
])

/** A recipe for waveforms: JSON that any thread makes the same samples of. */
export const augmentationSchema = v.strictObject({
  seed: option.integer(0, 'equal seeds give equal samples'),
  steps: v.optional(v.array(augmentationStepSchema), []),
})

export type AugmentationInput = OptionsInput<typeof augmentationSchema>
export type Augmentation = OptionsOf<typeof augmentationSchema>
/** A step whose options are complete. */
export type AugmentationStep = OptionsOf<typeof augmentationStepSchema>

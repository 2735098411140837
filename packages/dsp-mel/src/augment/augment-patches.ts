import { AedError, createRandom, formatShape, parseOptions, throwIfAborted, type StageContext, type Tensor } from '@aed/core'
import { augmentRecipeSchema, type AugmentRecipeInput } from './recipe.ts'
import { applyStep, type Patch } from './steps.ts'

/** What {@link augmentPatches} takes. */
export interface AugmentInput {
  /** `[n, nMels, frames]`. */
  readonly patches: Tensor<'float32'>
  /** `[m, nMels, frames]`, for the step `mix`. */
  readonly partners?: Tensor<'float32'>
}

/** Augmented patches, and what was mixed into them. */
export interface AugmentedPatches {
  /** `[n, nMels, frames]`. */
  readonly patches: Tensor<'float32'>
  /** Share of each patch itself in mel power, `[n]`, 1 where nothing was mixed in: for the labels. */
  readonly weights: Float64Array
  /** Which of the partners was mixed in, `[n]`, −1 for none. */
  readonly partners: Int32Array
}

/**
 * Changes log-mel (or mel power) patches at random, by a recipe. What happens to a patch depends on the seed, on its number
 * (`offset` + i) and on the step's place in the recipe alone: any split over threads gives the same bits.
 * @throws AedError `INVALID_OPTION`; `INVALID_INPUT` for other shapes, or a `mix` without partners
 * @example
 * augmentPatches({ patches }, { seed: 7, steps: [{ name: 'timeMask', maxWidth: 10 }, { name: 'gain', min: -3, max: 3, probability: 0.5 }] })
 */
export function augmentPatches(input: AugmentInput, recipe: AugmentRecipeInput, context?: StageContext): AugmentedPatches {
  throwIfAborted(context?.signal)
  const { seed, offset, scale, floor, steps } = parseOptions(augmentRecipeSchema, recipe, 'augmentPatches')
  for (const [i, step] of steps.entries())
    if (step.name === 'gain' && step.min > step.max) throw new AedError('INVALID_OPTION', `augmentPatches: steps.${i}.min takes at most max = ${step.max}, got ${step.min}`)
  if (steps.filter((step) => step.name === 'mix').length > 1)
    throw new AedError('INVALID_OPTION', 'augmentPatches: steps takes at most one mix: a label has two parts', { hint: 'call augmentPatches again with the result' })
  const [count, nMels, frames] = shapeOf(input.patches, 'patches')
  const partners = input.partners ? { count: checkPartners(input.partners, nMels, frames), data: input.partners.data } : null
  const size = nMels * frames
  const random = createRandom(seed)
  const data = new Float32Array(count * size)
  const weights = new Float64Array(count).fill(1)
  const mixed = new Int32Array(count).fill(-1)
  const patch: Patch = { values: new Float64Array(size), nMels, frames, scale }
  for (let i = 0; i < count; i++) {
    throwIfAborted(context?.signal)
    patch.values.set(input.patches.data.subarray(i * size, (i + 1) * size))
    const own = random.fork(offset + i)
    for (const [k, step] of steps.entries()) {
      const numbers = own.fork(k)
      if (numbers.uniform() >= step.probability) continue
      const mix = applyStep(patch, step, numbers, partners)
      if (!mix) continue
      weights[i] = mix.weight
      mixed[i] = mix.partner
    }
    if (floor !== null) for (let k = 0; k < size; k++) patch.values[k] = Math.max(floor, patch.values[k]!)
    data.set(patch.values, i * size)
  }
  return { patches: { dtype: 'float32', shape: [count, nMels, frames], data }, weights, partners: mixed }
}

function shapeOf({ shape, data }: Tensor<'float32'>, name: string): [count: number, nMels: number, frames: number] {
  const [count = 0, nMels = 0, frames = 0] = shape
  if (shape.length !== 3 || data.length !== count * nMels * frames)
    throw new AedError('INVALID_INPUT', `augmentPatches: ${name} of shape [n, nMels, frames] are needed, got ${formatShape(shape)} with ${data.length} values`)
  return [count, nMels, frames]
}

function checkPartners(partners: Tensor<'float32'>, nMels: number, frames: number): number {
  const [count, ...shape] = shapeOf(partners, 'partners')
  if (shape[0] !== nMels || shape[1] !== frames)
    throw new AedError('INVALID_INPUT', `augmentPatches: partners of shape [n, ${nMels}, ${frames}] are needed, as the patches, got ${formatShape(partners.shape)}`)
  return count
}

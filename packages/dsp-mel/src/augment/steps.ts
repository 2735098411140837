import { AedError, log, log10, pow, type Random } from '@aed/core'
import type { AugmentRecipe, AugmentStep } from './recipe.ts'

/** One patch under way. */
export interface Patch {
  /** `[nMels, frames]`, changed in place. */
  readonly values: Float64Array
  readonly nMels: number
  readonly frames: number
  readonly scale: AugmentRecipe['scale']
}

type StepOf<N extends AugmentStep['name']> = Extract<AugmentStep, { name: N }>

/** What a mix did: the share of the patch itself in mel power, and the number of the other patch, −1 for none. */
export interface Mix {
  weight: number
  partner: number
}

/** Patches of the same shape to mix with. */
export interface Partners {
  readonly count: number
  readonly data: Float32Array
}

/** 10^(dB / 10). */
const powerOf = (decibels: number): number => pow(10, decibels / 10)

/** Adds dB to one value, whatever its scale. */
function addDecibels({ values, scale }: Patch, i: number, decibels: number): void {
  if (scale === 'db') values[i]! += decibels
  else values[i]! *= powerOf(decibels)
}

/**
 * Does one step to a patch.
 * @returns what it mixed in, undefined for the other steps
 */
export function applyStep(patch: Patch, step: AugmentStep, random: Random, partners: Partners | null): Mix | undefined {
  switch (step.name) {
    case 'frequencyMask':
    case 'timeMask':
      mask(patch, step, random)
      return undefined
    case 'melShift':
      melShift(patch, random.integer(2 * step.maxShift + 1) - step.maxShift)
      return undefined
    case 'equalize':
      equalize(patch, step.points, step.maxGain, random)
      return undefined
    case 'gain': {
      const gain = random.between(step.min, step.max)
      for (let i = 0; i < patch.values.length; i++) addDecibels(patch, i, gain)
      return undefined
    }
    case 'noise':
      for (let i = 0; i < patch.values.length; i++) addDecibels(patch, i, step.deviation * random.normal())
      return undefined
    case 'mix':
      return mix(patch, step, random, partners)
  }
}

function mask({ values, nMels, frames }: Patch, { name, count, maxWidth, fill }: Extract<AugmentStep, { fill: unknown }>, random: Random): void {
  const size = name === 'frequencyMask' ? nMels : frames
  const value = fill === 'mean' ? values.reduce((sum, x) => sum + x, 0) / values.length : values.reduce((least, x) => Math.min(least, x), Infinity)
  for (let i = 0; i < count; i++) {
    const width = random.integer(Math.min(maxWidth, size) + 1)
    const first = random.integer(size - width + 1)
    if (name === 'frequencyMask') values.fill(value, first * frames, (first + width) * frames)
    else for (let m = 0; m < nMels; m++) values.fill(value, m * frames + first, m * frames + first + width)
  }
}

function melShift({ values, nMels, frames }: Patch, shift: number): void {
  const before = values.slice()
  for (let m = 0; m < nMels; m++) {
    const from = Math.min(nMels - 1, Math.max(0, m - shift)) * frames
    values.set(before.subarray(from, from + frames), m * frames)
  }
}

function equalize(patch: Patch, points: number, maxGain: number, random: Random): void {
  const curve = Float64Array.from({ length: points }, () => random.between(-maxGain, maxGain))
  const { nMels, frames } = patch
  for (let m = 0; m < nMels; m++) {
    const place = nMels > 1 ? (m / (nMels - 1)) * (points - 1) : 0
    const left = Math.min(points - 2, Math.floor(place))
    const gain = curve[left]! + (place - left) * (curve[left + 1]! - curve[left]!)
    for (let i = m * frames; i < (m + 1) * frames; i++) addDecibels(patch, i, gain)
  }
}

/** A value of the gamma distribution of scale 1 (Marsaglia and Tsang, A simple method for generating gamma variables, 2000). */
function gamma(shape: number, random: Random): number {
  if (shape < 1) return gamma(shape + 1, random) * pow(1 - random.uniform(), 1 / shape)
  const d = shape - 1 / 3
  for (;;) {
    const x = random.normal()
    const v = (1 + x / Math.sqrt(9 * d)) ** 3
    if (v > 0 && log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * log(v)) return d * v
  }
}

function shareOf({ minWeight, alpha }: StepOf<'mix'>, random: Random): number {
  if (alpha === null) return random.between(minWeight, 1)
  const [a, b] = [gamma(alpha, random), gamma(alpha, random)]
  const share = a + b > 0 ? a / (a + b) : 1 // both underflow where alpha is tiny: all of one patch, as in the limit
  return share < minWeight ? 1 - share : share
}

function mix({ values, scale }: Patch, step: StepOf<'mix'>, random: Random, partners: Partners | null): Mix {
  if (!partners || partners.count === 0)
    throw new AedError('INVALID_INPUT', 'augmentPatches: the step mix needs patches to mix with, got none', { hint: 'hand over partners' })
  const partner = random.integer(partners.count)
  const weight = shareOf(step, random)
  const at = partner * values.length
  for (let i = 0; i < values.length; i++) {
    const other = partners.data[at + i]!
    if (scale === 'power') values[i] = weight * values[i]! + (1 - weight) * other
    // The louder of both stays outside the logarithm: no overflow, and equal values stay what they are but for rounding.
    else values[i] = sumOfDecibels(values[i]!, weight, other, 1 - weight)
  }
  return { weight, partner }
}

function sumOfDecibels(a: number, aWeight: number, b: number, bWeight: number): number {
  const loudest = Math.max(a, b)
  return loudest + 10 * log10(aWeight * powerOf(a - loudest) + bWeight * powerOf(b - loudest))
}

import * as v from 'valibot'
import { augmentationSchema, augmentWaveform, loadClip, prepareClip, type AudioFile } from '@aed/audio'
import { createRandom, featureConfigSchema, parseOptions, type AudioClip, type AudioOptions, type FeatureConfig, type OptionsInput, type Tensor } from '@aed/core'
import { augmentPatches, augmentRecipeSchema, logMelPatches } from '@aed/dsp-mel'

/** What is done to a clip and then to its patches: JSON, so that any thread can follow it. */
export const augmentationRecipeSchema = v.strictObject({
  /** Before silence is cut. */
  waveform: v.optional(augmentationSchema, {}),
  /** On log-mel patches. */
  features: v.optional(augmentRecipeSchema, { steps: [] }),
})
export type AugmentationRecipe = OptionsInput<typeof augmentationRecipeSchema>

/** A recording at the rate of the features, nothing cut out of it yet: what augmentation begins with. */
export async function resampledClip(file: AudioFile, audio: AudioOptions): Promise<AudioClip> {
  return (await loadClip(file, { ...audio, trimSilenceDb: null, minDuration: null })).clip
}

/** What {@link augmentClip} takes. */
export interface AugmentClipInput {
  /** As {@link resampledClip} makes it. */
  readonly clip: AudioClip
  /** Names clip and copy: equal keys give equal results. */
  readonly key: string
  /** A clip of another class, for the steps that mix two. */
  readonly partner?: AudioClip | undefined
  /** For the step `background`. */
  readonly backgrounds?: readonly AudioClip[] | undefined
}

/** The patches of a changed clip. */
export interface AugmentedClipPatches {
  /** `[n, nMels, patchLength]`; a changed speed changes n. */
  readonly patches: Tensor<'float32'>
  /** For each patch the share of the clip itself, 0 to 1; the rest is the partner's. */
  readonly shares: Float32Array
}

/** From a clip to the log-mel patches of a changed copy: waveform steps → silence cut, length → features → feature steps. */
export function augmentClip({ clip, key, partner, backgrounds }: AugmentClipInput, options: { readonly config: FeatureConfig; readonly recipe: AugmentationRecipe }): AugmentedClipPatches {
  const config = parseOptions(featureConfigSchema, options.config, 'feature config')
  const { waveform, features } = parseOptions(augmentationRecipeSchema, options.recipe, 'augmentation')
  const patchesOf = (samples: AudioClip) => logMelPatches(prepareClip(samples, config.audio), config)
  const changed = augmentWaveform({ clip, key, ...(partner && { partner }), ...(backgrounds && { backgrounds }) }, waveform)
  const mixes = partner && features.steps.some(({ name }) => name === 'mix')
  // The patches' numbers are of this copy alone: the key is part of their seed.
  const { patches, weights } = augmentPatches({ patches: patchesOf(changed.clip), ...(mixes && { partners: patchesOf(partner) }) }, { ...features, seed: createRandom(`${features.seed}/${key}`).uint32() })
  return { patches, shares: Float32Array.from(weights, (weight) => weight * changed.ratio) }
}

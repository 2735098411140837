import { AedError, createRandom, decodeNpy, encodeNpy, parseOptions, sha256, tensor, type AudioClip, type FeatureConfig, type Tensor } from '@aed/core'
import { readBytes } from '@aed/core/node'
import { workAhead, type DatasetClip } from '@aed/datasets'
import { augmentationRecipeSchema, type AugmentationRecipe, type AugmentedClipPatches } from './augment-clip.ts'
import { npyCodec, type Cache, type Codec } from './cache.ts'
import type { RunContext } from './run-context.ts'

/** A changed copy of a clip. */
export interface AugmentedCopy extends AugmentedClipPatches {
  /** Index of the clip, and of what was mixed into it; null where nothing was. */
  readonly clip: number
  readonly partner: number | null
  /** Number of the copy, from 0. */
  readonly copy: number
}

/** Options of {@link augmentedPatches}. */
export interface AugmentedPatchesOptions {
  readonly recipe: AugmentationRecipe
  /** Changed copies of each clip: one an epoch, say. */
  readonly copies: number
  /** Copies made or in the making before they are taken; default two a worker. */
  readonly ahead?: number
  /** Clips that the step `background` draws from, at any rate. */
  readonly backgrounds?: readonly DatasetClip[]
}

/** Steps that mix a clip of another class in. */
const needsPartner = (recipe: ReturnType<typeof parse>) => recipe.waveform.steps.some(({ step }) => step === 'betweenClass') || recipe.features.steps.some(({ name }) => name === 'mix')
const parse = (recipe: AugmentationRecipe) => parseOptions(augmentationRecipeSchema, recipe, 'augmentation')

/** Two arrays in one file: the shares behind the patches, both as .npy. */
const augmentedCodec: Codec<AugmentedClipPatches> = {
  extension: '.npy2',
  encode({ patches, shares }) {
    const [first, second] = [encodeNpy(patches), encodeNpy(tensor('float32', [shares.length], shares))]
    const bytes = new Uint8Array(4 + first.length + second.length)
    new DataView(bytes.buffer).setUint32(0, first.length, true)
    bytes.set(first, 4)
    bytes.set(second, 4 + first.length)
    return bytes
  },
  decode(bytes, name) {
    const end = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
    return { patches: decodeNpy(bytes.slice(4, end), name) as Tensor<'float32'>, shares: decodeNpy(bytes.slice(end), name).data as Float32Array }
  },
}

/** Hashes of the files that were read, as long as their cache is open: a file is not changed while it is worked on. */
const hashes = new WeakMap<Cache, Map<string, Promise<string>>>()

function hashOf(file: string, cache: Cache): Promise<string> {
  const known = hashes.get(cache) ?? new Map<string, Promise<string>>()
  hashes.set(cache, known)
  const hash = known.get(file) ?? readBytes(file).then(sha256)
  known.set(file, hash)
  hash.catch(() => known.delete(file)) // it may be there the next time
  return hash
}

/** A clip of another class for a copy, by the seed and its name alone. */
function drawPartner(clips: readonly DatasetClip[], clip: number, key: string): number {
  const others = [...clips.keys()].filter((i) => clips[i]!.label !== clips[clip]!.label)
  if (others.length === 0) throw new AedError('DATASET_INVALID', `augmentation: no clip of another class than '${clips[clip]!.label}' to mix in`)
  return others[createRandom(`partner/${key}`).integer(others.length)]!
}

/**
 * Changed copies of clips as log-mel patches, made in the pool ahead of their use: copy 0 of every clip, then copy 1, and so on. The same bytes for any number
 * of workers; each kept in the cache by the hash of sound, config and recipe. No more than `ahead` are in memory.
 * @throws AedError `INVALID_OPTION` for a wrong recipe, `DATASET_INVALID` where a partner is needed and there is none, of the first clip that cannot be read
 */
export async function* augmentedPatches(clips: readonly DatasetClip[], config: FeatureConfig, options: AugmentedPatchesOptions, { cache, pool, signal }: RunContext): AsyncGenerator<AugmentedCopy, void, undefined> {
  const { copies, ahead = 2 * pool.size, backgrounds = [] } = options
  if (!Number.isInteger(copies) || copies < 1) throw new AedError('INVALID_OPTION', `augmentation: copies takes a whole number of 1 or more, got ${copies}`)
  const recipe = parse(options.recipe)
  const { audio } = config

  /** A clip at the rate of the features, decoded once and then kept on disk, not in memory. */
  const load = async ({ path, segment }: DatasetClip): Promise<{ clip: AudioClip; hash: string }> => {
    const key = { bytes: await hashOf(path, cache), sampleRate: audio.sampleRate, maxDuration: audio.maxDuration, ...(segment && { segment }) }
    const kept = await cache.get('clips-1', key, npyCodec, async () => {
      const bytes = await readBytes(path)
      const { samples } = await pool.stages.resampledClip({ bytes, name: path, segment }, audio, { signal, transfer: bytes.byteLength === bytes.buffer.byteLength ? [bytes.buffer] : [] })
      return tensor('float32', [samples.length], samples)
    })
    return { clip: { samples: kept.data as Float32Array<ArrayBuffer>, sampleRate: audio.sampleRate }, hash: JSON.stringify(key) }
  }
  const sounds = await Promise.all(backgrounds.map(load))
  const mixes = needsPartner(recipe)

  const make = async ({ clip, copy }: { clip: number; copy: number }): Promise<AugmentedCopy> => {
    const key = `${clips[clip]!.id}/${copy}`
    const partner = mixes ? drawPartner(clips, clip, `${recipe.waveform.seed}/${recipe.features.seed}/${key}`) : null
    const [own, other] = await Promise.all([load(clips[clip]!), partner === null ? null : load(clips[partner]!)])
    const parts = { key, sounds: [own, ...(other ? [other] : []), ...sounds].map(({ hash }) => hash), config, recipe }
    const transfer = [own, ...(other ? [other] : [])].map(({ clip }) => clip.samples.buffer as ArrayBuffer) // loaded for this copy alone
    const result = await cache.get('augmented-1', parts, augmentedCodec, () =>
      pool.stages.augmentClip({ clip: own.clip, key, partner: other?.clip, ...(sounds.length > 0 && { backgrounds: sounds.map((sound) => sound.clip) }) }, { config, recipe }, { signal, transfer }),
    )
    return { ...result, clip, copy, partner }
  }
  const items = function* () {
    for (let copy = 0; copy < copies; copy++) for (const clip of clips.keys()) yield { clip, copy }
  }
  yield* workAhead(items(), make, { ahead, signal })
}

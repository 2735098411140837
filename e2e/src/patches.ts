import { AedError, createRandom, exp, log, isAedError, sha256, tensor, type FeatureConfig, type Progress, type Tensor } from '@aed/core'
import { readBytes } from '@aed/core/node'
import type { Dataset, DatasetClip } from '@aed/datasets'
import { npyCodec } from './cache.ts'
import type { RunContext } from './run-context.ts'
import { runAll } from './steps.ts'

/** Natural logarithm of a power ratio of one dB. */
const LOG_PER_DB = log(10) / 10

/** The log-mel patches of a dataset's clips. */
export interface PatchSet {
  /** `[n, nMels, patchLength]`, clip after clip. */
  readonly patches: Tensor<'float32'>
  /** For each patch the index of its clip. */
  readonly clipOfPatch: Int32Array
  readonly clips: readonly DatasetClip[]
  /** The front end that made them. */
  readonly features: FeatureConfig
  /** Of the patches' bytes and their order: what later results depend on. */
  readonly hash: string
  /** Clips that could not be read and were left out. */
  readonly skipped: readonly SkippedClip[]
}

/** A clip that could not be read. */
export interface SkippedClip {
  readonly id: string
  readonly message: string
}

/** A clip with its patches, or why it has none. */
interface LoadedPatches {
  readonly clip: DatasetClip
  readonly patches: Tensor | null
  readonly message?: string
}

/**
 * Decodes all clips of a dataset and takes their features, in the pool, each kept in the cache by the hash of its bytes and of the config.
 * @param options.skipBad leaves out clips that cannot be read and names them in the result, whose `clips` are then fewer than the dataset's
 * @throws AedError of the first clip that cannot be read, with its file name; with `skipBad` `DATASET_INVALID` when none can
 */
export async function loadPatches(dataset: Dataset, config: FeatureConfig, context: RunContext, report: (progress: Progress) => void, { skipBad = false } = {}): Promise<PatchSet> {
  const { cache, pool, signal } = context
  const patchesOfClip = async (clip: DatasetClip) => {
    const bytes = await readBytes(clip.path)
    const { segment } = clip
    const key = { bytes: await sha256(bytes), config, ...(segment && { segment }) }
    return cache.get('features-1', key, npyCodec, async () => {
      const whole = bytes.byteLength === bytes.buffer.byteLength
      const { patches } = await pool.stages.clipPatches({ bytes, name: clip.path, segment }, config, { signal, transfer: whole ? [bytes.buffer] : [] })
      return patches
    })
  }
  const results = await runAll(
    dataset.clips.map((clip) => async (): Promise<LoadedPatches> => {
      try {
        return { clip, patches: await patchesOfClip(clip) }
      } catch (error) {
        if (!skipBad || !isAedError(error) || error.code === 'ABORTED' || error.code === 'WORKER_FAILED') throw error
        return { clip, patches: null, message: error.message }
      }
    }),
    'clips',
    report,
    pool.size * 2, // one clip is read while another is worked on
  )
  const good = results.flatMap(({ clip, patches }) => (patches ? [{ clip, patches }] : []))
  if (good.length === 0) throw new AedError('DATASET_INVALID', `${dataset.name}: none of its ${dataset.clips.length} clips can be read`, { hint: 'see what aed data inspect says of it' })
  const perClip = good.map(({ patches }) => patches)
  const counts = perClip.map((patches) => patches.shape[0]!)
  const total = counts.reduce((a, b) => a + b, 0)
  const shape = [total, config.mel.nMels, config.patches.patchLength] as const
  const data = new Float32Array(total * shape[1] * shape[2])
  const clipOfPatch = new Int32Array(total)
  let patch = 0
  perClip.forEach(({ data: values }, clip) => {
    data.set(values as Float32Array, patch * shape[1] * shape[2])
    clipOfPatch.fill(clip, patch, patch + counts[clip]!)
    patch += counts[clip]!
  })
  const skipped = results.flatMap(({ clip, message }) => (message === undefined ? [] : [{ id: clip.id, message }]))
  return { patches: tensor('float32', shape, data), clipOfPatch, clips: good.map(({ clip }) => clip), features: config, hash: await sha256(data), skipped }
}

/** Indices of the patches whose clip is among `clips`, in order. */
export function patchesOf({ clipOfPatch }: PatchSet, clips: readonly number[]): Int32Array {
  const wanted = new Set(clips)
  return Int32Array.from(clipOfPatch.keys()).filter((patch) => wanted.has(clipOfPatch[patch]!))
}

/** Items of a tensor by index along its first axis, copied. */
export function take(source: Tensor<'float32'>, indices: ArrayLike<number>): Tensor<'float32'> {
  const [, ...rest] = source.shape
  const size = rest.reduce((a, b) => a * b, 1)
  const data = new Float32Array(indices.length * size)
  for (let i = 0; i < indices.length; i++) data.set(source.data.subarray(indices[i]! * size, (indices[i]! + 1) * size), i * size)
  return tensor('float32', [indices.length, ...rest], data)
}

/**
 * Up to `count` patches, as many of each class as there are of all (stratified), drawn by the seed; in order.
 * @param labels class index of each patch
 */
export function stratifiedSample(indices: Int32Array, labels: Int32Array, count: number, seed: number | string): Int32Array {
  const random = createRandom(seed)
  const byClass = new Map<number, number[]>()
  for (const index of random.shuffle([...indices])) byClass.set(labels[index]!, [...(byClass.get(labels[index]!) ?? []), index])
  const classes = [...byClass.keys()].sort((a, b) => a - b)
  const chosen: number[] = []
  for (let round = 0; chosen.length < Math.min(count, indices.length); round++)
    for (const label of classes) {
      const index = byClass.get(label)![round]
      if (index !== undefined && chosen.length < count) chosen.push(index)
    }
  return Int32Array.from(chosen.sort((a, b) => a - b))
}

/** Mean power of each patch: what the energy-weighted mean of scores weighs by. */
export function patchEnergies({ shape, data }: Tensor<'float32'>): Float32Array {
  const size = shape[1]! * shape[2]!
  const energies = new Float32Array(shape[0]!)
  for (let patch = 0; patch < energies.length; patch++) {
    let sum = 0
    for (let i = patch * size; i < (patch + 1) * size; i++) sum += exp(data[i]! * LOG_PER_DB)
    energies[patch] = sum / size
  }
  return energies
}

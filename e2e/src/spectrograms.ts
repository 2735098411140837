import { sha256, tensor, type FeatureConfig, type Progress, type Tensor } from '@aed/core'
import { readBytes } from '@aed/core/node'
import type { DatasetClip } from '@aed/datasets'
import { npyCodec } from './cache.ts'
import type { RunContext } from './run-context.ts'
import { runAll } from './steps.ts'

/**
 * The log-mel spectrograms of clips, each at several speeds: what windows are drawn from in training. Kept in the cache by the hash of the bytes.
 * @param speeds 1 is as recorded; more is faster and higher
 * @returns for each clip its spectrograms `[nMels, frames]` of at least a patch's frames; none where the clip is shorter than a patch
 * @throws AedError of the first clip that cannot be read, with its file name
 */
export async function loadSpectrograms(
  clips: readonly DatasetClip[],
  config: FeatureConfig,
  speeds: readonly number[],
  { cache, pool, signal }: RunContext,
  report: (progress: Progress) => void,
): Promise<readonly (readonly Tensor<'float32'>[])[]> {
  const { audio, mel, patches } = config
  const load = async (clip: DatasetClip, speed: number): Promise<Tensor<'float32'> | null> => {
    const bytes = await readBytes(clip.path)
    const { segment } = clip
    const key = { bytes: await sha256(bytes), audio, mel, speed, ...(mel.dbRef === 'patch' && { patches }), ...(segment && { segment }) }
    const found = await cache.get('spectrograms-1', key, npyCodec, () => pool.stages.clipSpectrogram({ bytes, name: clip.path, segment }, { ...config, speed }, { signal }))
    return found.shape.at(-1)! >= patches.patchLength ? (found as Tensor<'float32'>) : null
  }
  const tasks = clips.flatMap((clip) => speeds.map((speed) => () => load(clip, speed)))
  const spectrograms = await runAll(tasks, 'spectrograms', report, pool.size * 2)
  return clips.map((_, i) => spectrograms.slice(i * speeds.length, (i + 1) * speeds.length).flatMap((found) => (found ? separate(found) : [])))
}

/** Where each patch has a reference of its own they are kept as patches: each is then a spectrogram by itself. */
function separate({ shape, data }: Tensor<'float32'>): readonly Tensor<'float32'>[] {
  if (shape.length === 2) return [tensor('float32', shape, data)]
  const size = shape[1]! * shape[2]!
  return Array.from({ length: shape[0]! }, (_, i) => tensor('float32', shape.slice(1), data.slice(i * size, (i + 1) * size)))
}

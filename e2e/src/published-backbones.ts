import path from 'node:path'
import { AedError, isAedError, type StageContext } from '@aed/core'
import { downloadFile, exists } from '@aed/core/node'
import { defaultCacheDir } from './cache.ts'

/** A pretrained backbone that its publisher offers as a Keras HDF5 file. */
export interface PublishedBackbone {
  readonly fileName: string
  /** Where the publisher offers it, and under what there; the first to be tried first. */
  readonly sources: readonly { readonly url: string; readonly licence: string }[]
  /** Of the file. */
  readonly sha256: string
}

/** The largest takes 1.8 MB. */
const MAX_BYTES = 2 ** 24

/** Who publishes the backbones. */
export const BACKBONE_PUBLISHER = {
  citation: 'STMicroelectronics, STM32 AI model zoo, MiniResNetV2 backbones pretrained on FSD50K',
  homepage: 'https://github.com/STMicroelectronics/stm32ai-modelzoo',
} as const

const raw = (commit: string, file: string) => `https://raw.githubusercontent.com/STMicroelectronics/stm32ai-modelzoo/${commit}/audio_event_detection/${file}`

/** File name of a published backbone. */
const fileNameOf = (stacks: number, pooled: boolean) => `${pooled ? 'pooled_' : ''}miniresnetv2_${stacks}_stacks_backbone.h5`

/** Name of the published backbone file without pooling. */
export const backboneFileName = (stacks: number): string => fileNameOf(stacks, false)

function published(stacks: number, pooled: boolean, sha256: string): PublishedBackbone {
  const fileName = fileNameOf(stacks, pooled)
  // In this commit audio_event_detection/LICENSE.md puts src under Apache-2.0, and src/models/miniresnetv2/miniresnetv2.py reads all four files from beside itself.
  const sources = [{ url: raw('ff424ea597aa8b1f7b9afd5f598668b9c28470ea', `src/models/miniresnetv2/${fileName}`), licence: 'Apache-2.0, STMicroelectronics' }]
  // The files without pooling are older: the same bytes lie in the publisher's first commit, where the licence is still SLA0044.
  if (!pooled) sources.push({ url: raw('f501e52ee1f0ba8854b3ee958a7dc7b9e21a791a', `scripts/utils/models/miniresnetv2/${fileName}`), licence: 'SLA0044, STMicroelectronics: for use with its products' })
  return { fileName, sources, sha256 }
}

/** Backbones that can be downloaded and named: without pooling the activations are flattened, pooled ones average them. */
export const PUBLISHED_BACKBONES: Readonly<Record<string, PublishedBackbone>> = {
  'miniresnetv2-1stack': published(1, false, '43f954bef26ea2035323c49e37e91913a20c47607b007b1d96826dc03a8e3a19'),
  'miniresnetv2-2stacks': published(2, false, '04162735818243374c6fdb5b2c4a125f84e1290637a182213ebdfff33073a00d'),
  'miniresnetv2-1stack-pooled': published(1, true, '932a59f961206b4dcf8ca2da39177382e0e1f13db3f86170bda670a25aff01b2'),
  'miniresnetv2-2stacks-pooled': published(2, true, '415fb809d296b4b9a5845f086c1a54cda0aac616668b451a0a88c41535e196f3'),
}

/** The published backbone of that name, or undefined. */
export const publishedBackbone = (name: string): PublishedBackbone | undefined => (Object.hasOwn(PUBLISHED_BACKBONES, name) ? PUBLISHED_BACKBONES[name] : undefined)

/** Where a published backbone is put and looked for: a folder in the cache, under the publisher's file name. */
export const backboneCacheFile = ({ fileName }: PublishedBackbone): string => path.join(defaultCacheDir(), 'backbones', fileName)

/**
 * Downloads a published backbone and checks it. A file that is there already is kept if it is the same; a download that was cut off goes on with the next call.
 * @param out file that it becomes; default {@link backboneCacheFile}, where its name finds it
 * @param url other sources of the same file, tried one after another: the checksum is compared all the same
 * @returns the file, its checksum, and the licence at the source that it came from; null for a source that was given, and a file that was there
 * @throws AedError `USAGE` for an unknown name; those of `downloadFile`
 */
export async function downloadBackbone(name: string, { out, url }: { readonly out?: string | undefined; readonly url?: string | readonly string[] | undefined } = {}, { signal, onProgress }: StageContext = {}): Promise<{ readonly file: string; readonly sha256: string; readonly licence: string | null }> {
  const backbone = publishedBackbone(name)
  if (!backbone) throw new AedError('USAGE', `no published backbone '${name}'`, { hint: `there is ${Object.keys(PUBLISHED_BACKBONES).join(', ')}` })
  const file = out ?? backboneCacheFile(backbone)
  const sources = url === undefined ? backbone.sources : [url].flat().map((one) => ({ url: one, licence: null }))
  const kept = await exists(file)
  for (const [i, source] of sources.entries())
    try {
      await downloadFile(source.url, file, { checksum: { algorithm: 'sha256', hex: backbone.sha256 }, maxBytes: MAX_BYTES, signal, onProgress })
      return { file, sha256: backbone.sha256, licence: kept ? null : source.licence }
    } catch (error) {
      if (!isAedError(error, 'DOWNLOAD_FAILED') || i === sources.length - 1) throw error
    }
  throw new AedError('DOWNLOAD_FAILED', `${name}: no source was given`)
}

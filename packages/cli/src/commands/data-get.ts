import path from 'node:path'
import { AedError, type Progress } from '@aed/core'
import { downloadDataset, PUBLISHED_DATASETS, type PublishedDataset } from '@aed/datasets'
import { defaultCacheDir } from '@aed/e2e'
import type { CommandModule } from '../commands.ts'

const known: Readonly<Record<string, PublishedDataset>> = PUBLISHED_DATASETS
const NAMES = Object.keys(known)

const mib = (bytes: number) => Math.round(bytes / 2 ** 20)

/** `md5:HEX`, `sha256:HEX` or `none`. */
function parseChecksum(text: string) {
  if (text === 'none') return null
  const [, algorithm, hex] = /^(md5|sha256):([0-9a-f]+)$/i.exec(text) ?? []
  if (algorithm === undefined || hex === undefined || hex.length !== (algorithm.toLowerCase() === 'md5' ? 32 : 64))
    throw new AedError('INVALID_OPTION', `aed data get: --checksum takes md5:HEX, sha256:HEX or none, got '${text}'`)
  return { algorithm: algorithm.toLowerCase() as 'md5' | 'sha256', hex: hex.toLowerCase() }
}

export const get: CommandModule = {
  args: [{ syntax: '<NAME>', description: NAMES.join(' | ') }],
  schemas: {},
  flags: [
    { syntax: '--out <DIR>', description: 'new folder; default: in the cache, where aed esc10 finds it' },
    { syntax: '--url <URL>', description: 'another source of the same archive' },
    { syntax: '--checksum <SUM>', description: 'md5:HEX, sha256:HEX or none, for another archive than the published one' },
  ],
  examples: ['aed data get esc50', 'aed data get esc50 --out ESC-50-master'],
  async run({ args, options, output, signal }) {
    const [name] = args as [string]
    const { out, url, checksum } = options as { out?: string; url?: string; checksum?: string }
    const dataset = Object.hasOwn(known, name) ? known[name] : undefined
    if (!dataset) throw new AedError('USAGE', `aed data get: no dataset '${name}'; there is ${NAMES.join(', ')}`)
    const dir = out ?? path.join(defaultCacheDir(), 'datasets', name)
    const source = { ...(url !== undefined && { url }), ...(checksum !== undefined && { checksum: parseChecksum(checksum) }) }
    const { licence, citation, homepage } = dataset
    let said = false
    const onProgress = ({ done, total }: Progress) => {
      if (!said) output.say(`${dataset.name}, ${homepage}\nlicence: ${licence}\ncite: ${citation}`)
      said = true
      output.progress({ done: mib(done), total: mib(total), what: 'MiB' })
    }
    const { clips } = await downloadDataset(dataset, dir, source, { signal, onProgress })
    output.result({ name: dataset.name, dir, clips: clips.length, licence, citation, homepage }, `${dataset.name}: ${dir}`)
  },
}

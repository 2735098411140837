import { BACKBONE_PUBLISHER, downloadBackbone, PUBLISHED_BACKBONES } from '@aed/e2e'
import type { CommandModule } from '../commands.ts'

export const get: CommandModule = {
  args: [{ syntax: '<NAME>', description: Object.keys(PUBLISHED_BACKBONES).join(' | ') }],
  schemas: {},
  flags: [
    { syntax: '--out <FILE>', description: 'new .h5 file; default: in the cache, where --backbone NAME finds it' },
    { syntax: '--url <URL>', description: 'another source of the same file: its checksum is compared all the same' },
  ],
  examples: ['aed backbone get miniresnetv2-1stack', 'aed backbone get miniresnetv2-2stacks --out backbones/miniresnetv2_2_stacks_backbone.h5'],
  async run({ args, options, output, signal }) {
    const [name] = args as [string]
    const { file, sha256, licence } = await downloadBackbone(name, options, { signal, onProgress: (progress) => output.progress(progress) })
    const { citation, homepage } = BACKBONE_PUBLISHER
    output.result({ name, file, sha256, licence, citation, homepage }, `${name}: ${file}\nlicence: ${licence ?? 'that of the source'}, ${homepage}\ncite: ${citation}`)
  },
}

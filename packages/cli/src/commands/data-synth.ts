import { AedError } from '@aed/core'
import { syntheticOptionsSchema, writeSyntheticEsc10 } from '@aed/datasets'
import type { CommandModule } from '../commands.ts'

export const synth: CommandModule = {
  args: [],
  schemas: { synthetic: syntheticOptionsSchema },
  flags: [
    { syntax: '--out <DIR>', description: 'folder to write, laid out like ESC-50', required: true },
    { syntax: '--classes <LIST>', description: 'classes, comma-separated (all ten)' },
    { syntax: '--clips <N>', description: 'clips in all, instead of --recordings-per-class; a multiple of classes × clips per recording' },
  ],
  examples: ['aed data synth --out demo', 'aed data synth --classes dog,rain --clips 40 --out demo', 'aed data synth --clips 51200 --duration 0.1 --clips-per-recording 4 --out load'],
  async run({ options, output }) {
    const { out, classes, clips, synthetic = {} } = options as { out: string; classes?: string; clips?: string; synthetic?: object }
    const count = clips === undefined ? undefined : Number(clips)
    if (count !== undefined && !(Number.isInteger(count) && count > 0)) throw new AedError('INVALID_OPTION', `aed data synth: --clips takes a whole number from 1, got ${clips}`)
    const written = await writeSyntheticEsc10(out, { ...synthetic, ...(classes !== undefined && { classes: classes.split(',').map((name) => name.trim()) }), ...(count !== undefined && { clips: count }) })
    output.result({ out, ...written }, `${out}: ${written.clips} synthetic clips of ${written.classes} classes from ${written.recordings} recordings`)
  },
}

import { esc10OptionsSchema, runEsc10, type Esc10Report } from '@aed/e2e'
import type { CommandModule } from '../commands.ts'
import { kib, percent, table } from '../text.ts'

export const esc10: CommandModule = {
  args: [],
  schemas: { '': esc10OptionsSchema },
  flags: [],
  examples: ['aed esc10', 'aed esc10 --data ESC-50-master --backbone backbones/ --stacks both', 'aed esc10 --folds 1,2 --out out/quick --json'],
  async run({ options, output, signal }) {
    const report = await runEsc10(options, { signal, onStep: (event) => output.step(event) })
    output.result(report, summary(report))
  },
}

/** The report as a terminal shows it. */
function summary({ data, notes, models }: Esc10Report): string {
  const head = `${data.name}: ${data.clips} clips, ${data.recordings} recordings, ${data.patches} patches, ${data.classes.length} classes`
  const parts = models.map(({ stacks, folds, mean, std, pooled, cBytesEqual, memory, published, parameters }) => {
    const rows = folds.map(({ fold, patch, clip }) => [String(fold), percent(patch.float), percent(patch.int8), percent(clip.float), percent(clip.int8)])
    const spread = std.clip.float === null || std.clip.int8 === null ? [] : [['± std', '', '', percent(std.clip.float), percent(std.clip.int8)]]
    const { interval } = pooled.int8.clip
    return [
      `\n${stacks} stack${stacks > 1 ? 's' : ''}, ${parameters} parameters`,
      table(['fold', 'patch float', 'patch int8', 'clip float', 'clip int8'], [
        ...rows,
        ['mean', percent(mean.patch.float), percent(mean.patch.int8), percent(mean.clip.float), percent(mean.clip.int8)],
        ...spread,
      ]),
      `all test clips, int8: ${percent(pooled.int8.clip.accuracy)}${interval ? ` [${percent(interval[0])}, ${percent(interval[1])}] (95 % interval by recording)` : ''}`,
      cBytesEqual === null ? 'C library: not compiled, no compiler was found' : `C library: ${cBytesEqual ? 'the same bytes as the engine on every test patch' : 'NOT the bytes of the engine'}`,
      table(['KiB', 'RAM', 'flash'], [
        [`ours (${memory.compiler ?? 'code and stack not counted: no compiler'})`, kib(memory.ram.total), kib(memory.flash.total)],
        ...(published ? [['published, X-CUBE-AI 10', published.totalRam.toFixed(2), published.totalFlash.toFixed(2)]] : []),
      ]),
    ].join('\n')
  })
  return [head, ...notes.map((note) => `note: ${note}`), ...parts].join('\n')
}

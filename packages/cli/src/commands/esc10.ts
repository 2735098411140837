import { createSteps, defaultCacheDir, esc10OptionsSchema, evaluateShipped, findDataset, runEsc10, withRunContext, type Esc10Report, type ShippedReport } from '@aed/e2e'
import { parseOptions } from '@aed/core'
import type { CommandCall, CommandModule } from '../commands.ts'
import { kib, percent, table } from '../text.ts'

export const esc10: CommandModule = {
  args: [],
  schemas: { '': esc10OptionsSchema },
  flags: [{ syntax: '--pretrained', description: 'train nothing: the shipped int8 models, each on the fold that it has not seen; of the options data, jobs and cache count' }],
  examples: ['aed esc10', 'aed esc10 --data ESC-50-master --backbone backbones/ --stacks both', 'aed esc10 --folds 1,2 --out out/quick --json', 'aed esc10 --pretrained --data ESC-50-master'],
  async run({ options, output, signal }) {
    const { pretrained, ...rest } = options
    if (pretrained === true) return runShipped({ options: rest, output, signal })
    const report = await runEsc10(rest, { signal, onStep: (event) => output.step(event) })
    output.result(report, summary(report))
  },
}

/** Evaluates what is shipped, without training. */
async function runShipped({ options, output, signal }: Omit<CommandCall, 'args'>): Promise<void> {
  const { data, jobs, cache } = parseOptions(esc10OptionsSchema, options, 'esc10')
  const dataset = await findDataset(data, cache ?? defaultCacheDir())
  const report = await withRunContext({ cache, jobs, signal }, (context) => evaluateShipped(dataset, context, createSteps(5, (event) => output.step(event), signal)))
  output.result(report, shippedSummary(report))
}

function shippedSummary({ data, folds, summary, pooled: { accuracy, interval } }: ShippedReport): string {
  const rows = folds.map(({ fold, model, clips, accuracy }) => [String(fold), model, String(clips), percent(accuracy)])
  return [
    `${data.name}: ${data.clips} clips, shipped int8 models, each on the fold that it was not trained on`,
    ...(data.synthetic ? ['note: the recordings are synthetic; the accuracies say nothing about real sounds'] : []),
    table(['fold', 'model', 'clips', 'clip int8'], [...rows, ['mean', '', String(data.clips), percent(summary.mean)], ['± std', '', '', percent(summary.std)]]),
    `all clips: ${percent(accuracy)}${interval ? ` [${percent(interval[0])}, ${percent(interval[1])}] (95 % interval by recording)` : ''}`,
  ].join('\n')
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

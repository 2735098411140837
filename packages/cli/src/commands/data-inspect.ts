import path from 'node:path'
import { featureConfig } from '@aed/core'
import { requireWritable, writeAtomic } from '@aed/core/node'
import { readDataset, type DatasetInspection } from '@aed/datasets'
import { inspectDatasetFiles, loadPatches, renderInspectionHtml, withRunContext } from '@aed/e2e'
import type { CommandModule } from '../commands.ts'
import { percent, table } from '../text.ts'

export const inspect: CommandModule = {
  args: [{ syntax: '<DIR>', description: 'folder of a dataset, or a .csv' }],
  schemas: {},
  flags: [{ syntax: '--out <DIR>', description: 'folder for inspection.html and inspection.json' }],
  examples: ['aed data inspect ESC-50-master', 'aed data inspect recordings/ --out out/recordings --json'],
  async run({ args, options, output, signal }) {
    const { out } = options as { out?: string }
    if (out !== undefined) await requireWritable(out)
    const dataset = await readDataset(args[0]!)
    await withRunContext({ signal }, async (context) => {
      const inspection = await inspectDatasetFiles(dataset, context, (progress) => output.progress(progress))
      if (out !== undefined) {
        const bad = new Set(inspection.bad.map(({ id }) => id))
        const good = dataset.clips.filter(({ id }) => !bad.has(id))
        const shown = dataset.classes.flatMap((name) => good.find(({ label }) => label === name) ?? [])
        const pictures = await loadPatches({ ...dataset, clips: shown }, featureConfig(), context, () => undefined)
        await writeAtomic(path.join(out, 'inspection.html'), renderInspectionHtml(inspection, pictures))
        await writeAtomic(path.join(out, 'inspection.json'), `${JSON.stringify(inspection, null, 2)}\n`)
      }
      output.result(inspection, summary(inspection))
    })
  },
}

/** The inspection as a terminal shows it. */
function summary({ name, clips, recordings, classes, folds, durations, levelsDb, sampleRates, channels, clipped, silent, bad, duplicates, warnings, licence }: DatasetInspection): string {
  const across = duplicates.filter(({ sameRecording }) => !sameRecording)
  const lines = (title: string, items: readonly string[]) => (items.length ? [`${title}:`, ...items.slice(0, 10).map((item) => `  ${item}`), ...(items.length > 10 ? [`  and ${items.length - 10} more (--json names all)`] : [])] : [])
  return [
    `${name}: ${clips} clips from ${recordings} recordings, ${classes.length} classes; licence: ${licence}`,
    table(
      ['class', 'clips', 'recordings', 'minutes', ...folds.map((fold) => `fold ${fold}`)],
      classes.map((row) => [row.name, String(row.clips), String(row.recordings), (row.duration / 60).toFixed(1), ...row.clipsPerFold.map(String)]),
    ),
    ...(durations ? [`duration: ${durations.min.toFixed(2)} to ${durations.max.toFixed(2)} s, median ${durations.median.toFixed(2)} s, ${(durations.total / 60).toFixed(1)} minutes in all`] : []),
    ...(levelsDb ? [`level (RMS): ${levelsDb.min.toFixed(1)} to ${levelsDb.max.toFixed(1)} dBFS, median ${levelsDb.median.toFixed(1)} dBFS`] : []),
    `rates: ${sampleRates.map((row) => `${row.sampleRate} Hz × ${row.clips}`).join(', ')}; channels: ${channels.map((row) => `${row.channels} × ${row.clips}`).join(', ')}`,
    ...lines(`${bad.length} clips cannot be read`, bad.map(({ id, message }) => `${id}: ${message}`)),
    ...lines(`${warnings.length} warnings`, warnings.map(({ id, warning }) => `${id}: ${warning}`)),
    ...lines(`${clipped.length} clips are clipped`, clipped.map(({ id, samples }) => `${id}: ${samples} samples at full scale`)),
    ...lines(`${silent.length} clips are mostly silent`, silent.map(({ id, share }) => `${id}: ${percent(share)}`)),
    ...lines(`${duplicates.length} pairs of clips hold the same or nearly the same sound, ${across.length} of them of different recordings`, across.map(({ a, b, kind, bitErrorRate }) => `${a} and ${b}: ${kind}, ${percent(bitErrorRate)} of bits differ`)),
  ].join('\n')
}

import path from 'node:path'
import { AedError, findLeaks, parseOptions, requireNoLeaks, type LeakReport } from '@aed/core'
import { writeAtomic } from '@aed/core/node'
import { formatLabelsCsv, groupFolds, groupFoldsOptionsSchema, leaveOneRecordingOut, officialFolds, readDataset, type Dataset, type DatasetInspection, type FoldSplit } from '@aed/datasets'
import { classChoice, classOptionsSchema, inspectDatasetFiles, withRunContext } from '@aed/e2e'
import type { CommandModule } from '../commands.ts'
import { skippedText, table } from '../text.ts'

const KINDS = ['group', 'official', 'leave-one-recording-out'] as const

export const split: CommandModule = {
  args: [{ syntax: '<DIR>', description: 'folder of a dataset, or a .csv' }],
  schemas: { '': classOptionsSchema, split: groupFoldsOptionsSchema },
  flags: [
    { syntax: '--out <FILE>', description: 'table to write (filename, label, fold, source), in DIR or above it; --data FILE reads it', required: true },
    { syntax: '--kind <KIND>', description: `${KINDS.join(' | ')} (group: dealt by the seed, classes even)` },
    { syntax: '--check-sound', description: 'decode all clips and look for the same sound on both sides too' },
    { syntax: '--skip-bad', description: 'decode all clips, leave out those that cannot be read, and name them' },
    { syntax: '--allow-leaks', description: 'write a split that leaks; the result says how many clips are concerned' },
  ],
  examples: ['aed data split recordings/ --out recordings/folds.csv --folds 5', 'aed data split ESC-50-master --classes dog,rooster --garbage-class other --out ESC-50-master/two.csv', 'aed data split ESC-50-master --kind official --check-sound --out ESC-50-master/checked.csv'],
  async run({ args, options, output, signal }) {
    const { out, kind = 'group', checkSound = false, skipBad = false, allowLeaks = false, split: settings = {} } = options as { out: string; kind?: string; checkSound?: boolean; skipBad?: boolean; allowLeaks?: boolean; split?: object }
    if (!(KINDS as readonly string[]).includes(kind)) throw new AedError('INVALID_OPTION', `aed data split: --kind takes ${KINDS.join(' or ')}, got '${kind}'`)
    const chosen = parseOptions(classOptionsSchema, pick(options, classOptionsSchema), 'aed data split')
    const found = await readDataset(args[0]!, classChoice(chosen, parseOptions(groupFoldsOptionsSchema, settings, 'aed data split').seed))
    const base = path.dirname(path.resolve(out))
    const outside = found.clips.find((clip) => path.relative(base, clip.path).startsWith('..'))
    if (outside) throw new AedError('INVALID_OPTION', `aed data split: --out ${out} stands beside the audio files, not above them`, { hint: `write it into ${path.dirname(path.dirname(outside.path))}` })
    const heard = checkSound || skipBad ? await withRunContext({ signal }, (context) => inspectDatasetFiles(found, context, (progress) => output.progress(progress))) : null
    const bad = heard?.bad ?? []
    for (const { id, message } of bad) output.say(`${skipBad ? 'skipped' : 'cannot be read'}: ${id}: ${message}`)
    const left = new Set(skipBad ? bad.map(({ id }) => id) : [])
    const dataset = { ...found, clips: found.clips.filter(({ id }) => !left.has(id)) }
    if (dataset.clips.length === 0) throw new AedError('DATASET_INVALID', `${args[0]!}: none of its ${found.clips.length} clips can be read`, { hint: 'see what aed data inspect says of it' })
    const duplicates = checkSound ? indexed(dataset, heard!.duplicates) : []
    const folds = kind === 'group' ? groupFolds(dataset.clips, settings) : kind === 'official' ? officialFolds(dataset.clips) : leaveOneRecordingOut(dataset.clips)
    const reports = folds.map((fold) => ({ fold: fold.fold, clips: fold.test.length, leak: findLeaks(dataset.clips, fold, duplicates) }))
    if (!allowLeaks) for (const { fold, leak } of reports) requireNoLeaks(leak, `fold ${fold}`)
    await writeAtomic(out, toTable(dataset, folds, base))
    output.result({ out, kind, checkedSound: checkSound, leaky: reports.some(({ leak }) => leak.clips > 0), folds: reports, ...(skipBad && { skipped: bad }) }, [summary(out, reports), ...(left.size > 0 ? [skippedText(bad)] : [])].join('\n'))
  },
}

/** Those of the options that a schema knows. */
const pick = (options: Readonly<Record<string, unknown>>, { entries }: { readonly entries: object }) => Object.fromEntries(Object.keys(entries).flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])))

/** Duplicates by the clips' indices, as the leak check takes them. */
function indexed({ clips }: Dataset, duplicates: DatasetInspection['duplicates']) {
  const indexOf = new Map(clips.map(({ id }, i) => [id, i]))
  return duplicates.map(({ a, b, kind, bitErrorRate }) => ({ a: indexOf.get(a)!, b: indexOf.get(b)!, kind, bitErrorRate, offset: 0 }))
}

function toTable({ clips }: Dataset, folds: readonly FoldSplit[], base: string): string {
  const foldOf = new Int32Array(clips.length)
  for (const { fold, test } of folds) for (const i of test) foldOf[i] = fold
  return formatLabelsCsv(
    clips.map((clip, i) => ({ ...clip, fold: foldOf[i]! })),
    (clip) => path.relative(base, clip.path).split(path.sep).join('/'),
  )
}

function summary(out: string, reports: readonly { readonly fold: number; readonly clips: number; readonly leak: LeakReport }[]): string {
  const leaky = reports.reduce((sum, { leak }) => sum + leak.clips, 0)
  return [
    `${out}: ${reports.length} folds${leaky > 0 ? `; LEAKY: ${leaky} held-out clips share a sound with training` : ', none leaks'}`,
    ...(reports.length <= 20 ? [table(['fold', 'clips', 'leaking'], reports.map(({ fold, clips, leak }) => [String(fold), String(clips), String(leak.clips)]))] : []),
  ].join('\n')
}

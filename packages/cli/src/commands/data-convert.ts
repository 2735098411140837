import path from 'node:path'
import { AedError } from '@aed/core'
import { readBytes, writeAtomic } from '@aed/core/node'
import { applyAncestors, formatLabelsCsv, FSD50K_TABLES, parseAudioSetOntology, parseFsd50kVocabulary, readDataset, type AncestorRule, type Dataset } from '@aed/datasets'
import type { CommandModule } from '../commands.ts'

const RULES = ['keep', 'add', 'remove'] as const satisfies readonly AncestorRule[]
const SUBSETS = ['train', 'validation', 'test'] as const

const text = async (file: string) => new TextDecoder().decode(await readBytes(file))

export const convert: CommandModule = {
  args: [
    { syntax: '<LAYOUT>', description: 'fsd50k' },
    { syntax: '<DIR>', description: 'folder with FSD50K.ground_truth, FSD50K.dev_audio and FSD50K.eval_audio' },
  ],
  schemas: {},
  flags: [
    { syntax: '--out <DIR>', description: 'DIR itself or a folder above it: fsd50k-train.csv, fsd50k-validation.csv and fsd50k-test.csv are written there', required: true },
    { syntax: '--ancestors <RULE>', description: 'classes that follow from others in the AudioSet ontology: keep | add | remove (keep)' },
    { syntax: '--ontology <FILE>', description: 'ontology.json of AudioSet, for add and remove' },
    { syntax: '--classes <LIST>', description: 'only clips of these classes, comma-separated' },
    { syntax: '--single-label', description: 'leave out clips that are of several classes after all that' },
  ],
  examples: ['aed data convert fsd50k FSD50K --out FSD50K', 'aed data convert fsd50k FSD50K --ancestors remove --ontology ontology.json --single-label --classes Speech,Knock --out FSD50K'],
  async run({ args, options, output }) {
    const [layout, dir] = args as [string, string]
    const { out, ancestors = 'keep', ontology, classes, singleLabel = false } = options as { out: string; ancestors?: string; ontology?: string; classes?: string; singleLabel?: boolean }
    if (layout !== 'fsd50k') throw new AedError('USAGE', `aed data convert: unknown layout '${layout}', known is fsd50k`)
    const rule = RULES.find((name) => name === ancestors)
    if (!rule) throw new AedError('INVALID_OPTION', `aed data convert: --ancestors takes ${RULES.join(' or ')}, got '${ancestors}'`)
    if ((rule === 'keep') !== (ontology === undefined)) throw new AedError('USAGE', 'aed data convert: --ancestors add and remove need --ontology FILE, keep takes none')
    const inside = path.relative(path.resolve(out), path.resolve(dir))
    if (inside.startsWith('..')) throw new AedError('INVALID_OPTION', `aed data convert: --out ${out} stands beside ${dir}, not above it`, { hint: 'a table lists files in its own folder' })
    const whole = await readDataset(dir)
    const tables = path.join(dir, FSD50K_TABLES)
    const vocabulary = parseFsd50kVocabulary(await text(path.join(tables, 'vocabulary.csv')))
    const clips = ontology === undefined ? whole.clips : applyAncestors(whole.clips, vocabulary, parseAudioSetOntology(await text(ontology), ontology), rule)
    const chosen = choose({ ...whole, clips }, classes, singleLabel)
    const written: Record<string, number> = {}
    for (const subset of SUBSETS) {
      const part = chosen.filter((clip) => clip.subset === subset)
      if (part.length === 0) continue
      const file = path.join(out, `fsd50k-${subset}.csv`)
      await writeAtomic(file, formatLabelsCsv(part, (clip) => path.relative(path.resolve(out), clip.path).split(path.sep).join('/')))
      written[file] = part.length
    }
    output.result({ written, leftOut: whole.clips.length - chosen.length }, Object.entries(written).map(([file, count]) => `${file}: ${count} clips`).join('\n'))
  },
}

function choose({ clips, classes: known }: Dataset, list: string | undefined, singleLabel: boolean) {
  const wanted = list?.split(',').map((name) => name.trim())
  const unknown = wanted?.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new AedError('UNKNOWN_CLASS', `aed data convert: no class '${unknown}' in FSD50K`, { hint: 'vocabulary.csv names them all' })
  const kept = clips.flatMap((clip) => {
    const labels = (clip.labels ?? [clip.label]).filter((name) => !wanted || wanted.includes(name))
    return labels.length === 0 || (singleLabel && labels.length > 1) ? [] : [{ ...clip, label: labels[0]!, labels }]
  })
  if (kept.length === 0) throw new AedError('DATASET_INVALID', 'aed data convert: no clip is left')
  return kept
}

import { AedError } from '@aed/core'
import * as v from 'valibot'
import { labelsOf, withLabels, type ClipDetails } from './dataset.ts'
import type { Fsd50kClass } from './read-fsd50k.ts'

const ontologySchema = v.array(v.object({ id: v.string(), child_ids: v.array(v.string()) }))

/** Which sounds are kinds of which. */
export interface AudioSetOntology {
  /** All that a class is a kind of, by its AudioSet id, itself not included. */
  readonly ancestorsOf: (mid: string) => ReadonlySet<string>
}

/**
 * Reads the AudioSet ontology: a JSON list of classes with `id` and `child_ids`.
 * @see https://github.com/audioset/ontology
 * @throws AedError `DATASET_INVALID` for another file
 */
export function parseAudioSetOntology(text: string, where = 'ontology.json'): AudioSetOntology {
  let nodes: v.InferOutput<typeof ontologySchema>
  try {
    nodes = v.parse(ontologySchema, JSON.parse(text))
  } catch (cause) {
    throw new AedError('DATASET_INVALID', `${where}: is not the AudioSet ontology, a JSON list of classes with id and child_ids`, { hint: 'get ontology.json from github.com/audioset/ontology', cause })
  }
  const parents = new Map<string, string[]>()
  for (const { id, child_ids: children } of nodes) for (const child of children) parents.set(child, [...(parents.get(child) ?? []), id])
  return {
    ancestorsOf(mid) {
      const found = new Set<string>()
      const open = [...(parents.get(mid) ?? [])]
      for (let next = open.pop(); next !== undefined; next = open.pop()) {
        if (found.has(next) || next === mid) continue
        found.add(next)
        open.push(...(parents.get(next) ?? []))
      }
      return found
    },
  }
}

/** What becomes of the classes that follow from others. */
export type AncestorRule = 'keep' | 'add' | 'remove'

/**
 * Completes or thins out the classes of FSD50K's clips: `add` gives each clip all ancestors of its classes that the vocabulary has, `remove` takes
 * away those that follow from another class of the clip (the model zoo's `unsmear_labels`).
 * @returns clips in the same order, their own classes first
 */
export function applyAncestors<C extends ClipDetails>(clips: readonly C[], vocabulary: readonly Fsd50kClass[], ontology: AudioSetOntology, rule: AncestorRule): readonly C[] {
  if (rule === 'keep') return clips
  const midOf = new Map(vocabulary.map(({ name, mid }) => [name, mid]))
  const nameOf = new Map(vocabulary.map(({ name, mid }) => [mid, name]))
  const ancestorNames = new Map(vocabulary.map(({ name }) => [name, [...ontology.ancestorsOf(midOf.get(name)!)].flatMap((mid) => nameOf.get(mid) ?? [])]))
  return clips.map((clip) => {
    const own = labelsOf(clip)
    const implied = new Set(own.flatMap((name) => ancestorNames.get(name)!))
    const labels = rule === 'add' ? [...new Set([...own, ...implied])] : own.filter((name) => !implied.has(name))
    return withLabels(clip, labels.length > 0 ? labels : own) // a ring in the file would take all away
  })
}

import { AedError, featureConfig, MODEL_CARD_SCHEMA, tensorOf, type Graph, type ModelCard } from '@aed/core'
import type { ClassifierModel } from './clip-scorer.ts'

/** What a model's card lacks; where the card has it, it must not be given. */
export interface CardOptions {
  /** Class names in the order of the outputs. */
  readonly classes?: readonly string[]
  /** The feature config that the model was trained with; any part can be left out. */
  readonly features?: object
}

/**
 * A model with class names and front end, of its card or given.
 * @param name how errors call it
 * @throws AedError `MODEL_MISMATCH` where class names are missing or not as many as the outputs, `INVALID_OPTION` for a front end beside the card's own
 */
export function classifierModel({ graph, card }: { readonly graph: Graph; readonly card: ModelCard | null }, name: string, { classes: given, features }: CardOptions = {}): ClassifierModel {
  if (card?.features && features)
    throw new AedError('INVALID_OPTION', `${name}: carries its own feature config; another one would run it with another front end`, { hint: 'leave it out' })
  const classes = given ?? card?.classes
  if (!classes) throw new AedError('MODEL_MISMATCH', `${name}: has no class names`, { hint: 'give them: classes' })
  const outputs = tensorOf(graph, graph.outputs[0]).shape.at(-1)!
  if (card?.head.kind !== 'clip' && classes.length !== outputs) throw new AedError('MODEL_MISMATCH', `${name} has ${outputs} outputs, got ${classes.length} class names`)
  const base = card ?? { schema: MODEL_CARD_SCHEMA, name, head: { kind: 'meanScores' }, provenance: {}, licence: 'unknown' }
  return { graph, card: { ...base, classes: [...classes], features: card?.features ?? featureConfig(features) } }
}

import path from 'node:path'
import { AedError, featureConfig, MODEL_CARD_SCHEMA, tensorOf, type ModelCard } from '@aed/core'
import { readBytes } from '@aed/core/node'
import type { ModelFile } from './model-file.ts'

/**
 * The card of a model: its own, or one made of `--labels` and the feature flags for files without one. A model's own feature config wins
 * over nothing: flags beside it are an error, since a model must not be run with another front end than its own.
 * @throws AedError `MODEL_MISMATCH`, `INVALID_OPTION`
 */
export async function cardFor(model: ModelFile, options: Readonly<Record<string, unknown>>): Promise<ModelCard & { features: NonNullable<ModelCard['features']> }> {
  const { audio, mel, patches, labels } = options
  const flags = audio !== undefined || mel !== undefined || patches !== undefined
  if (model.card?.features && flags)
    throw new AedError('INVALID_OPTION', `${model.path}: carries its own feature config; feature flags would run it with another front end`, { hint: 'leave them out' })
  const outputs = tensorOf(model.graph, model.graph.outputs[0]).shape.at(-1)!
  const classes = typeof labels === 'string' ? await readLabels(labels) : (model.card?.classes ?? null)
  if (classes && model.card?.head.kind !== 'clip' && classes.length !== outputs) throw new AedError('MODEL_MISMATCH', `${model.path} has ${outputs} outputs, got ${classes.length} class names`)
  const features = model.card?.features ?? featureConfig({ ...(audio !== undefined && { audio }), ...(mel !== undefined && { mel }), ...(patches !== undefined && { patches }) })
  const base: ModelCard = model.card ?? {
    schema: MODEL_CARD_SCHEMA,
    name: path.basename(model.path).replace(/\.[^.]+$/, ''),
    classes,
    features,
    head: { kind: 'meanScores' },
    provenance: { file: path.basename(model.path) },
    licence: 'unknown',
  }
  return { ...base, classes, features }
}

/** Class names, one a line. */
async function readLabels(file: string): Promise<string[]> {
  const names = new TextDecoder().decode(await readBytes(file)).split(/\r?\n/).map((line) => line.trim()).filter(Boolean)
  if (names.length === 0) throw new AedError('INVALID_INPUT', `${file}: holds no class names`)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw new AedError('INVALID_INPUT', `${file}: '${twice}' stands twice`)
  return names
}

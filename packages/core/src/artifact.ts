import * as v from 'valibot'
import { detectionParametersSchema } from './detection.ts'
import { featureConfigSchema } from './feature-config.ts'
import { parseOptions } from './options.ts'

/** Version of {@link ModelCard}; a reader refuses one that it does not know. */
export const MODEL_CARD_SCHEMA = 'aed-model/1'

const blockSchema = v.strictObject({
  name: v.string(),
  /** What the block measures: statistics of a tapped tensor, moments of the log-mel, or a buffered envelope. */
  kind: v.picklist(['tap', 'logMelMoments', 'envelope']),
  /** Tensor of the graph, for `tap`. */
  tensor: v.optional(v.string()),
  /** Statistic names in order. */
  statistics: v.array(v.string()),
  gain: v.number(),
})

/** From the patches of a clip to the scores of the clip (design: graph and clip head). */
const clipHeadSchema = v.variant('kind', [
  /** The mean of the patches' scores. */
  v.strictObject({ kind: v.literal('meanScores') }),
  /** Named blocks of statistics of a clip, standardised, then one linear layer in float32. */
  v.strictObject({
    kind: v.literal('clip'),
    blocks: v.array(blockSchema),
    mean: v.array(v.number()),
    scale: v.array(v.number()),
    /** Row-major `[classes, features]`. */
    weights: v.array(v.number()),
    bias: v.array(v.number()),
  }),
])

/** What travels with every model, in whatever form it is: `aed.json` of a model folder, metadata of a `.tflite`, header of a C library. */
export const modelCardSchema = v.strictObject({
  schema: v.literal(MODEL_CARD_SCHEMA),
  name: v.string(),
  /** Class names in the order of the outputs; null for a backbone. */
  classes: v.nullable(v.pipe(v.array(v.string()), v.minLength(1))),
  /** The front end that the model was trained with; null when unknown. */
  features: v.nullable(featureConfigSchema),
  head: v.optional(clipHeadSchema, { kind: 'meanScores' }),
  /** How scores over time become events; absent where no search chose it. */
  detection: v.optional(detectionParametersSchema),
  /** How it was made: data, seed, versions, options; in the order written. */
  provenance: v.record(v.string(), v.unknown()),
  licence: v.string(),
})

export type ModelCard = v.InferOutput<typeof modelCardSchema>
export type ClipHead = v.InferOutput<typeof clipHeadSchema>

/**
 * Reads a model card from parsed JSON.
 * @param where the file's name, for errors
 * @throws AedError `INVALID_OPTION` that names the field
 */
export function parseModelCard(json: unknown, where: string): ModelCard {
  return parseOptions(modelCardSchema, json, where)
}

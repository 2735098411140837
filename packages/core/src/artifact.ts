import * as v from 'valibot'
import { clipHeadSchema } from './clip-head.ts'
import { detectionParametersSchema } from './detection.ts'
import { AedError } from './errors.ts'
import { featureConfigSchema } from './feature-config.ts'
import { parseOptions } from './options.ts'

/** Version of {@link ModelCard}; a reader refuses one that it does not know. */
export const MODEL_CARD_SCHEMA = 'aed-model/1'

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
  /**
   * Lowest score of a clip's best class that counts as that class: below it the answer is `unknown`. One for all classes, or one a class in the order of the outputs, above 1 for a
   * class that is never the answer (a garbage class). Absent where none was chosen.
   */
  unknownBelow: v.optional(v.union([v.pipe(v.number(), v.minValue(0), v.maxValue(1)), v.pipe(v.array(v.pipe(v.number(), v.minValue(0), v.finite())), v.minLength(1))])),
  /** How it was made: data, seed, versions, options; in the order written. */
  provenance: v.record(v.string(), v.unknown()),
  licence: v.string(),
})

export type ModelCard = v.InferOutput<typeof modelCardSchema>

/**
 * The lowest score with which each class is accepted, in the order of the outputs; null where the card says nothing of it.
 * @throws AedError `MODEL_MISMATCH` when there are more or fewer than classes
 */
export function unknownThresholds({ name, classes, unknownBelow }: Pick<ModelCard, 'name' | 'classes' | 'unknownBelow'>): readonly number[] | null {
  if (unknownBelow === undefined || classes === null) return null
  if (typeof unknownBelow === 'number') return classes.map(() => unknownBelow)
  if (unknownBelow.length !== classes.length) throw new AedError('MODEL_MISMATCH', `${name}: its card has ${unknownBelow.length} values of unknownBelow for ${classes.length} classes`, { hint: 'aed eval --outside ... --tuned writes them anew' })
  return unknownBelow
}

/**
 * Reads a model card from parsed JSON.
 * @param where the file's name, for errors
 * @throws AedError `INVALID_OPTION` that names the field
 */
export function parseModelCard(json: unknown, where: string): ModelCard {
  return parseOptions(modelCardSchema, json, where)
}

import * as v from 'valibot'
import { AedError, featureConfigSchema, option, parseOptions, type ClipBlock, type OptionsOf } from '@aed/core'
import { clipHeadTrainingSchema } from '@aed/model-miniresnetv2'
import { GAIN_RANGE, otherGains } from './clip-copies.ts'
import { MODE_RECIPES, networkTraining, networkTrainingSchema, parseSpeeds, TRAIN_MODES } from './train-modes.ts'

/** Epochs of a dense head at most, where nobody says otherwise. */
export const HEAD_EPOCHS = 40
const number = (min: number) => v.pipe(v.number(), v.finite(), v.minValue(min))
const gainsSchema = v.record(v.string(), number(0))
const decibels = v.array(v.pipe(v.number(), v.finite(), v.minValue(GAIN_RANGE.min), v.maxValue(GAIN_RANGE.max)))
const trainingSchema = v.optional(clipHeadTrainingSchema, {})

/** A way to make a model, as data: what `aed cv` judges and `aed train` follows. */
export const recipeSchema = v.strictObject({
  name: v.pipe(v.string(), v.minLength(1)),
  /** One line. */
  about: v.optional(v.string(), ''),
  stacks: option.numberChoice([1, 2], 1, 'network size'),
  /** Front end; what is left out is that of the published models. */
  features: v.optional(featureConfigSchema, {}),
  head: option.choice(['clip', 'dense'], 'clip', 'clip: statistics of the clip and one linear layer; dense: one softmax layer on each patch, whose scores are averaged'),
  /** Clip head: frames from patch to patch. */
  patchStep: option.integer(25, 'frames from patch to patch', { min: 1, unit: 'frames' }),
  /** Copies to train on, each played so much faster. */
  speeds: v.optional(v.pipe(v.array(v.pipe(v.number(), v.minValue(0.25), v.maxValue(4))), v.minLength(1)), () => [1]),
  /** Copies whose scores are averaged at test time: so many passes a clip. */
  testSpeeds: v.optional(v.pipe(v.array(v.pipe(v.number(), v.minValue(0.25), v.maxValue(4))), v.minLength(1)), () => [1]),
  /** Clip head, in dB: further copies to train on, each at the first of the speeds and so much louder; 0 is the clip itself. Where 0 dB is the clip's own maximum they all sound alike. */
  gains: v.optional(decibels, () => [0]),
  /** Clip head, in dB: the test clips are judged so much louder too, beside as they were recorded. */
  testGains: v.optional(decibels, () => []),
  /** Clip head: blocks with their gains, see {@link clipBlock}. */
  blocks: v.optional(gainsSchema, {}),
  /** Clip head: square roots of the tapped statistics instead of themselves. */
  sqrt: option.boolean(true, 'square roots of the tapped statistics'),
  training: trainingSchema,
  /** Clip head: what `--nested` chooses among, each a change of the recipe. */
  variants: v.optional(v.record(v.string(), v.strictObject({ blocks: v.optional(gainsSchema), training: v.optional(v.partial(clipHeadTrainingSchema)) })), {}),
  /** Dense head: trainings, each with a seed of its own, whose figures are averaged. */
  trainings: option.integer(1, 'trainings with different seeds', { min: 1, max: 100 }),
  /** Dense head: what is trained with it. */
  mode: option.choice(TRAIN_MODES, 'head', 'what is trained: the dense head on a frozen backbone; all of a network from a backbone on; or from initial values'),
  /** Modes fine-tune and scratch: options of `aed train`; what is left out is that of the mode. */
  network: v.optional(v.partial(networkTrainingSchema), {}),
  epochs: option.integerOrNone(null, `epochs of a dense head at most, or of a network; none: ${HEAD_EPOCHS}, ${MODE_RECIPES['fine-tune'].epochs} of fine-tune, ${MODE_RECIPES.scratch.epochs} from scratch`, { min: 1 }),
  /** `leaky`: random splits by clip, the epoch chosen on the test clips, as the published figures came about. */
  protocol: option.choice(['folds', 'leaky'], 'folds', 'folds: the dataset’s own, or --splits; leaky: that of the published figures'),
  /** Procedures looked at on these clips before this one was written down. */
  looked: option.integer(1, 'variants looked at before', { min: 1 }),
})
export type Recipe = OptionsOf<typeof recipeSchema>

/** @throws AedError `INVALID_OPTION` that names the key */
export function parseRecipe(input: unknown, where: string): Recipe {
  const recipe = parseOptions(recipeSchema, input, where)
  if (recipe.head === 'clip' && Object.keys(recipe.blocks).length === 0) throw new AedError('INVALID_OPTION', `${where}: blocks takes at least one block for a clip head`)
  const { mode, head, protocol, network, epochs } = recipe
  if (head === 'dense' && otherGains([...recipe.gains, ...recipe.testGains]).length > 0) throw new AedError('INVALID_OPTION', `${where}: gains and testGains are of a clip head`)
  if (mode === 'head' && Object.keys(network).length > 0) throw new AedError('INVALID_OPTION', `${where}: network is of the modes fine-tune and scratch`)
  if (mode !== 'head' && (head === 'clip' || protocol === 'leaky')) throw new AedError('INVALID_OPTION', `${where}: mode ${mode} takes head dense and protocol folds, got ${head} and ${protocol}`)
  if (mode !== 'head') parseSpeeds(networkTraining(mode, network, { epochs, seed: 0 }).speeds)
  for (const key of [recipe.blocks, ...Object.values(recipe.variants).map(({ blocks = {} }) => blocks)].flatMap(Object.keys)) clipBlock(key, recipe.sqrt, where)
  return recipe
}

const STATISTICS = ['mean', 'std', 'max'] as const
/** Added to the variance of a tap. */
const EPSILON = 1e-4

/**
 * The block that a recipe's key stands for: `mel` moments, `levels` and `envelopes` of a stream, `modst` modulation of the log-mel, `env4` band envelopes; `TENSOR/STATISTIC` a statistic of a tapped tensor, whose rows
 * `TENSOR@2/STATISTIC` averages by twos.
 * @throws AedError `INVALID_OPTION`
 */
export function clipBlock(key: string, sqrt: boolean, where: string): ClipBlock {
  if (key === 'mel') return { kind: 'logMelMoments', name: key, statistics: ['mean', 'std', 'max', 'delta'] }
  if (key === 'levels') return { kind: 'logMelLevels', name: key }
  if (key === 'envelopes') return { kind: 'envelopeLevels', name: key }
  if (key === 'modst') return { kind: 'logMelModulation', name: key }
  if (key === 'env4') return { kind: 'bandEnvelopes', name: key }
  const match = /^(.+?)(?:@([1-9]\d*))?\/(mean|std|max)$/.exec(key)
  if (!match) throw new AedError('INVALID_OPTION', `${where}: '${key}' is no block`, { hint: `blocks are mel, levels, envelopes, modst, env4, and TENSOR/${STATISTICS.join('|')} or TENSOR@2/… for a tap` })
  return { kind: 'tap', name: key, tensor: match[1]!, rowPool: Number(match[2] ?? 1), statistics: [match[3] as (typeof STATISTICS)[number]], epsilon: EPSILON, sqrt }
}

/** Gains of a block where none is stated, by the recipe that was found best. */
const GAINS: Readonly<Record<string, number>> = { mel: 2, levels: 4, envelopes: 4, modst: 4, env4: 4 }

/**
 * Blocks from a list of names: as in a recipe, and a tensor alone for its three statistics.
 * @throws AedError `INVALID_OPTION`
 */
export function blocksOf(text: string, where: string): Recipe['blocks'] {
  const keys = text.split(',').map((part) => part.trim()).flatMap((key) => (key in GAINS || key.includes('/') ? [key] : STATISTICS.map((statistic) => `${key}/${statistic}`)))
  for (const key of keys) clipBlock(key, true, where)
  return Object.fromEntries(keys.map((key) => [key, GAINS[key] ?? 1]))
}

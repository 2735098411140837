import { option, parseOptions, type OptionsInput, type StageContext } from '@aed/core'
import * as v from 'valibot'
import { readTflite } from '@aed/quantize-int8'
import { classifierModel, type CardOptions } from './classifier-model.ts'
import { createClassify, type Classification, type Classify, type RecordingSamples } from './classify-recording.ts'

export const classifyOptionsSchema = v.strictObject({
  topK: option.integer(3, 'classes given, best first', { min: 1, max: 100_000 }),
})

/** A recording and the model that is asked about it. */
export interface ClassifyInput extends RecordingSamples {
  /** A `.tflite`. */
  readonly model: Uint8Array
  /** How errors call the model. */
  readonly name: string
  /** What its card lacks. */
  readonly card?: CardOptions | undefined
}

interface Prepared {
  readonly key: string
  readonly bytes: Uint8Array
  readonly classify: Promise<Classify>
}

/** The model used last. What is made of a file is a pure function of it, so that keeping it cannot be observed. */
let last: Prepared | undefined

function prepared({ model, name, card }: ClassifyInput): Promise<Classify> {
  const key = JSON.stringify([name, card ?? {}])
  const known = last?.key === key && last.bytes.length === model.length && last.bytes.every((byte, i) => byte === model[i])
  if (last && known) return last.classify
  const made: Prepared = { key, bytes: model.slice(), classify: Promise.resolve().then(async () => createClassify(classifierModel(readTflite(model, name), name, card))) }
  made.classify.catch(() => {
    if (last === made) last = undefined
  })
  last = made
  return made.classify
}

/**
 * Stage: what a `.tflite` says of a recording. The model of the last call stays prepared, so that a worker that is asked about one model again
 * and again prepares it once.
 * @throws AedError as `AudioClassifier`
 */
export async function classify(input: ClassifyInput, options: OptionsInput<typeof classifyOptionsSchema> = {}, context: StageContext = {}): Promise<Classification> {
  const { topK } = parseOptions(classifyOptionsSchema, options, 'classify')
  return (await prepared(input))(input, topK, context.signal)
}


import { parseOptions, type Stages } from '@aed/core'
import { runFloat } from './float-executor.ts'
import { noOptionsSchema, type NoOptions } from './no-options.ts'
import { quantize } from './quantize.ts'
import { runInt8 } from './reference-engine.ts'
import { readTflite, type TfliteModel } from './tflite/read.ts'
import { writeTflite, type TfliteContent } from './tflite/write.ts'

/** The bytes of a `.tflite` file and how errors call it. */
export interface TfliteFile {
  readonly bytes: Uint8Array
  readonly name: string
}

/** The stages of this package, for this thread and for workers. */
export const stages = {
  quantize,
  runFloat,
  runInt8,
  readTflite: ({ bytes, name }: TfliteFile, options: NoOptions = {}): TfliteModel => {
    parseOptions(noOptionsSchema, options, 'readTflite')
    return readTflite(bytes, name)
  },
  writeTflite: (content: TfliteContent, options: NoOptions = {}): Uint8Array<ArrayBuffer> => {
    parseOptions(noOptionsSchema, options, 'writeTflite')
    return writeTflite(content)
  },
} as const satisfies Stages

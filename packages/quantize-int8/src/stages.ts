import { parseOptions, type Stages } from '@aed/core'
import { runFloat } from './float-executor.ts'
import { noOptionsSchema, type NoOptions } from './no-options.ts'
import { quantize } from './quantize.ts'
import { runInt8 } from './reference-engine.ts'
import { readTflite, type TfliteModel } from './tflite/read.ts'
import { writeTflite, type TfliteContent } from './tflite/write.ts'
import { runInt8Wasm } from './wasm-engine.ts'

/** The bytes of a `.tflite` file and how errors call it. */
export interface TfliteFile {
  readonly bytes: Uint8Array
  readonly name: string
}

function readTfliteStage({ bytes, name }: TfliteFile, options: NoOptions = {}): TfliteModel {
  parseOptions(noOptionsSchema, options, 'readTflite')
  return readTflite(bytes, name)
}

function writeTfliteStage(content: TfliteContent, options: NoOptions = {}): Uint8Array<ArrayBuffer> {
  parseOptions(noOptionsSchema, options, 'writeTflite')
  return writeTflite(content)
}

/** What `@aed/quantize-int8/worker` answers to. */
export const stages = { quantize, runFloat, runInt8, runInt8Wasm, readTflite: readTfliteStage, writeTflite: writeTfliteStage } as const satisfies Stages

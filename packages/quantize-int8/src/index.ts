export { createFloatExecutor, runFloat } from './float-executor.ts'
export { createReferenceEngine, runInt8 } from './reference-engine.ts'
export { readTflite } from './tflite/read.ts'

export type { Executor, OnTensor } from './executor.ts'
export type { FloatExecutor } from './float-executor.ts'
export type { Int8Values } from './reference-engine.ts'
export type { TfliteModel } from './tflite/read.ts'

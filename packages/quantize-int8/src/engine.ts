export { createReferenceEngine, runInt8 } from './reference-engine.ts'
export { createWasmEngine, runInt8Wasm } from './wasm-engine.ts'

export type { Executor, OnTensor } from './executor.ts'
export type { Int8Values } from './reference-engine.ts'

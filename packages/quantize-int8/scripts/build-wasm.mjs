import { buildWasm } from '../../../tools/build-wasm.mjs'

await buildWasm({ script: import.meta.url, target: 'src/int8-wasm-binary.ts', what: 'The kernels' })

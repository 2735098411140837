import { buildWasm } from '../../../tools/build-wasm.mjs'

await buildWasm({ script: import.meta.url, target: 'src/wasm/kernels-binary.ts', what: 'The training kernels', flags: ['--importMemory'] })

// The int8 kernels, as they are exported to src/wasm/kernels.ts. Every pointer is a byte offset in the memory; nothing is allocated here.
//
// Rules of the memory, which src/wasm/wasm-memory.ts keeps:
// - every tensor begins at a multiple of 16 and is followed by 16 bytes that belong to nobody, so that a kernel may read and write whole
//   vectors past its end;
// - input and output of a kernel never overlap.
export { add, mul } from './binary'
export { convolve } from './convolve'
export { depthwise } from './depthwise'
export { multiplyFloat } from './float'
export { copy, dequantize, gather, lookUp, pad, quantize, softmax } from './element-wise'
export { mean } from './mean'
export { packDepthwise, packProducts, sumWeights, winogradWeights } from './pack'
export { averagePool, maxPool } from './pool'
export { widen } from './widen'
export { winograd, winogradInput } from './winograd'

/** The first byte that is free for the host. */
export function heapBase(): usize {
  return __heap_base
}

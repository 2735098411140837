// The training kernels, as they are exported to src/wasm/kernels.ts. Every pointer is a byte offset in a memory that the host brings, the one of
// tfjs or its own: no static data, nothing is allocated here. Tensors are float32, row-major, channels last, and end where they end: a kernel
// neither writes nor reads past one.
export { filterGradient } from './filter-gradient'
export { clear, crop, fillWindows, pad, scatter } from './image'
export { add, multiply, normalize, normalizeGradient, relu, reluGradient } from './normalize'
export { pack } from './panels'
export { averagePool, maxPool, maxPoolGradient } from './pool'
export { product } from './product'
export { sumGradients, sumRows, sumSquares } from './reduce'
export { winogradFilter, winogradFilterGradient, winogradInput, winogradOutput, winogradOutputGradient } from './winograd'

import { AedError } from '@aed/core'
import { WASM_BINARY } from '../int8-wasm-binary.ts'

/** A byte offset in the memory. */
export type Pointer = number

type PoolArguments = [
  input: Pointer, output: Pointer, inputHeight: number, inputWidth: number, channels: number, outputHeight: number, outputWidth: number,
  filterHeight: number, filterWidth: number, strideHeight: number, strideWidth: number, padTop: number, padLeft: number, min: number, max: number,
]

/** What assembly/index.ts exports; the arguments are explained there. */
export interface Kernels {
  readonly memory: WebAssembly.Memory
  readonly heapBase: () => Pointer
  readonly widen: (input: Pointer, output: Pointer, height: number, rowSize: number, top: number, bottom: number, before: number, after: number, value: number) => void
  readonly convolve: (
    image: Pointer, windows: Pointer, targets: Pointer, windowCount: number, segments: Pointer, segmentCount: number, eighths: number,
    panels: Pointer, sums: Pointer, output: Pointer, channels: number, zeroPoint: number, min: number, max: number,
  ) => void
  readonly sumWeights: (weights: Pointer, count: number, step: number) => number
  readonly packProducts: (weights: Pointer, channels: number, segments: number, length: number, panels: Pointer, panelBytes: number) => void
  readonly packDepthwise: (weights: Pointer, taps: number, channels: number, panels: Pointer, panelBytes: number) => void
  readonly winogradWeights: (weights: Pointer, output: Pointer, channels: number, cin: number) => void
  readonly winogradInput: (image: Pointer, output: Pointer, tilesHigh: number, tilesWide: number, channels: number) => void
  readonly winograd: (
    tiles: Pointer, offsets: Pointer, tileCount: number, tilesWide: number, zero: Pointer, eighths: number, panels: Pointer, sums: Pointer,
    output: Pointer, height: number, width: number, channels: number, zeroPoint: number, min: number, max: number,
  ) => void
  readonly depthwise: (
    image: Pointer, windows: Pointer, windowCount: number, taps: Pointer, tapCount: number, panels: Pointer, output: Pointer, channels: number,
    zeroPoint: number, min: number, max: number,
  ) => void
  readonly add: (
    a: Pointer, b: Pointer, output: Pointer, count: number, multiplierA: number, shiftA: number, scale: Pointer, zeroA: number, zeroB: number,
    zeroPoint: number, min: number, max: number,
  ) => void
  readonly mul: (a: Pointer, b: Pointer, output: Pointer, count: number, scale: Pointer, zeroA: number, zeroB: number, zeroPoint: number, min: number, max: number) => void
  readonly maxPool: (...pool: PoolArguments) => void
  readonly averagePool: (...pool: PoolArguments) => void
  readonly mean: (input: Pointer, targets: Pointer, count: number, sums: Pointer, output: Pointer, outputs: number, offset: number, scale: Pointer, zeroPoint: number) => void
  readonly lookUp: (input: Pointer, output: Pointer, table: Pointer, count: number) => void
  readonly gather: (input: Pointer, output: Pointer, indices: Pointer, count: number) => void
  readonly pad: (input: Pointer, output: Pointer, offsets: Pointer, runs: number, length: number, size: number, value: number) => void
  readonly copy: (input: Pointer, output: Pointer, bytes: number) => void
  readonly quantize: (input: Pointer, output: Pointer, count: number, scale: number, zeroPoint: number) => number
  readonly dequantize: (input: Pointer, output: Pointer, count: number, scale: number, zeroPoint: number) => void
  readonly multiplyFloat: (rows: Pointer, count: number, depth: number, weights: Pointer, bias: Pointer, channels: number, sums: Pointer) => void
  readonly softmax: (input: Pointer, output: Pointer, rows: number, classes: number, table: Pointer, scale: number, zeroPoint: number) => void
}

// The module is the same for every engine: compiled once, its optimised code serves them all.
let compiled: Promise<WebAssembly.Module> | undefined

function binary(): Uint8Array<ArrayBuffer> {
  const text = atob(WASM_BINARY)
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i) // a loop: `Uint8Array.from` with a callback takes milliseconds
  return bytes
}

/**
 * The kernels with a memory of their own.
 * @throws AedError (rejects) `INVALID_STATE` where WebAssembly or its SIMD instructions are missing or forbidden
 */
export async function instantiateKernels(): Promise<Kernels> {
  try {
    compiled ??= WebAssembly.compile(binary())
    const instance = await WebAssembly.instantiate(await compiled)
    return instance.exports as unknown as Kernels
  } catch (cause) {
    compiled = undefined // the next engine tries again: what forbade it may be gone
    throw new AedError('INVALID_STATE', `the int8 kernels cannot be compiled here: ${cause instanceof Error ? cause.message : String(cause)}`, {
      hint: "They need WebAssembly SIMD (Node 16.4, Chrome 91, Firefox 89, Safari 16.4) and, in a page with a content security policy, 'wasm-unsafe-eval'; the reference engine needs neither.",
      cause,
    })
  }
}

let compiledNow: WebAssembly.Module | undefined

/** As {@link instantiateKernels}, at once; undefined where that is not possible. */
export function instantiateKernelsNow(): Kernels | undefined {
  try {
    compiledNow ??= new WebAssembly.Module(binary())
    return new WebAssembly.Instance(compiledNow).exports as unknown as Kernels
  } catch {
    return undefined
  }
}

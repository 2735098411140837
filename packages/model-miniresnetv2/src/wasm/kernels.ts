import { AedError } from '@aed/core'
import { WASM_BINARY } from './kernels-binary.ts'

/** A byte offset in the memory that the kernels work in. */
export type Pointer = number

type Windows = [input: Pointer, windows: Pointer, count: number, segments: Pointer, segmentCount: number, length: number]
type Pool = [
  images: number, height: number, width: number, channels: number, outputHeight: number, outputWidth: number, filterHeight: number, filterWidth: number,
  strideHeight: number, strideWidth: number,
]

type MaxPool = [dilationHeight: number, dilationWidth: number, padTop: number, padLeft: number, zeros: number]

/** What assembly/index.ts exports; the arguments are explained there. A boolean is 0 or 1. */
export interface Kernels {
  readonly memory: WebAssembly.Memory
  readonly product: (...windows: [...Windows, panels: Pointer, bias: Pointer, output: Pointer, rowBytes: number, channels: number, add: number]) => void
  readonly filterGradient: (...windows: [...Windows, panels: Pointer, gradient: Pointer, channels: number]) => void
  readonly pack: (matrix: Pointer, rows: number, columns: number, rowBytes: number, columnBytes: number, panels: Pointer, panelBytes: number) => void
  readonly fillWindows: (windows: Pointer, rows: number, columns: number, rowBytes: number, columnBytes: number) => void
  readonly pad: (input: Pointer, output: Pointer, height: number, rowBytes: number, top: number, bottom: number, before: number, after: number) => void
  readonly crop: (input: Pointer, output: Pointer, height: number, rowBytes: number, wideBytes: number, add: number) => void
  readonly scatter: (columns: Pointer, windows: Pointer, count: number, segments: Pointer, segmentCount: number, length: number, output: Pointer) => void
  readonly clear: (output: Pointer, bytes: number) => void
  readonly maxPool: (...pool: [x: Pointer, y: Pointer, ...Pool, ...MaxPool]) => void
  readonly maxPoolGradient: (...pool: [x: Pointer, dy: Pointer, dx: Pointer, ...Pool, ...MaxPool]) => void
  readonly averagePool: (...pool: [x: Pointer, y: Pointer, ...Pool, padTop: number, padLeft: number, gradient: number]) => void
  readonly sumRows: (input: Pointer, rows: number, channels: number, sums: Pointer) => void
  readonly sumSquares: (input: Pointer, means: Pointer, rows: number, channels: number, sums: Pointer) => void
  readonly sumGradients: (x: Pointer, dy: Pointer, rows: number, channels: number, scale: Pointer, offset: Pointer, relu: number, means: Pointer, sums: Pointer) => void
  readonly normalize: (x: Pointer, y: Pointer, rows: number, channels: number, scale: Pointer, offset: Pointer, relu: number) => void
  readonly normalizeGradient: (
    x: Pointer, dy: Pointer, dx: Pointer, rows: number, channels: number, scale: Pointer, offset: Pointer, relu: number,
    means: Pointer, a: Pointer, b: Pointer, c: Pointer, add: number,
  ) => void
  readonly winogradInput: (image: Pointer, tilesHigh: number, tilesWide: number, channels: number, rowBytes: number, planes: Pointer, planeBytes: number) => void
  readonly winogradOutput: (
    planes: Pointer, planeBytes: number, tilesWide: number, channels: number, height: number, width: number, bias: Pointer, output: Pointer, add: number,
  ) => void
  readonly winogradOutputGradient: (dy: Pointer, height: number, width: number, channels: number, tilesWide: number, planes: Pointer, planeBytes: number) => void
  readonly winogradFilter: (filter: Pointer, size: number, turned: number, planes: Pointer) => void
  readonly winogradFilterGradient: (planes: Pointer, size: number, gradient: Pointer) => void
  readonly relu: (x: Pointer, y: Pointer, count: number) => void
  readonly reluGradient: (y: Pointer, dy: Pointer, dx: Pointer, count: number, add: number) => void
  readonly add: (a: Pointer, b: Pointer, y: Pointer, count: number) => void
  readonly multiply: (a: Pointer, b: Pointer, y: Pointer, count: number, add: number) => void
}

let compiled: WebAssembly.Module | undefined

/**
 * The kernels on a memory. Compiled at once, in place: some KB take a few milliseconds.
 * @throws AedError `INVALID_STATE` where WebAssembly or its SIMD instructions are missing or forbidden
 */
export function instantiateKernels(memory: WebAssembly.Memory): Kernels {
  try {
    compiled ??= new WebAssembly.Module(Uint8Array.from(atob(WASM_BINARY), (character) => character.charCodeAt(0)))
    return new WebAssembly.Instance(compiled, { env: { memory } }).exports as unknown as Kernels
  } catch (cause) {
    throw new AedError('INVALID_STATE', `the training kernels cannot be compiled here: ${cause instanceof Error ? cause.message : String(cause)}`, {
      hint: "They need WebAssembly SIMD (Node 16.4, Chrome 91, Firefox 89, Safari 16.4) and, in a page with a content security policy, 'wasm-unsafe-eval'.",
      cause,
    })
  }
}

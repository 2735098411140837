import type { TensorInfo } from '@tensorflow/tfjs'
import { sizeOf } from '@aed/core'
import { instantiateKernels, type Kernels, type Pointer } from '../../wasm/kernels.ts'

/** What we use of tfjs's wasm backend, 4.22. */
export interface WasmBackend {
  readonly wasm: {
    /** Exports of its module. The build with threads, for isolated pages, does not export its memory. */
    readonly asm: { readonly memory?: WebAssembly.Memory }
    readonly HEAPU8: Uint8Array
    readonly _malloc: (bytes: number) => number
    readonly _free: (at: number) => void
  }
  readonly dataIdMap: { get(dataId: object): { readonly memoryOffset: Pointer } }
  makeOutput(shape: readonly number[], dtype: string): TensorInfo
}

const instances = new WeakMap<WebAssembly.Memory, Kernels>()

function kernelsOn(memory: WebAssembly.Memory): Kernels {
  const kernels = instances.get(memory) ?? instantiateKernels(memory)
  instances.set(memory, kernels)
  return kernels
}

const PAGE = 65536
let own: WebAssembly.Memory | undefined

/** A memory of ours that holds at least so many bytes. */
function ownMemory(bytes: number): WebAssembly.Memory {
  own ??= new WebAssembly.Memory({ initial: 1 })
  const missing = bytes - own.buffer.byteLength
  if (missing > 0) own.grow(Math.ceil(missing / PAGE))
  return own
}

/** Pointers to inputs, outputs and scratch, in this order. */
type Body<P extends readonly TensorInfo[]> = (kernels: Kernels, ...pointers: [...{ [K in keyof P]: Pointer }, Pointer]) => void

/**
 * Runs kernels on tensors where they lie, in the memory of tfjs; where that is out of reach, on copies in a memory of our own.
 * @param tensors inputs, then outputs, all float32
 * @param outputs how many of them are outputs
 */
export function compute<const P extends readonly TensorInfo[]>(backend: WasmBackend, tensors: P, outputs: number, scratchBytes: number, body: Body<P>): void {
  const { wasm, dataIdMap } = backend
  const run = body as (kernels: Kernels, ...pointers: Pointer[]) => void
  const scratch = wasm.asm.memory ? wasm._malloc(scratchBytes + 16) >>> 0 : 0
  // Read after malloc, which may have let the memory grow.
  const places = tensors.map(({ dataId }) => dataIdMap.get(dataId).memoryOffset)
  if (wasm.asm.memory) {
    run(kernelsOn(wasm.asm.memory), ...places, Math.ceil(scratch / 16) * 16)
    wasm._free(scratch)
    return
  }
  const sizes = tensors.map(({ shape }) => 4 * sizeOf(shape))
  const pointers: Pointer[] = []
  let end = 16
  for (const bytes of sizes) {
    pointers.push(end)
    end += Math.ceil(bytes / 16) * 16
  }
  const memory = ownMemory(end + scratchBytes)
  const copy = new Uint8Array(memory.buffer)
  const inputs = tensors.length - outputs
  for (let i = 0; i < inputs; i++) copy.set(wasm.HEAPU8.subarray(places[i], places[i]! + sizes[i]!), pointers[i])
  run(kernelsOn(memory), ...pointers, end)
  for (let i = inputs; i < tensors.length; i++) wasm.HEAPU8.set(copy.subarray(pointers[i], pointers[i]! + sizes[i]!), places[i])
}

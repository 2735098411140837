import type { Kernels, Pointer } from './kernels.ts'
import { aligned, VECTOR_BYTES } from './plan-arena.ts'

const PAGE_BYTES = 65536

/** The memory behind the kernels' own data, given out from the start to the end. It grows while something is planned, never after. */
export class HeapSpace {
  private readonly memory: WebAssembly.Memory
  private end: Pointer

  constructor(kernels: Kernels) {
    this.memory = kernels.memory
    this.end = aligned(kernels.heapBase())
  }

  /** Zeros that stay reserved, and as many bytes of nobody behind them as a vector has. */
  reserve(bytes: number): Pointer {
    const at = this.end
    this.end += aligned(bytes) + VECTOR_BYTES
    const missing = this.end - this.memory.buffer.byteLength
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE_BYTES))
    return at
  }
}

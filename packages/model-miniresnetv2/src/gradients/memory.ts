import type { Pointer } from '../wasm/kernels.ts'

const PAGE = 65536

/** Places arrays one after another, each at a multiple of 16, and then makes the memory that holds them all. It never grows: views stay valid. */
export class MemoryPlan {
  private end = 64
  private scratchBytes = 0
  private readonly filled: (readonly [at: Pointer, data: Float32Array])[] = []

  /** Room for float32 values. */
  floats(length: number): Pointer {
    const at = this.end
    this.end += Math.ceil(length / 4) * 16
    return at
  }
  /** Values that are there from the start. */
  constant(data: Float32Array): Pointer {
    const at = this.floats(data.length)
    this.filled.push([at, data])
    return at
  }
  /** Asks for room that everybody works in, and nobody keeps anything in. */
  needScratch(bytes: number): void {
    this.scratchBytes = Math.max(this.scratchBytes, bytes)
  }
  create(): { readonly memory: WebAssembly.Memory; readonly scratch: Pointer } {
    const memory = new WebAssembly.Memory({ initial: Math.ceil((this.end + this.scratchBytes) / PAGE) })
    for (const [at, data] of this.filled) new Float32Array(memory.buffer, at, data.length).set(data)
    return { memory, scratch: this.end }
  }
}

import type { Kernels, Pointer } from './kernels.ts'

/** Bytes of a row of a panel: eight float32. */
const ROW = 32
const panelsOf = (channels: number): number => Math.ceil(channels / 8)

/** A matrix product `[count, inputs] · [inputs, outputs]` and its two gradients; `scratch` as of `Conv2D`. */
export class Dense {
  readonly scratchBytes: number
  private readonly inputs: number
  private readonly outputs: number
  private readonly tableBytes: number

  constructor(batch: number, inputs: number, outputs: number) {
    this.inputs = inputs
    this.outputs = outputs
    this.tableBytes = Math.ceil(batch / 4) * 16
    this.scratchBytes = this.tableBytes + ROW * Math.max(inputs * panelsOf(outputs), outputs * panelsOf(inputs), batch * panelsOf(outputs))
  }

  /** `y = x · filter + bias`; bias 0: none. */
  forward(k: Kernels, count: number, x: Pointer, filter: Pointer, bias: Pointer, y: Pointer, scratch: Pointer): void {
    const { inputs, outputs, tableBytes } = this
    const panels = scratch + tableBytes
    k.fillWindows(scratch, 1, count, 0, 4 * inputs)
    k.pack(filter, inputs, outputs, 4 * outputs, 4, panels, ROW * inputs)
    // The table's first entry, 0, serves as the one segment of a row.
    k.product(x, scratch, count, scratch, 1, inputs, panels, bias, y, 4 * outputs, outputs, 0)
  }

  /** The gradient by the filter: overwrites `gradient`. */
  filterGradient(k: Kernels, count: number, x: Pointer, dy: Pointer, gradient: Pointer, scratch: Pointer): void {
    const { inputs, outputs, tableBytes } = this
    const panels = scratch + tableBytes
    k.clear(gradient, 4 * inputs * outputs)
    k.fillWindows(scratch, 1, count, 0, 4 * inputs)
    k.pack(dy, count, outputs, 4 * outputs, 4, panels, ROW * count)
    k.filterGradient(x, scratch, count, scratch, 1, inputs, panels, gradient, outputs)
  }

  /** The gradient by the input: overwrites `dx`, or with `add` comes on top of it. */
  inputGradient(k: Kernels, count: number, dy: Pointer, filter: Pointer, dx: Pointer, scratch: Pointer, add = false): void {
    const { inputs, outputs, tableBytes } = this
    const panels = scratch + tableBytes
    k.fillWindows(scratch, 1, count, 0, 4 * outputs)
    k.pack(filter, outputs, inputs, 4, 4 * outputs, panels, ROW * outputs)
    k.product(dy, scratch, count, scratch, 1, outputs, panels, 0, dx, 4 * inputs, inputs, Number(add))
  }
}

import type { Kernels, Pointer } from './kernels.ts'

/** Geometry of a convolution, channels last. Lengths in pixels. */
export interface ConvShape {
  readonly inHeight: number
  readonly inWidth: number
  readonly inChannels: number
  readonly outHeight: number
  readonly outWidth: number
  readonly outChannels: number
  readonly filterHeight: number
  readonly filterWidth: number
  readonly strideHeight: number
  readonly strideWidth: number
  readonly dilationHeight: number
  readonly dilationWidth: number
  /** Zeros before the input, not counted in its lengths; behind it there are as many as the last window reaches over it. */
  readonly padTop: number
  readonly padLeft: number
}

/** Hands out parts of a stretch of memory, each at a multiple of 16. */
class Area {
  bytes = 0
  take(bytes: number): Pointer {
    const at = this.bytes
    this.bytes += Math.ceil(bytes / 16) * 16
    return at
  }
}

/** Rows of `dy` that are packed at once: as many as lie in the first cache with the values that they meet. */
const BLOCK = 104
/** Bytes of a row of a panel: eight float32. */
const ROW = 32
const panelsOf = (channels: number): number => Math.ceil(channels / 8)

/** How windows lie in an image. */
interface Windows {
  readonly count: number
  readonly segmentCount: number
  /** Values of a segment. */
  readonly length: number
}

/**
 * A convolution and its two gradients by WebAssembly SIMD, in float32. Windows are read where they lie in the padded image (no im2col); sums are
 * taken in one fixed order, so that equal inputs give equal bytes. `scratch` is memory of at least `scratchBytes`, at a multiple of 16, whose
 * content before and after means nothing.
 */
export class Conv2D {
  readonly scratchBytes: number
  private readonly shape: ConvShape
  private readonly padBottom: number
  private readonly padRight: number
  private readonly padded: boolean
  private readonly imageBytes: number
  private readonly outputBytes: number
  private readonly wideRowBytes: number
  private readonly wideBytes: number
  private readonly windows: Windows
  /** The input's gradient by a convolution of `dy` with the turned filter; null where strides forbid it. */
  private readonly turned: { readonly top: number; readonly bottom: number; readonly left: number; readonly right: number; readonly rowBytes: number } | null
  private readonly at: Readonly<Record<'windows' | 'segments' | 'rows' | 'panels' | 'image' | 'columns', Pointer>>

  constructor(shape: ConvShape) {
    this.shape = shape
    const { inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, filterHeight, filterWidth, dilationHeight, dilationWidth } = shape
    const { padTop, padLeft, strideHeight, strideWidth } = shape
    const padBottom = Math.max(0, (outHeight - 1) * strideHeight + (filterHeight - 1) * dilationHeight + 1 - padTop - inHeight)
    const padRight = Math.max(0, (outWidth - 1) * strideWidth + (filterWidth - 1) * dilationWidth + 1 - padLeft - inWidth)
    this.padded = padTop + padBottom + padLeft + padRight > 0
    this.padBottom = padBottom
    this.padRight = padRight
    this.imageBytes = 4 * inHeight * inWidth * inChannels
    this.outputBytes = 4 * outHeight * outWidth * outChannels
    this.wideRowBytes = 4 * (inWidth + padLeft + padRight) * inChannels
    this.wideBytes = (inHeight + padTop + padBottom) * this.wideRowBytes
    const merged = dilationWidth === 1
    const segmentCount = merged ? filterHeight : filterHeight * filterWidth
    const length = merged ? filterWidth * inChannels : inChannels
    this.windows = { count: outHeight * outWidth, segmentCount, length }
    const top = (filterHeight - 1) * dilationHeight - padTop
    const left = (filterWidth - 1) * dilationWidth - padLeft
    const bottom = inHeight + padTop - outHeight
    const right = inWidth + padLeft - outWidth
    const turns = strideHeight === 1 && strideWidth === 1 && Math.min(top, left, bottom, right) >= 0
    this.turned = turns ? { top, bottom, left, right, rowBytes: 4 * outChannels * (outWidth + left + right) } : null

    const taps = filterHeight * filterWidth
    const values = taps * inChannels
    const area = new Area()
    this.at = {
      windows: area.take(4 * Math.max(outHeight * outWidth, inHeight * inWidth)),
      segments: area.take(4 * taps),
      rows: area.take(4 * outHeight * outWidth),
      panels: area.take(ROW * Math.max(values * panelsOf(outChannels), taps * outChannels * panelsOf(inChannels), outChannels * panelsOf(values), BLOCK * panelsOf(outChannels))),
      image: area.take(Math.max(this.wideBytes, this.turned ? (outHeight + top + bottom) * this.turned.rowBytes : 0)),
      columns: area.take(this.turned ? 0 : 4 * outHeight * outWidth * values),
    }
    this.scratchBytes = area.bytes
  }

  /** `y = x * filter + bias`; bias 0: none. */
  forward(k: Kernels, batch: number, x: Pointer, filter: Pointer, bias: Pointer, y: Pointer, scratch: Pointer): void {
    const { outChannels } = this.shape
    const { windows, segments, panels } = this.tables(k, scratch)
    const { count, segmentCount, length } = this.windows
    const values = segmentCount * length
    k.pack(filter, values, outChannels, 4 * outChannels, 4, panels, ROW * values)
    for (let i = 0; i < batch; i++)
      k.product(this.image(k, x, i, scratch), windows, count, segments, segmentCount, length, panels, bias, y + i * this.outputBytes, 4 * outChannels, outChannels, 0)
  }

  /** The gradient by the filter: overwrites `gradient`. */
  filterGradient(k: Kernels, batch: number, x: Pointer, dy: Pointer, gradient: Pointer, scratch: Pointer): void {
    const { outChannels } = this.shape
    const { windows, segments, panels } = this.tables(k, scratch)
    const { count, segmentCount, length } = this.windows
    k.clear(gradient, 4 * segmentCount * length * outChannels)
    for (let i = 0; i < batch; i++) {
      const image = this.image(k, x, i, scratch)
      for (let from = 0; from < count; from += BLOCK) {
        const rows = Math.min(BLOCK, count - from)
        k.pack(dy + i * this.outputBytes + 4 * from * outChannels, rows, outChannels, 4 * outChannels, 4, panels, ROW * rows)
        k.filterGradient(image, windows + 4 * from, rows, segments, segmentCount, length, panels, gradient, outChannels)
      }
    }
  }

  /** The gradient by the input: overwrites `dx`, or with `add` comes on top of it. */
  inputGradient(k: Kernels, batch: number, dy: Pointer, filter: Pointer, dx: Pointer, scratch: Pointer, add = false): void {
    if (this.turned) this.inputGradientTurned(k, this.turned, batch, dy, filter, dx, scratch, add)
    else this.inputGradientScattered(k, batch, dy, filter, dx, scratch, add)
  }

  private inputGradientTurned(k: Kernels, turned: NonNullable<Conv2D['turned']>, batch: number, dy: Pointer, filter: Pointer, dx: Pointer, scratch: Pointer, add: boolean): void {
    const { inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, filterHeight, filterWidth, dilationHeight, dilationWidth } = this.shape
    const { top, bottom, left, right, rowBytes } = turned
    const [windows, segments, panels, wide] = [scratch + this.at.windows, scratch + this.at.segments, scratch + this.at.panels, scratch + this.at.image]
    const taps = filterHeight * filterWidth
    k.fillWindows(windows, inHeight, inWidth, rowBytes, 4 * outChannels)
    k.fillWindows(segments, filterHeight, filterWidth, dilationHeight * rowBytes, 4 * dilationWidth * outChannels)
    for (let tap = 0; tap < taps; tap++)
      k.pack(filter + 4 * (taps - 1 - tap) * inChannels * outChannels, outChannels, inChannels, 4, 4 * outChannels, panels + ROW * tap * outChannels, ROW * taps * outChannels)
    const around = top + bottom + left + right > 0
    for (let i = 0; i < batch; i++) {
      const image = dy + i * this.outputBytes
      if (around) k.pad(image, wide, outHeight, 4 * outWidth * outChannels, top, bottom, 4 * left * outChannels, 4 * right * outChannels)
      k.product(around ? wide : image, windows, inHeight * inWidth, segments, taps, outChannels, panels, 0, dx + i * this.imageBytes, 4 * inChannels, inChannels, Number(add))
    }
  }

  private inputGradientScattered(k: Kernels, batch: number, dy: Pointer, filter: Pointer, dx: Pointer, scratch: Pointer, add: boolean): void {
    const { inHeight, inWidth, inChannels, outChannels, padTop, padLeft } = this.shape
    const { windows, segments, panels } = this.tables(k, scratch)
    const { count, segmentCount, length } = this.windows
    const [wide, columns] = [scratch + this.at.image, scratch + this.at.columns]
    const values = segmentCount * length
    // `dy` of an image times the transposed filter gives what each window gets; the table's first entry, 0, serves as the one segment of a row.
    const rows = scratch + this.at.rows
    k.fillWindows(rows, 1, count, 0, 4 * outChannels)
    k.pack(filter, outChannels, values, 4, 4 * outChannels, panels, ROW * outChannels)
    for (let i = 0; i < batch; i++) {
      const target = this.padded ? wide : dx + i * this.imageBytes
      k.product(dy + i * this.outputBytes, rows, count, rows, 1, outChannels, panels, 0, columns, 4 * values, values, 0)
      if (this.padded || !add) k.clear(target, this.padded ? this.wideBytes : this.imageBytes)
      k.scatter(columns, windows, count, segments, segmentCount, length, target)
      if (this.padded) k.crop(wide + padTop * this.wideRowBytes + 4 * padLeft * inChannels, dx + i * this.imageBytes, inHeight, 4 * inWidth * inChannels, this.wideRowBytes, Number(add))
    }
  }

  private tables(k: Kernels, scratch: Pointer): { windows: Pointer; segments: Pointer; panels: Pointer } {
    const { inChannels, outHeight, outWidth, filterHeight, filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = this.shape
    const [windows, segments] = [scratch + this.at.windows, scratch + this.at.segments]
    k.fillWindows(windows, outHeight, outWidth, strideHeight * this.wideRowBytes, 4 * strideWidth * inChannels)
    k.fillWindows(segments, filterHeight, dilationWidth === 1 ? 1 : filterWidth, dilationHeight * this.wideRowBytes, 4 * dilationWidth * inChannels)
    return { windows, segments, panels: scratch + this.at.panels }
  }

  /** An image of the input, padded in scratch where the convolution pads. */
  private image(k: Kernels, x: Pointer, i: number, scratch: Pointer): Pointer {
    const from = x + i * this.imageBytes
    if (!this.padded) return from
    const { inHeight, inWidth, inChannels, padTop, padLeft } = this.shape
    const wide = scratch + this.at.image
    k.pad(from, wide, inHeight, 4 * inWidth * inChannels, padTop, this.padBottom, 4 * padLeft * inChannels, 4 * this.padRight * inChannels)
    return wide
  }
}

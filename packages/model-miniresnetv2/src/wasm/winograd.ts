import { Conv2D, type ConvShape } from './conv2d.ts'
import type { Kernels, Pointer } from './kernels.ts'

/** What both ways to convolve have in common; the methods are explained at {@link Conv2D}. */
export type Convolution = Pick<Conv2D, 'scratchBytes' | 'forward' | 'filterGradient' | 'inputGradient'>

/** Bytes of a row of a panel: eight float32. */
const ROW = 32
const panelsOf = (channels: number): number => Math.ceil(channels / 8)
/** Products of a tile. */
const PLANES = 16
/** Below, transforming costs more than products are saved. */
const MIN_CHANNELS = 16

/** A convolution: by Winograd's minimal filtering where it is 3 × 3, dense and wide enough, else directly. */
export function createConvolution(shape: ConvShape): Convolution {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, filterHeight, filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth, padTop, padLeft } = shape
  const pads = [padTop, padLeft, outHeight + 2 - padTop - inHeight, outWidth + 2 - padLeft - inWidth]
  const dense = filterHeight === 3 && filterWidth === 3 && strideHeight * strideWidth * dilationHeight * dilationWidth === 1 && Math.max(...pads) <= 2
  const wide = [inChannels, outChannels].every((channels) => channels >= MIN_CHANNELS && channels % 4 === 0)
  return dense && wide ? new Winograd(shape) : new Conv2D(shape)
}

/** Places of one direction: an image of `height · width` outputs in tiles of 2 × 2, made of one with zeros around it. */
class Tiling {
  readonly high: number
  readonly wide: number
  readonly tiles: number
  readonly rowBytes: number
  readonly imageBytes: number
  private readonly rows: number
  private readonly columns: number
  private readonly channels: number
  private readonly before: readonly [top: number, left: number]

  constructor(height: number, width: number, rows: number, columns: number, channels: number, before: readonly [number, number]) {
    this.high = Math.ceil(height / 2)
    this.wide = Math.ceil(width / 2)
    this.tiles = this.high * this.wide
    this.rowBytes = 4 * (2 * this.wide + 2) * channels
    this.imageBytes = (2 * this.high + 2) * this.rowBytes
    this.rows = rows
    this.columns = columns
    this.channels = channels
    this.before = before
  }

  /** Takes the tiles of an image, padded at `wide`, into planes. */
  take(k: Kernels, image: Pointer, wide: Pointer, planes: Pointer): void {
    const { high, rows, columns, channels, before: [top, left] } = this // prettier-ignore
    k.pad(image, wide, rows, 4 * columns * channels, top, 2 * high + 2 - rows - top, 4 * left * channels, 4 * (2 * this.wide + 2 - columns - left) * channels)
    k.winogradInput(wide, high, this.wide, channels, this.rowBytes, planes, 4 * this.tiles * channels)
  }
}

/** A 3 × 3 convolution and its gradients with less than half of the products; tiles of one image at a time. */
class Winograd implements Convolution {
  readonly scratchBytes: number
  private readonly shape: ConvShape
  private readonly ahead: Tiling
  private readonly back: Tiling
  private readonly at: Readonly<Record<'windows' | 'panels' | 'filter' | 'image' | 'from' | 'to', Pointer>>

  constructor(shape: ConvShape) {
    this.shape = shape
    const { inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, padTop, padLeft } = shape
    this.ahead = new Tiling(outHeight, outWidth, inHeight, inWidth, inChannels, [padTop, padLeft])
    this.back = new Tiling(inHeight, inWidth, outHeight, outWidth, outChannels, [2 - padTop, 2 - padLeft])
    const tiles = Math.max(this.ahead.tiles, this.back.tiles)
    const sizes = {
      windows: 4 * tiles,
      panels: ROW * Math.max(PLANES * inChannels * panelsOf(outChannels), PLANES * outChannels * panelsOf(inChannels), tiles * panelsOf(outChannels)),
      filter: 4 * PLANES * inChannels * outChannels,
      image: Math.max(this.ahead.imageBytes, this.back.imageBytes),
      from: 4 * PLANES * tiles * Math.max(inChannels, outChannels),
      to: 4 * PLANES * tiles * Math.max(inChannels, outChannels),
    }
    let bytes = 0
    const place = (size: number) => (bytes += Math.ceil(size / 16) * 16) - Math.ceil(size / 16) * 16
    this.at = { windows: place(sizes.windows), panels: place(sizes.panels), filter: place(sizes.filter), image: place(sizes.image), from: place(sizes.from), to: place(sizes.to) }
    this.scratchBytes = bytes
  }

  forward(k: Kernels, batch: number, x: Pointer, filter: Pointer, bias: Pointer, y: Pointer, scratch: Pointer): void {
    const { inChannels, outChannels, inHeight, inWidth, outHeight, outWidth } = this.shape
    this.packFilter(k, filter, false, scratch)
    for (let i = 0; i < batch; i++)
      this.convolve(k, this.ahead, x + 4 * i * inHeight * inWidth * inChannels, inChannels, outChannels, [outHeight, outWidth], bias, y + 4 * i * outHeight * outWidth * outChannels, scratch, false)
  }

  inputGradient(k: Kernels, batch: number, dy: Pointer, filter: Pointer, dx: Pointer, scratch: Pointer, add = false): void {
    const { inChannels, outChannels, inHeight, inWidth, outHeight, outWidth } = this.shape
    this.packFilter(k, filter, true, scratch)
    for (let i = 0; i < batch; i++)
      this.convolve(k, this.back, dy + 4 * i * outHeight * outWidth * outChannels, outChannels, inChannels, [inHeight, inWidth], 0, dx + 4 * i * inHeight * inWidth * inChannels, scratch, add)
  }

  filterGradient(k: Kernels, batch: number, x: Pointer, dy: Pointer, gradient: Pointer, scratch: Pointer): void {
    const { inChannels, outChannels, inHeight, inWidth, outHeight, outWidth } = this.shape
    const { tiles, wide } = this.ahead
    const [windows, panels, sums, from, to] = [this.at.windows, this.at.panels, this.at.filter, this.at.from, this.at.to].map((at) => scratch + at) as [Pointer, Pointer, Pointer, Pointer, Pointer]
    const size = inChannels * outChannels
    k.fillWindows(windows, 1, tiles, 0, 4 * inChannels)
    k.clear(sums, 4 * PLANES * size)
    for (let i = 0; i < batch; i++) {
      this.ahead.take(k, x + 4 * i * inHeight * inWidth * inChannels, scratch + this.at.image, from)
      k.winogradOutputGradient(dy + 4 * i * outHeight * outWidth * outChannels, outHeight, outWidth, outChannels, wide, to, 4 * tiles * outChannels)
      for (let plane = 0; plane < PLANES; plane++) {
        k.pack(to + 4 * plane * tiles * outChannels, tiles, outChannels, 4 * outChannels, 4, panels, ROW * tiles)
        k.filterGradient(from + 4 * plane * tiles * inChannels, windows, tiles, windows, 1, inChannels, panels, sums + 4 * plane * size, outChannels)
      }
    }
    k.winogradFilterGradient(sums, size, gradient)
  }

  /** The filter's planes as panels; for the way back turned, and with inputs and outputs changed over. */
  private packFilter(k: Kernels, filter: Pointer, turned: boolean, scratch: Pointer): void {
    const { inChannels, outChannels } = this.shape
    const planes = scratch + this.at.filter
    k.winogradFilter(filter, inChannels * outChannels, Number(turned), planes)
    const [rows, columns] = turned ? [outChannels, inChannels] : [inChannels, outChannels]
    const [rowBytes, columnBytes] = turned ? [4, 4 * outChannels] : [4 * outChannels, 4]
    for (let plane = 0; plane < PLANES; plane++)
      k.pack(planes + 4 * plane * inChannels * outChannels, rows, columns, rowBytes, columnBytes, scratch + this.at.panels + ROW * plane * rows * panelsOf(columns), ROW * rows)
  }

  private convolve(k: Kernels, tiling: Tiling, image: Pointer, channels: number, outputs: number, [height, width]: readonly [number, number], bias: Pointer, output: Pointer, scratch: Pointer, add: boolean): void {
    const { tiles, wide } = tiling
    const [windows, panels, from, to] = [this.at.windows, this.at.panels, this.at.from, this.at.to].map((at) => scratch + at) as [Pointer, Pointer, Pointer, Pointer]
    k.fillWindows(windows, 1, tiles, 0, 4 * channels)
    tiling.take(k, image, scratch + this.at.image, from)
    for (let plane = 0; plane < PLANES; plane++)
      // The table's first entry, 0, serves as the one segment of a row.
      k.product(from + 4 * plane * tiles * channels, windows, tiles, windows, 1, channels, panels + ROW * plane * channels * panelsOf(outputs), 0, to + 4 * plane * tiles * outputs, 4 * outputs, outputs, 0)
    k.winogradOutput(to, 4 * tiles * outputs, wide, outputs, height, width, bias, output, Number(add))
  }
}

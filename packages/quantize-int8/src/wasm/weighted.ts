import { sizeOf, type Conv2dNode, type DenseNode, type DepthwiseConv2dNode } from '@aed/core'
import { weightedParameters, type WeightedParameters } from '../int8/weighted.ts'
import { windowGeometry, type WindowGeometry } from '../window.ts'
import { packRequantization, SCALE_VALUES } from './requantization.ts'
import type { PlanWasmNode } from './wasm-storage.ts'

/** Output channels that the kernels compute together. */
const PANEL = 8
/** Bytes of a panel before its weights: biases and two scales. */
const PANEL_HEAD = 4 * (PANEL + 2 * SCALE_VALUES)
/** Values of a segment come in units of this. */
const SEGMENT_UNIT = 8

/** Stretches of the weights, each of which meets a stretch of the image that lies together. */
interface Segments {
  readonly count: number
  readonly length: number
}

/** Padding that the image of a convolution gets. */
function imagePadding(g: WindowGeometry) {
  const extent = (length: number, stride: number, filter: number, dilation: number) => (length - 1) * stride + (filter - 1) * dilation + 1
  const height = extent(g.outputHeight, g.strideHeight, g.filterHeight, g.dilationHeight)
  const width = extent(g.outputWidth, g.strideWidth, g.filterWidth, g.dilationWidth)
  const bottom = Math.max(0, height - g.padTop - g.inputHeight)
  const right = Math.max(0, width - g.padLeft - g.inputWidth)
  return { bottom, right, width: g.padLeft + g.inputWidth + right, height: g.padTop + g.inputHeight + bottom }
}

/** Element offset in the padded image of each window. */
function windowOffsets(g: WindowGeometry, imageWidth: number, channels: number): Int32Array {
  return Int32Array.from({ length: g.outputHeight * g.outputWidth }, (_, i) => {
    const [y, x] = [Math.floor(i / g.outputWidth), i % g.outputWidth]
    return (y * g.strideHeight * imageWidth + x * g.strideWidth) * channels
  })
}

/** Element offset in a window of each tap. */
function tapOffsets(g: WindowGeometry, imageWidth: number, channels: number): Int32Array {
  return Int32Array.from({ length: g.filterHeight * g.filterWidth }, (_, i) => {
    const [y, x] = [Math.floor(i / g.filterWidth), i % g.filterWidth]
    return (y * g.dilationHeight * imageWidth + x * g.dilationWidth) * channels
  })
}

/**
 * Everything that the kernels want of eight channels together, panel after panel. The input's zero point goes into the bias: as the image
 * is padded with it, Σ (x − zero point) · w = Σ x · w − zero point · Σ w holds for every window; int32 wraps as the reference's sums do.
 * @param weightOf writes the weights of a channel to their places in its panel
 */
function packPanels(p: WeightedParameters, weightBytes: number, weightOf: (channel: number, write: (at: number, weight: number) => void) => void): Uint8Array {
  const panelBytes = PANEL_HEAD + weightBytes
  const panels = new Uint8Array(Math.ceil(p.channels / PANEL) * panelBytes)
  for (let first = 0, at = 0; first < p.channels; first += PANEL, at += panelBytes) {
    const bias = new Int32Array(panels.buffer, at, PANEL)
    const scales = new Int32Array(panels.buffer, at + 4 * PANEL, 2 * SCALE_VALUES)
    const weights = new Int16Array(panels.buffer, at + PANEL_HEAD, weightBytes / 2)
    for (let lane = 0; lane < Math.min(PANEL, p.channels - first); lane++) {
      let sum = 0
      weightOf(first + lane, (index, weight) => {
        weights[index] = weight
        sum += weight
      })
      bias[lane] = p.bias[first + lane]! - p.inputZeroPoint * sum
    }
    for (const half of [0, 1]) scales.set(packRequantization(p.factors.slice(first + 4 * half, first + 4 * half + 4)), half * SCALE_VALUES)
  }
  return panels
}

/** Weights `[channels, segments, length]` → in each panel int16 `[segments, pairs, 8 channels, 2]`. */
function packProducts(p: WeightedParameters, { count, length }: Segments): Uint8Array {
  const whole = Math.ceil(length / SEGMENT_UNIT) * SEGMENT_UNIT
  return packPanels(p, 2 * PANEL * count * whole, (channel, write) => {
    const lane = channel % PANEL
    for (let segment = 0; segment < count; segment++)
      for (let k = 0; k < length; k++) {
        const pair = (segment * whole + k) >> 1
        write((pair * PANEL + lane) * 2 + (k & 1), p.weights[(channel * count + segment) * length + k]!)
      }
  })
}

/** A multiple of four offsets, as the kernel takes four windows at a time: the last one repeats. */
function inFours(offsets: Int32Array): Int32Array {
  return Int32Array.from({ length: Math.ceil(offsets.length / 4) * 4 }, (_, i) => offsets[Math.min(i, offsets.length - 1)]!)
}

export const planConv2d: PlanWasmNode<Conv2dNode> = (storage, node) => {
  const input = storage.address(node, node.inputs[0], 'int8')
  const output = storage.address(node, node.outputs[0], 'int8')
  const p = weightedParameters(storage, node)
  const g = windowGeometry(storage.graph, node)
  const channels = g.inputChannels
  const image = imagePadding(g)
  // The taps of a filter row lie together, unless the filter is dilated.
  const together = g.dilationWidth === 1 || g.filterWidth === 1
  const segments: Segments = together ? { count: g.filterHeight, length: g.filterWidth * channels } : { count: g.filterHeight * g.filterWidth, length: channels }
  const starts = tapOffsets(g, image.width, channels).filter((_, tap) => !together || tap % g.filterWidth === 0)
  const windows = inFours(windowOffsets(g, image.width, channels).map((offset) => 2 * offset))
  const targets = inFours(Int32Array.from({ length: g.outputHeight * g.outputWidth }, (_, i) => i * p.channels))
  const eighths = Math.ceil(segments.length / SEGMENT_UNIT)
  const wide = storage.scratch(2 * (image.height * image.width * channels + SEGMENT_UNIT))
  const [windowsAt, targetsAt, segmentsAt] = [windows, targets, starts.map((offset) => 2 * offset)].map((values) => storage.constant(values)) as [number, number, number]
  const panels = storage.constant(packProducts(p, segments))
  const { kernels } = storage
  const [rowSize, before, after] = [g.inputWidth * channels, g.padLeft * channels, image.right * channels]
  return () => {
    kernels.widen(input, wide, g.inputHeight, rowSize, g.padTop, image.bottom, before, after, p.inputZeroPoint)
    kernels.convolve(wide, windowsAt, targetsAt, windows.length, segmentsAt, segments.count, eighths, panels, output, p.channels, p.outputZeroPoint, p.min, p.max)
  }
}

export const planDense: PlanWasmNode<DenseNode> = (storage, node) => {
  const input = storage.address(node, node.inputs[0], 'int8')
  const output = storage.address(node, node.outputs[0], 'int8')
  const p = weightedParameters(storage, node)
  const size = sizeOf(storage.tensor(node.inputs[0]).shape)
  const depth = p.weights.length / p.channels
  const rows = size / depth
  const windows = inFours(Int32Array.from({ length: rows }, (_, row) => 2 * row * depth))
  const targets = inFours(Int32Array.from({ length: rows }, (_, row) => row * p.channels))
  const wide = storage.scratch(2 * (size + SEGMENT_UNIT))
  const [windowsAt, targetsAt, segmentAt] = [windows, targets, Int32Array.of(0)].map((values) => storage.constant(values)) as [number, number, number]
  const panels = storage.constant(packProducts(p, { count: 1, length: depth }))
  const eighths = Math.ceil(depth / SEGMENT_UNIT)
  const { kernels } = storage
  return () => {
    kernels.widen(input, wide, 1, size, 0, 0, 0, 0, 0)
    kernels.convolve(wide, windowsAt, targetsAt, windows.length, segmentAt, 1, eighths, panels, output, p.channels, p.outputZeroPoint, p.min, p.max)
  }
}

export const planDepthwise: PlanWasmNode<DepthwiseConv2dNode> = (storage, node) => {
  const input = storage.address(node, node.inputs[0], 'int8')
  const output = storage.address(node, node.outputs[0], 'int8')
  const p = weightedParameters(storage, node)
  const g = windowGeometry(storage.graph, node)
  const { kernels } = storage
  const image = imagePadding(g)
  const steps: (() => void)[] = []
  let from = input
  if (node.multiplier > 1) {
    // Each input channel as often as it has output channels.
    const size = g.inputHeight * g.inputWidth * p.channels
    const indices = storage.constant(Int32Array.from({ length: size }, (_, i) => Math.floor(i / node.multiplier)))
    const expanded = storage.scratch(size)
    steps.push(() => kernels.gather(input, expanded, indices, size))
    from = expanded
  }
  if (image.height > g.inputHeight || image.width > g.inputWidth) {
    const size = image.height * image.width * p.channels
    const rows = storage.constant(Int32Array.from({ length: g.inputHeight }, (_, y) => ((g.padTop + y) * image.width + g.padLeft) * p.channels))
    const [unpadded, padded] = [from, storage.scratch(size, 1)]
    const rowSize = g.inputWidth * p.channels
    steps.push(() => kernels.pad(unpadded, padded, rows, g.inputHeight, rowSize, size, p.inputZeroPoint))
    from = padded
  }
  const taps = tapOffsets(g, image.width, p.channels)
  const windows = windowOffsets(g, image.width, p.channels)
  const [windowsAt, tapsAt] = [storage.constant(windows), storage.constant(taps)]
  const panels = storage.constant(
    packPanels(p, 2 * PANEL * taps.length, (channel, write) => {
      for (let tap = 0; tap < taps.length; tap++) write(tap * PANEL + (channel % PANEL), p.weights[tap * p.channels + channel]!)
    }),
  )
  const padded = from
  steps.push(() => kernels.depthwise(padded, windowsAt, windows.length, tapsAt, taps.length, panels, output, p.channels, p.outputZeroPoint, p.min, p.max))
  return () => {
    for (const step of steps) step()
  }
}

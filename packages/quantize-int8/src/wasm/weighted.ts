import { sizeOf, type Conv2dNode, type DenseNode, type DepthwiseConv2dNode } from '@aed/core'
import { weightedParameters } from '../int8/weighted.ts'
import { windowGeometry, type WindowGeometry } from '../window.ts'
import { inFours, placeDepthwise, placeProducts, SEGMENT_UNIT, stageWeights, SUMS_BYTES, type Segments } from './panels.ts'
import { paysWinograd, planWinograd } from './winograd.ts'
import type { PlanWasmNode } from './wasm-storage.ts'

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

export const planConv2d: PlanWasmNode<Conv2dNode> = (storage, node) => {
  const g = windowGeometry(storage.graph, node)
  if (paysWinograd(node, g)) return planWinograd(storage, node, g)
  const input = storage.address(node, node.inputs[0], 'int8')
  const output = storage.address(node, node.outputs[0], 'int8')
  const p = weightedParameters(storage, node)
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
  const sums = storage.scratch(SUMS_BYTES, 1)
  const panels = placeProducts(storage, p, segments, stageWeights(storage, p))
  const { kernels } = storage
  const [rowSize, before, after] = [g.inputWidth * channels, g.padLeft * channels, image.right * channels]
  return () => {
    kernels.widen(input, wide, g.inputHeight, rowSize, g.padTop, image.bottom, before, after, p.inputZeroPoint)
    kernels.convolve(wide, windowsAt, targetsAt, windows.length, segmentsAt, segments.count, eighths, panels, sums, output, p.channels, p.outputZeroPoint, p.min, p.max)
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
  const sums = storage.scratch(SUMS_BYTES, 1)
  const panels = placeProducts(storage, p, { count: 1, length: depth }, stageWeights(storage, p))
  const eighths = Math.ceil(depth / SEGMENT_UNIT)
  const { kernels } = storage
  return () => {
    kernels.widen(input, wide, 1, size, 0, 0, 0, 0, 0)
    kernels.convolve(wide, windowsAt, targetsAt, windows.length, segmentAt, 1, eighths, panels, sums, output, p.channels, p.outputZeroPoint, p.min, p.max)
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
  const panels = placeDepthwise(storage, p, taps.length)
  const padded = from
  steps.push(() => kernels.depthwise(padded, windowsAt, windows.length, tapsAt, taps.length, panels, output, p.channels, p.outputZeroPoint, p.min, p.max))
  return () => {
    for (const step of steps) step()
  }
}

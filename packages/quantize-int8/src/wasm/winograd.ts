import type { Conv2dNode } from '@aed/core'
import { weightedParameters } from '../int8/weighted.ts'
import type { WindowGeometry } from '../window.ts'
import { inFours, placeProducts, stageWeights, SUMS_BYTES, TRANSFORM_SLOT } from './panels.ts'
import type { WasmStorage } from './wasm-storage.ts'

/** Values of a transformed tile or filter. */
const POSITIONS = 16

/** Up to this many channels four times a sum is an int32: 4 · 9 · 128 · 128 · channels < 2^31. */
const MOST_CHANNELS = 3640

/**
 * Whether a convolution is one for assembly/winograd.ts, and has few enough tiles that reach over the edge: 16 products for each tile
 * against 9 for each output, and the transforms besides.
 */
export function paysWinograd({ strides, dilations }: Conv2dNode, g: WindowGeometry): boolean {
  const plain = g.filterHeight === 3 && g.filterWidth === 3 && [...strides, ...dilations].every((length) => length === 1)
  const tiles = Math.ceil(g.outputHeight / 2) * Math.ceil(g.outputWidth / 2)
  const channels = g.inputChannels % 8 === 0 && g.inputChannels >= 16 && g.inputChannels <= MOST_CHANNELS && g.outputChannels >= 8
  return plain && channels && 16 * tiles < 0.8 * 9 * g.outputHeight * g.outputWidth
}

/** The plan of a convolution that {@link paysWinograd}. */
export function planWinograd(storage: WasmStorage, node: Conv2dNode, g: WindowGeometry): () => void {
  const input = storage.address(node, node.inputs[0], 'int8')
  const output = storage.address(node, node.outputs[0], 'int8')
  const p = weightedParameters(storage, node)
  const cin = g.inputChannels
  const [tilesHigh, tilesWide] = [Math.ceil(g.outputHeight / 2), Math.ceil(g.outputWidth / 2)]
  const tileCount = tilesHigh * tilesWide
  // The image has rows and columns for whole tiles.
  const [height, width] = [2 * tilesHigh + 2, 2 * tilesWide + 2]
  const [bottom, after] = [height - g.padTop - g.inputHeight, (width - g.padLeft - g.inputWidth) * cin]
  const wide = storage.scratch(2 * height * width * cin)
  const tiles = storage.scratch(2 * POSITIONS * tileCount * cin, 2)
  const sums = storage.scratch(POSITIONS * SUMS_BYTES, 1)
  const offsets = storage.constant(inFours(Int32Array.from({ length: tileCount }, (_, tile) => 2 * tile * cin)))
  const zero = storage.constant(Int32Array.of(0))
  const staged = stageWeights(storage, p)
  const transformed = storage.scratch(2 * POSITIONS * p.channels * cin, TRANSFORM_SLOT)
  storage.kernels.winogradWeights(staged, transformed, p.channels, cin)
  const panels = placeProducts(storage, p, { count: POSITIONS, length: cin }, staged, transformed)
  const { kernels } = storage
  const [rowSize, before] = [g.inputWidth * cin, g.padLeft * cin]
  return () => {
    kernels.widen(input, wide, g.inputHeight, rowSize, g.padTop, bottom, before, after, p.inputZeroPoint)
    kernels.winogradInput(wide, tiles, tilesHigh, tilesWide, cin)
    kernels.winograd(tiles, offsets, tileCount, tilesWide, zero, cin / 8, panels, sums, output, g.outputHeight, g.outputWidth, p.channels, p.outputZeroPoint, p.min, p.max)
  }
}

import type { Conv2dNode } from '@aed/core'
import { weightedParameters, type WeightedParameters } from '../int8/weighted.ts'
import type { WindowGeometry } from '../window.ts'
import { foldZeroPoint, inFours, packProducts, SUMS_BYTES } from './panels.ts'
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

/** 2G w 2Gᵀ of each filter: weights `[channels, 3, 3, cin]` → `[channels, 16, cin]`, four times as large as the usual ones. */
function transformWeights({ weights, channels }: WeightedParameters, cin: number): Int16Array {
  const transformed = new Int16Array(channels * POSITIONS * cin)
  for (let channel = 0; channel < channels; channel++)
    for (let c = 0; c < cin; c++) {
      const at = (row: number, column: number) => weights[((channel * 3 + row) * 3 + column) * cin + c]!
      const rows = [0, 1, 2].map((row) => twiceG(at(row, 0), at(row, 1), at(row, 2))) as [number[], number[], number[]]
      for (let column = 0; column < 4; column++)
        twiceG(rows[0][column]!, rows[1][column]!, rows[2][column]!).forEach((value, row) => {
          transformed[(channel * POSITIONS + row * 4 + column) * cin + c] = value
        })
    }
  return transformed
}

const twiceG = (a: number, b: number, c: number): number[] => [2 * a, a + b + c, a - b + c, 2 * c]

/** The plan of a convolution that {@link paysWinograd}. */
export function planWinograd(storage: WasmStorage, node: Conv2dNode, g: WindowGeometry): () => void {
  const input = storage.address(node, node.inputs[0], 'int8')
  const output = storage.address(node, node.outputs[0], 'int8')
  const p = foldZeroPoint(weightedParameters(storage, node), 'first')
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
  const panels = storage.constant(packProducts({ ...p, weights: transformWeights(p, cin) }, { count: POSITIONS, length: cin }))
  const { kernels } = storage
  const [rowSize, before] = [g.inputWidth * cin, g.padLeft * cin]
  return () => {
    kernels.widen(input, wide, g.inputHeight, rowSize, g.padTop, bottom, before, after, p.inputZeroPoint)
    kernels.winogradInput(wide, tiles, tilesHigh, tilesWide, cin)
    kernels.winograd(tiles, offsets, tileCount, tilesWide, zero, cin / 8, panels, sums, output, g.outputHeight, g.outputWidth, p.channels, p.outputZeroPoint, p.min, p.max)
  }
}

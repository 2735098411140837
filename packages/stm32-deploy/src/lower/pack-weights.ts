import type { Table } from '../network.ts'
import type { WeightedSum } from './weights.ts'
import type { Window } from './window.ts'

/** Weights `[channels, filter height, filter width, input channels]` of a convolution. */
export interface Filters {
  readonly weights: Int8Array
  readonly channels: number
  readonly window: Window
  readonly depth: number
}

/** Blocks of four depths of one filter row: its last one is filled with zeros. */
export const rowBlocks = ({ window, depth }: Pick<Filters, 'window' | 'depth'>): number => Math.ceil((window.filter_width * depth) / 4)

/**
 * Weights of two output channels as one 16-bit number `even + 256 · odd`, as `aed_matmul_packed_s8` reads them: blocks of four channels
 * by four depths, each filter row's depths filled up to whole blocks with zeros.
 */
export function packWeights(filters: Filters): Table {
  const { weights, channels, window, depth } = filters
  const [rows, blocks, length] = [window.filter_height, rowBlocks(filters), window.filter_width * depth]
  const weight = (channel: number, row: number, k: number) => (k < length ? weights[(channel * rows + row) * length + k]! : 0)
  const packed = new Int32Array(channels * rows * blocks)
  let at = 0
  for (let channel = 0; channel < channels; channel += 4)
    for (let row = 0; row < rows; row++)
      for (let block = 0; block < blocks; block++)
        for (const k of [4 * block, 4 * block + 1])
          for (const even of [channel, channel + 2]) {
            const lane = (depthIndex: number) => weight(even, row, depthIndex) + 256 * weight(even + 1, row, depthIndex)
            packed[at++] = lanes(lane(k), lane(k + 2))
          }
  return { name: 'weights', kind: 'weights', data: packed, shape: [channels / 4, rows, blocks, 4] }
}

/** Which of the four products of F(2,3) the transformed filters hold, in the order in which the kernel sums them: doubled, so that they are whole. */
const PRODUCTS: readonly ((g0: number, g1: number, g2: number) => number)[] = [(g0, g1, g2) => g0 + g1 + g2, (g0, g1, g2) => g0 - g1 + g2, (g0) => 2 * g0, (_0, _1, g2) => -2 * g2]

/** Filters three wide as `aed_conv_winograd_s8` reads them: int16, four for three of each filter row. */
export function transformFilters({ weights, channels, window, depth }: Filters): Table {
  const rows = window.filter_height
  const at = (channel: number, row: number, tap: number, k: number) => weights[((channel * rows + row) * 3 + tap) * depth + k]!
  const transformed = new Int32Array((channels * rows * 4 * depth) / 2)
  let next = 0
  for (let channel = 0; channel < channels; channel += 4)
    for (const product of PRODUCTS)
      for (let row = 0; row < rows; row++)
        for (let block = 0; block < depth; block += 4)
          for (const k of [block, block + 1])
            for (let c = channel; c < channel + 4; c++) {
              const value = (index: number) => product(at(c, row, 0, index), at(c, row, 1, index), at(c, row, 2, index))
              transformed[next++] = lanes(value(k), value(k + 2))
            }
  return { name: 'weights', kind: 'weights', data: transformed, shape: [channels / 4, 4, rows, depth / 4, 8] }
}

/** The C struct `aed_factors` for each four channels: biases, multipliers, right shifts less one as bytes. */
export function packFactors({ bias, multiplier, shift }: WeightedSum): Table {
  const data = new Int32Array((bias.length / 4) * 9)
  for (let channel = 0, at = 0; channel < bias.length; channel += 4, at += 9) {
    data.set(bias.subarray(channel, channel + 4), at)
    data.set(multiplier.subarray(channel, channel + 4), at + 4)
    data[at + 8] = shift.subarray(channel, channel + 4).reduceRight((word, value) => (word << 8) | (-value - 1), 0)
  }
  return { name: 'factors', kind: 'weights', data, shape: [bias.length / 4, 9] }
}

/** Two int16 as one word, the first in the low half. */
const lanes = (low: number, high: number) => (low & 0xffff) | (high << 16)

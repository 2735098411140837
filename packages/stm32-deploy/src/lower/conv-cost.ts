import type { Lines } from '../network.ts'
import { TARGETS } from '../targets.ts'
import { rowBlocks } from './pack-weights.ts'
import type { Window } from './window.ts'

/**
 * Estimated cycles of convolutions on a Cortex-M33 with the DSP extension: instructions as the kernels have them in their loops, measured on the emulated
 * core, and the wait for weights that come from flash. They decide between ways, nothing else.
 */
export interface ConvShape {
  readonly lines: Lines
  readonly out: Lines
  readonly window: Window
}

/** Instructions that every pass over the weights takes for four channels. */
const PASS = 50
/** Every pass over weights fetches all of them: more than the cache in front of flash holds. */
const { cache, missCycles } = TARGETS.stm32u585.timing
const FETCH = missCycles.likely / cache.lineBytes

/** Times that the weights are read: once for each group of columns of each row. */
export const passesOf = ({ out }: ConvShape, columns: number): number => out.height * Math.ceil(out.width / columns)

const passes = (shape: ConvShape, columns: number, bytes: number) => passesOf(shape, columns) * (bytes * FETCH + (shape.out.channels / 4) * PASS)

/** Packed weights: two columns by four channels at a time, 24 instructions a block of four depths; the last of an odd row alone. */
export function packedCost(shape: ConvShape, columns: number): number {
  const { lines, out, window } = shape
  const blocks = window.filter_height * rowBlocks({ window, depth: lines.channels })
  const [pairs, odd] = [Math.floor(out.width / 2), out.width % 2]
  const loops = pairs * (24.75 * blocks + 90) + odd * (16.75 * blocks + 60)
  const gather = out.width * (8 * blocks + 15 * window.filter_height)
  return out.height * ((out.channels / 4) * loops + gather) + passes(shape, columns, 4 * out.channels * blocks)
}

/** F(2,3): four outputs by four channels at a time, 22 instructions for each of four products. */
export function winogradCost(shape: ConvShape, columns: number): number {
  const { lines, out, window } = shape
  const blocks = window.filter_height * (lines.channels / 4)
  const [pairs, rest] = [Math.floor(out.width / 4), out.width % 4]
  const single = (products: number) => products * 14.75 * blocks + 100
  const tail = rest === 0 ? 0 : rest === 1 ? single(3) : rest === 2 ? single(4) : 4 * 22.75 * blocks + 280
  const transforms = Math.ceil(out.width / 2) * blocks * 36
  return out.height * ((out.channels / 4) * (pairs * (4 * 22.75 * blocks + 280) + tail) + transforms) + passes(shape, columns, 32 * out.channels * blocks)
}

/** Plain C, one product at a time. */
export const literalCost = ({ lines, out, window }: ConvShape): number => out.height * out.width * out.channels * (2.5 * window.filter_height * window.filter_width * lines.channels + 40)

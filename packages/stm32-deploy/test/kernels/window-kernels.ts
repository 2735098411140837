import { packFactors, packWeights, transformFilters } from '../../src/lower/pack-weights.ts'
import type { Window } from '../../src/lower/window.ts'
import { struct, type Kernel, type KernelCase } from './driver.ts'
import { at, between, checkRow, int8s, limit, lines, random, rangeFields, ring, rounds, rowKernel, shape, sizeOf, someMultiplier, someRange, times, type Shape } from './values.ts'

/* What c/include/aed_kernels.h says of convolutions and pools. */

interface Geometry {
  readonly input: Shape
  readonly out: Shape
  readonly window: Window
}
const windowFields = ({ filter_height, filter_width, stride_height, stride_width, dilation_height, dilation_width, pad_top, pad_left }: Window) =>
  [filter_height, filter_width, stride_height, stride_width, dilation_height, dilation_width, pad_top, pad_left]

/** Windows that reach over every edge; the last row and column may lie beyond the input. */
function someGeometry(inChannels: number, outChannels: number, { dilation = 2, stride = 3, filterWidth = 0, strideWidth = 0, dilationWidth = 0 } = {}): Geometry {
  const [filter_height, filter_width] = [between(1, 4), filterWidth || between(1, 4)]
  const window = {
    filter_height, filter_width,
    stride_height: between(1, stride), stride_width: strideWidth || between(1, stride),
    dilation_height: between(1, dilation), dilation_width: dilationWidth || between(1, dilation),
    pad_top: random.integer(filter_height), pad_left: random.integer(filter_width),
  }
  const [height, width] = [between(filter_height * window.dilation_height, 9), between(filter_width * window.dilation_width, 9)]
  const count = (length: number, pad: number, step: number) => 1 + Math.floor((length - 1 + pad) / step)
  return { input: shape(height, width, inChannels), out: shape(count(height, window.pad_top, window.stride_height), count(width, window.pad_left, window.stride_width), outChannels), window }
}

/** Taps of an output's window that lie inside the input. */
function taps({ input, window }: Geometry, y: number, x: number): readonly { readonly y: number; readonly x: number; readonly ky: number; readonly kx: number }[] {
  const found = []
  for (let ky = 0; ky < window.filter_height; ky++)
    for (let kx = 0; kx < window.filter_width; kx++) {
      const [iy, ix] = [y * window.stride_height - window.pad_top + ky * window.dilation_height, x * window.stride_width - window.pad_left + kx * window.dilation_width]
      if (iy >= 0 && iy < input.height && ix >= 0 && ix < input.width) found.push({ y: iy, x: ix, ky, kx })
    }
  return found
}

/** A case for each output row of a window kernel, its input in a ring that just holds the window. */
function windowRows({ input, out, window }: Geometry, values: Int8Array, params: (slots: number, outSlots: number) => Int8Array, tables: KernelCase['arrays'], work: KernelCase['arrays'], value: (y: number, x: number, c: number) => number): readonly KernelCase[] {
  const span = (window.filter_height - 1) * window.dilation_height + 1
  const [slots, outSlots] = [Math.min(input.height, span), between(1, out.height)]
  return Array.from({ length: out.height }, (_, y): KernelCase => {
    const top = y * window.stride_height - window.pad_top
    return {
      arrays: [params(slots, outSlots), ...tables, ring(values, input, slots, top, top + span), new Int8Array(outSlots * out.width * out.channels), ...work],
      out: tables.length + 2,
      indices: [y],
      check: checkRow(out, outSlots, y, (x, c) => value(y, x, c)),
    }
  })
}

/** Convolutions: literal weights, or what the generator makes of them. */
function convolutions(kind: 'literal' | 'pointwise' | 'packed' | 'winograd'): readonly KernelCase[] {
  const fast = kind === 'packed' || kind === 'winograd'
  return rounds((round) => {
    const channels = kind === 'winograd' || (kind === 'packed' && round % 2 === 0) ? 4 * between(1, 3) : between(1, 6)
    const outChannels = fast ? 4 * between(1, 3) : between(1, 9)
    const some = someGeometry(channels, outChannels, kind === 'winograd' ? { filterWidth: 3, strideWidth: 1, dilationWidth: 1 } : {})
    const point = { filter_height: 1, filter_width: 1, dilation_height: 1, dilation_width: 1, pad_top: 0, pad_left: 0 }
    const window = kind === 'pointwise' ? { ...some.window, ...point } : some.window
    const whole = (length: number, step: number) => 1 + Math.floor((length - 1) / step)
    const out = kind === 'pointwise' ? shape(whole(some.input.height, window.stride_height), whole(some.input.width, window.stride_width), outChannels) : some.out
    const geometry = { input: some.input, out, window }
    const depth = window.filter_height * window.filter_width * channels
    const [range, zero] = [someRange(round), between(-128, 127)]
    const input = int8s(sizeOf(geometry.input), round)
    const weights = int8s(outChannels * depth, round + 1, fast ? -127 : -128)
    const bias = Int32Array.from({ length: outChannels }, () => between(-20_000, 20_000))
    const multiplier = Int32Array.from({ length: outChannels }, someMultiplier)
    const shift = Int8Array.from({ length: outChannels }, () => -between(fast ? 1 : 0, 12))
    const w = (c: number, ky: number, kx: number, k: number) => weights[((c * window.filter_height + ky) * window.filter_width + kx) * channels + k]!
    const value = (y: number, x: number, c: number) => {
      let sum = bias[c]!
      for (const tap of taps(geometry, y, x)) for (let k = 0; k < channels; k++) sum += (input[at(geometry.input, tap.y, tap.x, k)]! - zero) * w(c, tap.ky, tap.kx, k)
      return limit(times(sum, multiplier[c]!, shift[c]!) + range.zero, range)
    }
    const geometryFields = (slots: number, outSlots: number) => [...lines(geometry.input, slots), ...lines(out, outSlots)]
    const folded = bias.map((own, c) => own - zero * weights.subarray(c * depth, (c + 1) * depth).reduce((a, b) => a + b, 0))
    const literal = [weights, folded, multiplier, shift]
    if (kind === 'pointwise') return windowRows(geometry, input, (a, b) => struct(...geometryFields(a, b), ...rangeFields(range), window.stride_height, window.stride_width), literal, [], value)
    if (kind === 'literal') return windowRows(geometry, input, (a, b) => struct(...geometryFields(a, b), ...windowFields(window), ...rangeFields(range), zero), literal, [new Int8Array(2 * depth)], value)
    const filters = { weights, channels: outChannels, window, depth: channels }
    const columns = kind === 'winograd' ? 4 * between(1, 3) : [1, 2, 4, 8][random.integer(4)]!
    const fours = Math.ceil((window.filter_width * channels) / 4)
    const work = kind === 'winograd' ? (columns / 4) * 8 * window.filter_height * channels : Math.ceil(columns / 2) * window.filter_height * fours * 8 + (channels % 4 === 0 ? 0 : 2 * fours)
    const table = kind === 'winograd' ? transformFilters(filters) : packWeights(filters)
    const made = [table.data as Int32Array, packFactors({ weights, shape: [], bias, multiplier, shift }).data as Int32Array]
    return windowRows(geometry, input, (a, b) => struct(...geometryFields(a, b), ...windowFields(window), ...rangeFields(range), zero, columns), made, [new Int16Array(work)], value)
  })
}

function depthwise(): readonly KernelCase[] {
  return rounds((round) => {
    const [channels, each] = [between(1, 5), between(1, 3)]
    // Every other one is the batch normalization that has a way of its own.
    const single = round % 2 === 0
    const some = someGeometry(channels, channels * each)
    const geometry = single
      ? { input: some.input, out: shape(some.input.height, some.input.width, channels), window: { filter_height: 1, filter_width: 1, stride_height: 1, stride_width: 1, dilation_height: 1, dilation_width: 1, pad_top: 0, pad_left: 0 } }
      : some
    const { input, out, window } = geometry
    const [range, zero, values] = [someRange(round), between(-128, 127), int8s(sizeOf(input), round)]
    const weights = int8s(window.filter_height * window.filter_width * out.channels, round + 1)
    const bias = Int32Array.from({ length: out.channels }, () => between(-20_000, 20_000))
    const multiplier = Int32Array.from({ length: out.channels }, someMultiplier)
    const shift = Int8Array.from({ length: out.channels }, () => -between(0, 12))
    const per = out.channels / channels
    const params = (a: number, b: number) => struct(...lines(input, a), ...lines(out, b), ...windowFields(window), ...rangeFields(range), zero, per)
    return windowRows(geometry, values, params, [weights, bias, multiplier, shift], [], (y, x, c) => {
      const sum = taps(geometry, y, x).reduce((total, tap) => total + (values[at(input, tap.y, tap.x, Math.floor(c / per))]! - zero) * weights[(tap.ky * window.filter_width + tap.kx) * out.channels + c]!, bias[c]!)
      return limit(times(sum, multiplier[c]!, shift[c]!) + range.zero, range)
    })
  })
}

function averagePool(): readonly KernelCase[] {
  return rounds((round) => {
    const channels = between(1, 9)
    const geometry = someGeometry(channels, channels, { dilation: 1 })
    const { input, out, window } = geometry
    const [range, values] = [someRange(round), int8s(sizeOf(input), round)]
    return windowRows(geometry, values, (a, b) => struct(...lines(input, a), ...lines(out, b), ...windowFields(window), ...rangeFields(range)), [], [], (y, x, c) => {
      const inside = taps(geometry, y, x).map((tap) => values[at(input, tap.y, tap.x, c)]!)
      const mean = inside.reduce((a, b) => a + b, 0) / inside.length
      return limit(Math.sign(mean) * Math.floor(Math.abs(mean) + 0.5), range)
    })
  })
}

/** Fed by rows of the input, of which it holds one: what is checked is the whole output after the last one. */
function maxPool(): readonly KernelCase[] {
  return rounds((round) => {
    const channels = between(1, 9)
    const geometry = someGeometry(channels, channels, { dilation: 1 })
    const { input, out, window } = geometry
    const [range, values, pad] = [someRange(round), int8s(sizeOf(input), round), round % 2 ? -128 : between(-128, 127)]
    const padded = (y: number, x: number, c: number) => {
      const inside = taps(geometry, y, x).map((tap) => values[at(input, tap.y, tap.x, c)]!)
      return limit(Math.max(...inside, ...(inside.length < window.filter_height * window.filter_width ? [pad] : [])), range)
    }
    // Windows one row high take the rows that one of them holds; others every row.
    const held = window.filter_height === 1 ? Array.from({ length: out.height }, (_, y) => y * window.stride_height - window.pad_top).filter((y) => y < input.height) : Array.from({ length: input.height }, (_, y) => y)
    const complete = Array.from({ length: out.height }, (_, y) => y).filter((y) => held.includes(Math.min(input.height - 1, y * window.stride_height - window.pad_top + window.filter_height - 1)))
    return [{
      arrays: [struct(...lines(input), ...lines(out), ...windowFields(window), ...rangeFields(range), pad), values, new Int8Array(sizeOf(out))],
      out: 2,
      indices: held,
      check: (found: Parameters<KernelCase['check']>[0], k: number) => k === held.length - 1 && complete.forEach((y) => checkRow(out, out.height, y, (x, c) => padded(y, x, c))(found, k)),
    }]
  })
}

function matmul(): readonly KernelCase[] {
  return rounds((round) => {
    const [depth, channels, range] = [between(1, 40), between(1, 11), someRange(round)]
    const columns = [int8s(depth, round), int8s(depth, round + 1)]
    const [weights, bias] = [int8s(channels * depth, round + 2), Int32Array.from({ length: channels }, () => between(-20_000, 20_000))]
    const [multiplier, shift] = [Int32Array.from({ length: channels }, someMultiplier), Int8Array.from({ length: channels }, () => -between(0, 12))]
    const two = round % 3 > 0
    // Both columns' outputs lie behind each other.
    const out = shape(1, two ? 2 : 1, channels)
    return [{
      arrays: [columns[0]!, two ? columns[1]! : new Int8Array(0), weights, bias, multiplier, shift, struct(...rangeFields(range)), new Int8Array(sizeOf(out))],
      numbers: [depth, channels],
      out: 7,
      indices: [0],
      check: checkRow(out, 1, 0, (x, c) => limit(times(columns[x]!.reduce((sum, q, k) => sum + q * weights[c * depth + k]!, bias[c]!), multiplier[c]!, shift[c]!) + range.zero, range)),
    }]
  })
}

function matmulPacked(): readonly KernelCase[] {
  return rounds((round) => {
    const [blocks, channels, count, zero] = [between(1, 9), 4 * between(1, 3), between(1, 5), between(-128, 127)]
    const depth = 4 * blocks
    const window = { filter_height: 1, filter_width: 1, stride_height: 1, stride_width: 1, dilation_height: 1, dilation_width: 1, pad_top: 0, pad_left: 0 }
    const weights = int8s(channels * depth, round, -127)
    const [bias, multiplier] = [Int32Array.from({ length: channels }, () => between(-20_000, 20_000)), Int32Array.from({ length: channels }, someMultiplier)]
    const shift = Int8Array.from({ length: channels }, () => -between(1, 12))
    const values = Int16Array.from({ length: count * depth }, () => between(-255, 255))
    // Blocks of a pair: { x of k0, k2 }, { y of k0, k2 }, { x of k1, k3 }, { y of k1, k3 }.
    const columns = new Int16Array(Math.ceil(count / 2) * blocks * 8)
    values.forEach((value, i) => {
      const [column, k] = [Math.floor(i / depth), i % depth]
      columns[(Math.floor(column / 2) * blocks + Math.floor(k / 4)) * 8 + (k % 2) * 4 + (column % 2) * 2 + (Math.floor(k / 2) % 2)] = value
    })
    const out = shape(1, count, channels)
    return [{
      arrays: [packWeights({ weights, channels, window, depth }).data as Int32Array, packFactors({ weights, shape: [], bias, multiplier, shift }).data as Int32Array, columns, new Int8Array(sizeOf(out))],
      numbers: [channels, zero, blocks, 4 * blocks, count],
      out: 3,
      indices: [0],
      check: checkRow(out, 1, 0, (x, c) => {
        let sum = bias[c]!
        for (let k = 0; k < depth; k++) sum += values[x * depth + k]! * weights[c * depth + k]!
        return limit(times(sum, multiplier[c]!, shift[c]!) + zero, { min: -128, max: 127 })
      }),
    }]
  })
}

/** Kernels of c/src that work on windows, and the products under them. */
export const WINDOW_KERNELS: readonly Kernel[] = [
  rowKernel('conv_s8', 8, convolutions('literal')),
  rowKernel('conv_1x1_s8', 7, convolutions('pointwise')),
  rowKernel('conv_packed_s8', 6, convolutions('packed')),
  rowKernel('conv_winograd_s8', 6, convolutions('winograd')),
  rowKernel('depthwise_conv_s8', 7, depthwise()),
  rowKernel('max_pool_s8', 3, maxPool()),
  rowKernel('average_pool_s8', 3, averagePool()),
  { file: 'src/aed_matmul_s8.c', call: 'aed_matmul_s8(b[0], b[1], n[0], b[2], b[3], b[4], b[5], n[1], b[6], b[7], (int8_t *)b[7] + n[1])', cases: matmul() },
  { file: 'src/aed_matmul_packed_s8.c', call: 'aed_matmul_packed_s8(&(aed_packed_sums){b[0], b[1], n[0], n[1], n[2], n[3]}, b[2], n[4], b[3])', cases: matmulPacked() },
]

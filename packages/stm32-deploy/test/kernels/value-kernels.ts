import { float32, int32, struct, type Field, type Kernel, type KernelCase } from './driver.ts'
import { at, between, checkRow, int8s, limit, lines, random, rangeFields, ring, rounds, rowKernel, shape, sizeOf, someMultiplier, someRange, times, type Range, type Shape } from './values.ts'

/* What c/include/aed_kernels.h says of the kernels without a window. */

/** A call for each row of an element-wise kernel, from rings of one input into a ring. */
function elementWise(make: (round: number, of: Shape, range: Range) => { readonly fields: readonly Field[]; readonly tables: KernelCase['arrays']; readonly value: (q: number, c: number) => number; readonly ranged?: boolean }): readonly KernelCase[] {
  return rounds((round) => {
    const of = shape(between(1, 4), between(1, 7), between(1, 9))
    const range = someRange(round)
    const [input, slots, outSlots] = [int8s(sizeOf(of), round), between(1, of.height), between(1, of.height)]
    const { fields, tables, value, ranged = true } = make(round, of, range)
    const params = struct(...lines(of, slots), ...lines(of, outSlots), ...(ranged ? rangeFields(range) : []), ...fields)
    return Array.from({ length: of.height }, (_, y): KernelCase => ({
      arrays: [params, ...tables, ring(input, of, slots, y, y + 1), new Int8Array(outSlots * of.width * of.channels)],
      out: tables.length + 2,
      indices: [y],
      check: checkRow(of, outSlots, y, (x, c) => value(input[at(of, y, x, c)]!, c)),
    }))
  })
}

// Sums over rows --------------------------------------------------------------------------------------------------------

function dense(): readonly KernelCase[] {
  return rounds((round) => {
    const [input, channels] = [shape(between(1, 4), between(1, 5), between(1, 7)), between(1, 10)]
    const [depth, range, values] = [sizeOf(input), someRange(round), int8s(sizeOf(input), round)]
    const weights = int8s(channels * depth, round + 1)
    const bias = Int32Array.from({ length: channels }, () => between(-200_000, 200_000))
    const multiplier = Int32Array.from({ length: channels }, someMultiplier)
    const shift = Int8Array.from({ length: channels }, () => -between(0, 14))
    const out = shape(1, 1, channels)
    const value = (c: number) => limit(times(values.reduce((sum, q, i) => sum + q * weights[c * depth + i]!, bias[c]!), multiplier[c]!, shift[c]!) + range.zero, range)
    return [{
      arrays: [struct(...lines(input), ...lines(out), ...rangeFields(range)), weights, bias, multiplier, shift, values, new Int8Array(channels), new Int32Array(channels)],
      out: 6,
      indices: Array.from({ length: input.height }, (_, y) => y),
      check: (found: Parameters<KernelCase['check']>[0], k: number) => k === input.height - 1 && checkRow(out, 1, 0, (_, c) => value(c))(found, k),
    }]
  })
}

function mean(): readonly KernelCase[] {
  return rounds((round) => {
    const input = shape(between(1, 5), between(1, 5), between(1, 6))
    const [rows, columns, channels] = [round & 1, (round >> 1) & 1, (round >> 2) & 1].map(Boolean) as [boolean, boolean, boolean]
    const out = shape(rows ? 1 : input.height, columns ? 1 : input.width, channels ? 1 : input.channels)
    const [range, values, zero] = [someRange(round), int8s(sizeOf(input), round), between(-128, 127)]
    const [multiplier, shift, count] = [someMultiplier(), -between(0, 6), sizeOf(input) / sizeOf(out)]
    const sums = out.width * out.channels
    const params = struct(...lines(input), ...lines(out), ...rangeFields(range), int32(multiplier), int32(shift), int32(zero * count), rows ? 0 : 1, columns ? 0 : channels ? 1 : input.channels, channels ? 0 : 1, sums)
    const value = (oy: number, ox: number, oc: number) => {
      let sum = 0
      for (let y = 0; y < input.height; y++)
        for (let x = 0; x < input.width; x++) for (let c = 0; c < input.channels; c++) if ((rows || y === oy) && (columns || x === ox) && (channels || c === oc)) sum += values[at(input, y, x, c)]! - zero
      return limit(times(sum, multiplier, shift) + range.zero, range)
    }
    return [{
      arrays: [params, values, new Int8Array(sizeOf(out)), new Int32Array(sums)],
      out: 2,
      indices: Array.from({ length: input.height }, (_, y) => y),
      check: (found: Parameters<KernelCase['check']>[0], k: number) => (!rows || k === input.height - 1) && checkRow(out, out.height, rows ? 0 : k, (x, c) => value(rows ? 0 : k, x, c))(found, k),
    }]
  })
}

// Two operands ----------------------------------------------------------------------------------------------------------

/** Operands of one shape or broadcast along any axes. */
function binary(op: 'add' | 'mul'): readonly KernelCase[] {
  return rounds((round) => {
    const out = shape(between(1, 4), between(1, 5), between(1, 7))
    const range = someRange(round)
    const operand = (fold: number) => {
      const of = shape(fold & 1 ? 1 : out.height, fold & 2 ? 1 : out.width, fold & 4 ? 1 : out.channels)
      const zero = between(-128, 127)
      return { of, zero, values: int8s(sizeOf(of), round + fold), fields: [...lines(of), zero, of.height > 1 ? 1 : 0, of.width > 1 ? of.channels : 0, of.channels > 1 ? 1 : 0] }
    }
    const [a, b] = round % 2 ? [operand(0), operand(random.integer(8))] : [operand(random.integer(8)), operand(0)]
    const factor = (least: number) => [someMultiplier(), -between(least, least + 3)] as const
    const [fa, fb, f] = op === 'add' ? [factor(0), factor(0), factor(19)] : [factor(0), factor(0), factor(5)]
    const both = [fa, fb].flatMap(([m, s]) => [int32(m), int32(s)])
    const params = struct(...a.fields, ...b.fields, ...lines(out), ...rangeFields(range), ...(op === 'add' ? both : []), int32(f[0]), int32(f[1]))
    const read = ({ of, values, zero }: typeof a, y: number, x: number, c: number) => values[at(of, of.height > 1 ? y : 0, of.width > 1 ? x : 0, of.channels > 1 ? c : 0)]! - zero
    return Array.from({ length: out.height }, (_, y): KernelCase => ({
      arrays: [params, a.values, b.values, new Int8Array(sizeOf(out))],
      out: 3,
      indices: [y],
      check: checkRow(out, out.height, y, (x, c) => {
        const [p, q] = [read(a, y, x, c), read(b, y, x, c)]
        const value = op === 'mul' ? times(p * q, ...f) : times(times(p * 2 ** 20, ...fa) + times(q * 2 ** 20, ...fb), ...f)
        return limit(value + range.zero, range)
      }),
    }))
  })
}

function addAffine(): readonly KernelCase[] {
  return rounds((round) => {
    const of = shape(between(1, 3), between(1, 5), between(1, 7))
    const [range, a, b] = [someRange(round), int8s(sizeOf(of), round), int8s(sizeOf(of), round + 1)]
    const [factorA, factorB, offset, shift] = [between(-(2 ** 22), 2 ** 22), between(-(2 ** 22), 2 ** 22), between(-(2 ** 28), 2 ** 28), between(12, 22)]
    const params = struct(...lines(of), ...lines(of), ...lines(of), ...rangeFields(range), int32(factorA), int32(factorB), int32(offset), shift)
    return Array.from({ length: of.height }, (_, y): KernelCase => ({
      arrays: [params, a, b, new Int8Array(sizeOf(of))],
      out: 3,
      indices: [y],
      check: checkRow(of, of.height, y, (x, c) => limit(limit(Math.floor((factorA * a[at(of, y, x, c)]! + factorB * b[at(of, y, x, c)]! + offset) / 2 ** shift), { min: -128, max: 127 }), range)),
    }))
  })
}

// The others ------------------------------------------------------------------------------------------------------------

function pad(): readonly KernelCase[] {
  return rounds((round) => {
    const input = shape(between(1, 4), between(1, 4), between(1, 5))
    const [top, left, first] = [between(0, 2), between(0, 2), between(0, 2)]
    const out = shape(input.height + top + between(0, 2), input.width + left + between(0, 2), input.channels + first + between(0, 2))
    const [value, values] = [between(-128, 127), int8s(sizeOf(input), round)]
    return Array.from({ length: out.height }, (_, y): KernelCase => ({
      arrays: [struct(...lines(input), ...lines(out), top, left, first, value), values, new Int8Array(sizeOf(out))],
      out: 2,
      indices: [y],
      check: checkRow(out, out.height, y, (x, c) => {
        const [iy, ix, ic] = [y - top, x - left, c - first]
        return iy >= 0 && iy < input.height && ix >= 0 && ix < input.width && ic >= 0 && ic < input.channels ? values[at(input, iy, ix, ic)]! : value
      }),
    }))
  })
}

function reshape(): readonly KernelCase[] {
  return rounds((round) => {
    const input = shape(between(1, 4), between(1, 4), between(1, 5))
    const [out, values] = [shape(1, 1, sizeOf(input)), int8s(sizeOf(input), round)]
    return [{
      arrays: [struct(...lines(input), ...lines(out)), values, new Int8Array(sizeOf(out))],
      out: 2,
      indices: Array.from({ length: input.height }, (_, y) => y),
      check: (found: Parameters<KernelCase['check']>[0], k: number) => k === input.height - 1 && checkRow(out, 1, 0, (_, c) => values[c]!)(found, k),
    }]
  })
}

function softmax(): readonly KernelCase[] {
  const f32 = Math.fround
  return rounds((round) => {
    const of = shape(between(1, 3), between(1, 3), between(1, 12))
    const [values, beta] = [int8s(sizeOf(of), round), 0.01 + random.between(0, 0.3)]
    const [scale, zero] = [f32(1 / 256), round % 2 ? -128 : between(-128, 0)]
    const exps = Float32Array.from({ length: 256 }, (_, distance) => Math.E ** (-beta * distance))
    return Array.from({ length: of.height }, (_, y): KernelCase => ({
      arrays: [struct(...lines(of), ...lines(of), float32(scale), zero), exps, values, new Int8Array(sizeOf(of))],
      out: 3,
      indices: [y],
      check: checkRow(of, of.height, y, (x, c) => {
        const pixel = values.subarray(at(of, y, x, 0), at(of, y, x, 0) + of.channels)
        const power = (q: number) => exps[Math.max(...pixel) - q]!
        const inverse = f32(1 / f32(pixel.reduce((sum, q) => f32(sum + power(q)), 0) * scale))
        return limit(Math.floor(f32(power(pixel[c]!) * inverse) + 0.5) + zero, { min: -128, max: 127 })
      }),
    }))
  })
}

const affine = () =>
  elementWise((_, { channels }, range) => {
    const factor = Int32Array.from({ length: channels }, () => between(-(2 ** 23), 2 ** 23))
    const offset = Int32Array.from({ length: channels }, () => between(-(2 ** 29), 2 ** 29))
    const shift = between(12, 22)
    return { fields: [shift], tables: [factor, offset], value: (q, c) => limit(limit(Math.floor((factor[c]! * q + offset[c]!) / 2 ** shift), { min: -128, max: 127 }), range) }
  })

const scale = () =>
  elementWise((round, { channels }, range) => {
    const [constant, multiplier, shift, zero, constantZero] = [int8s(channels, round), someMultiplier(), between(1, 20), between(-128, 127), between(-128, 127)]
    const value = (q: number, c: number) => limit(limit(times((q - zero) * (constant[c]! - constantZero), multiplier, -shift) + range.zero, { min: -128, max: 127 }), range)
    return { fields: [int32(multiplier), shift - 1, zero, constantZero], tables: [constant], value }
  })

const lookup = () =>
  elementWise((round) => {
    const table = int8s(256, round)
    return { fields: [], tables: [table], value: (q) => table[q + 128]!, ranged: false }
  })

/** Kernels of c/src that work value by value, or on sums of whole rows. */
export const VALUE_KERNELS: readonly Kernel[] = [
  rowKernel('mean_s8', 4, mean()),
  rowKernel('dense_s8', 8, dense()),
  rowKernel('add_s8', 4, binary('add')),
  rowKernel('mul_s8', 4, binary('mul')),
  rowKernel('add_affine_s8', 4, addAffine()),
  rowKernel('affine_s8', 5, affine()),
  rowKernel('scale_s8', 4, scale()),
  rowKernel('lookup_s8', 4, lookup()),
  rowKernel('pad_s8', 3, pad()),
  rowKernel('reshape_s8', 3, reshape()),
  rowKernel('softmax_s8', 4, softmax()),
]

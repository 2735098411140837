import { tensorOf, type BinaryNode } from '@aed/core'
import { quantizeMultiplier, scale, type Factor } from '../fixed-point.ts'
import type { Affine, Argument, Layer, Lines, Parameter, Table, Way } from '../network.ts'
import { affinePair, affineStep, perChannelStep } from './affine-step.ts'
import { callsByOutputRow } from './calls.ts'
import { formatLines, imageOf, sizeOfLines, type Lowering } from './lowering.ts'
import { affineOf, constantOf, rangeOf, unsupported } from './quantization.ts'
import { proveRequantization } from './requantize.ts'

/** Bits by which `aed_add_s8` shifts its operands left. */
const ADD_LEFT_SHIFT = 20

/** @see tflite::reference_integer_ops::Add, tflite::ops::builtin::add::Prepare (factors in double) */
export function lowerAdd(lowering: Lowering, node: BinaryNode, out: Lines): Layer {
  const { a, b, layer } = operands(lowering, node, out)
  const output = affineOf(lowering.graph, node, node.outputs[0])
  const common = 2 * Math.max(a.scale, b.scale)
  const range = rangeOf(node.activation, output)
  const factors = {
    factor_a: quantizeMultiplier(a.scale / common),
    factor_b: quantizeMultiplier(b.scale / common),
    factor: quantizeMultiplier(common / (2 ** ADD_LEFT_SHIFT * output.scale)),
  }
  if (a.lines && b.lines && [a.lines, b.lines].every((lines) => lines.height === out.height && lines.width === out.width && lines.channels === out.channels)) {
    const rescaled = ({ zeroPoint }: Affine, factor: Factor) => Int32Array.from({ length: 256 }, (_, i) => scale((i - 128 - zeroPoint) * 2 ** ADD_LEFT_SHIFT, factor))
    const [left, right] = [rescaled(a, factors.factor_a), rescaled(b, factors.factor_b)]
    const table = Int8Array.from({ length: 65536 }, (_, i) => Math.max(range.min, Math.min(range.max, scale(left[i >> 8]! + right[i & 255]!, factors.factor) + output.zeroPoint)))
    const step = affinePair(table, [a.scale / output.scale, b.scale / output.scale], range)
    if (step) {
      const [factorA, factorB] = [step.factors[0]!, step.factors[1]!]
      const geometry = { a: { ring: a.lines }, b: { ring: b.lines }, out: { ring: out } }
      return { ...layer, kernel: 'add_affine_s8', cost: 8 * sizeOfLines(out), proof: { inputs: 65536 }, parameters: { ...geometry, range, factor_a: factorA, factor_b: factorB, offset: step.offset, shift: step.shift } }
    }
  }
  const rescale = ({ zeroPoint }: Affine, factor: Factor, value: number) => scale((value - zeroPoint) * 2 ** ADD_LEFT_SHIFT, factor)
  const [first, second] = [a.lines ? a : b, a.lines ? b : a]
  const [ofFirst, ofSecond] = a.lines ? [factors.factor_a, factors.factor_b] : [factors.factor_b, factors.factor_a]
  const { found, refused } = stepPerChannel(a, b, out, range, {
    slope: () => first.scale / output.scale,
    of: (x, constant) => scale(rescale(first, ofFirst, x) + rescale(second, ofSecond, constant), factors.factor) + output.zeroPoint,
  })
  if (found) return { ...layer, ...found }
  return {
    ...layer,
    kernel: 'add_s8',
    proof: { refused },
    parameters: { ...layer.parameters, range, factor_a: { ...factors.factor_a }, factor_b: { ...factors.factor_b }, factor: { ...factors.factor } },
  }
}

/** @see tflite::reference_integer_ops::Mul, tflite::ops::builtin::mul::Prepare (the factor in float32) */
export function lowerMul(lowering: Lowering, node: BinaryNode, out: Lines): Layer {
  const { a, b, layer } = operands(lowering, node, out)
  const output = affineOf(lowering.graph, node, node.outputs[0])
  const factor = quantizeMultiplier(Math.fround(Math.fround(a.scale * b.scale) / output.scale))
  const range = rangeOf(node.activation, output)
  const [first, second] = [a.lines ? a : b, a.lines ? b : a]
  const { found, refused } = stepPerChannel(a, b, out, range, {
    slope: (constant) => ((constant - second.zeroPoint) * a.scale * b.scale) / output.scale,
    of: (x, constant) => scale((x - first.zeroPoint) * (constant - second.zeroPoint), factor) + output.zeroPoint,
  })
  if (found) return { ...layer, ...found }
  const scaled = scaledPerChannel(a, b, out, range, factor, refused)
  if (scaled) return { ...layer, ...scaled, inPlace: [0] }
  return { ...layer, kernel: 'mul_s8', proof: { refused }, parameters: { ...layer.parameters, range, factor: { ...factor } } }
}

/** A product with a constant for each channel by the short requantization. */
function scaledPerChannel(a: Operand, b: Operand, out: Lines, range: ReturnType<typeof rangeOf>, { multiplier, shift }: Factor, refused: readonly string[]): Way | undefined {
  const [first, second] = a.lines ? [a, b] : [b, a]
  const constants = constantPerChannel(a, b, out)
  if (!constants || !first.lines) return undefined
  const factors = constants.map((constant) => constant - second.zeroPoint)
  const products = factors.map((factor) => [-128, 127].map((x) => factor * (x - first.zeroPoint)))
  const count = out.channels
  const requantization = { weights: new Int8Array(0), shape: [], bias: new Int32Array(0), multiplier: new Int32Array(count).fill(multiplier), shift: new Int8Array(count).fill(shift) }
  const thresholds = proveRequantization(requantization, products.map((ends) => ({ least: Math.min(...ends), most: Math.max(...ends) })), range.zero_point)
  if (typeof thresholds === 'string') return undefined
  return {
    kernel: 'scale_s8',
    parameters: { in: { ring: first.lines }, out: { ring: out }, range, multiplier, shift: -shift - 1, in_zero_point: first.zeroPoint, constant_zero_point: second.zeroPoint },
    tables: [{ name: 'constant', kind: 'weights', data: Int8Array.from(constants), shape: [count] }],
    arguments: [{ table: 0 }, { storage: first.lines.storage }, { storage: out.storage }],
    cost: 10 * out.height * out.width * count,
    proof: { thresholds, refused },
  }
}

/** The constant operand's value for each channel, where the other one is of the output's shape. */
function constantPerChannel(a: Operand, b: Operand, out: Lines): readonly number[] | undefined {
  const [lines, constant] = a.lines ? [a.lines, b] : [b.lines, a]
  const data = constant.table?.data
  if (!lines || !data || lines.height !== out.height || lines.width !== out.width || lines.channels !== out.channels) return undefined
  if ((data.length !== 1 && data.length !== out.channels) || constant.rowStep + constant.columnStep > 0) return undefined
  return Array.from({ length: out.channels }, (_, channel) => data[data.length === 1 ? 0 : channel]!)
}

/** What an operator makes of a value and a constant before the limits, and how steep it is in the value. */
interface WithConstant {
  readonly slope: (constant: number) => number
  readonly of: (x: number, constant: number) => number
}

/** The operator as one multiplication and a shift a channel, where one operand is a constant for each channel and all 256 inputs of each prove it. */
function stepPerChannel(a: Operand, b: Operand, out: Lines, range: ReturnType<typeof rangeOf>, { slope, of }: WithConstant): { readonly found?: Way & Pick<Layer, 'inPlace'>; readonly refused: readonly string[] } {
  const lines = a.lines ?? b.lines
  if (a.lines && b.lines) return { refused: ['affine: no line gives all 65,536 pairs'] }
  const constants = constantPerChannel(a, b, out)
  if (!lines || !constants) return { refused: ['affine: the constant is not one for each channel'] }
  const tables = constants.map((constant) => Int8Array.from({ length: 256 }, (_, i) => Math.max(range.min, Math.min(range.max, of(i - 128, constant)))))
  const step = affineStep(tables, constants.map(slope), range)
  if (!step) return { refused: ['affine: in some channel no line gives all 256 outputs'] }
  return { refused: [], found: { ...perChannelStep(lines, out, range, step), inPlace: [0] } }
}

interface Operand extends Affine {
  readonly argument: Argument
  readonly parameter: Parameter
  readonly lines: Lines | undefined
  readonly table: Table | undefined
  readonly rowStep: number
  readonly columnStep: number
}

/** A constant is a table, anything else lines; an axis of length 1 is broadcast with a step of 0. */
function operand(lowering: Lowering, node: BinaryNode, which: 0 | 1, out: Lines): Operand {
  const name = node.inputs[which]!
  const { shape, data } = tensorOf(lowering.graph, name)
  const affine = affineOf(lowering.graph, node, name)
  const image = imageOf([...new Array<number>(Math.max(0, 4 - Math.max(shape.length, 1))).fill(1), ...shape])
  const target = [out.height, out.width, out.channels]
  if (!image || image.some((length, axis) => length !== 1 && length !== target[axis]))
    throw unsupported(lowering.graph, node, `operand '${name}' of shape [${shape.join(', ')}] does not broadcast to ${formatLines(out)}`)
  const [height, width, channels] = image
  const [rowStep, columnStep, channelStep] = [height > 1 ? 1 : 0, width > 1 ? channels : 0, channels > 1 ? 1 : 0]
  const lines = data ? undefined : lowering.lines(node, name)
  const geometry: Parameter = lines ? { ring: lines } : { slots: height, height, width, channels }
  return {
    ...affine,
    lines,
    rowStep,
    columnStep,
    table: data ? { name: which === 0 ? 'a' : 'b', kind: 'weights', data: constantOf(lowering.graph, node, name).data, shape } : undefined,
    argument: lines ? { storage: lines.storage } : { table: 0 },
    parameter: { lines: geometry, zero_point: affine.zeroPoint, row_step: rowStep, column_step: columnStep, channel_step: channelStep },
  }
}

function operands(lowering: Lowering, node: BinaryNode, out: Lines) {
  const pair = [operand(lowering, node, 0, out), operand(lowering, node, 1, out)] as const
  const [a, b] = pair
  const read = pair.filter((side) => side.lines)
  if (read.length === 0) throw unsupported(lowering.graph, node, 'both operands are constant')
  const layer = {
    name: node.name,
    op: node.op,
    summary: `${pair.map(({ lines, table }) => (lines ? formatLines(lines) : `[${table!.shape.join(', ')}]`)).join(', ')} -> ${formatLines(out)}`,
    inputs: read.map(({ lines }) => lines!.storage),
    output: out.storage,
    // A broadcast row is read again for the next one.
    inPlace: read.flatMap(({ lines }, index) => (lines!.width === out.width && lines!.channels === out.channels && lines!.height === out.height ? [index] : [])),
    calls: callsByOutputRow(out.height, (row) => read.map(({ rowStep }) => ({ from: row * rowStep, to: row * rowStep + 1 }))),
    indexStep: 1,
    parameters: { a: a.parameter, b: b.parameter, out: { ring: out } },
    tables: [a.table, b.table].filter((table) => table !== undefined),
    arguments: [a.argument, b.argument, { storage: out.storage }],
    macs: 0,
    cost: 40 * sizeOfLines(out),
  }
  return { a, b, layer }
}

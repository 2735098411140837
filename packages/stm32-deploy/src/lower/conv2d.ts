import type { Conv2dNode } from '@aed/core'
import type { Argument, Layer, Lines, Table, Way } from '../network.ts'
import { callsByOutputRow } from './calls.ts'
import { packedCost, passesOf, literalCost, winogradCost, type ConvShape } from './conv-cost.ts'
import { formatLines, sizeOfLines, type Lowering } from './lowering.ts'
import { packFactors, packWeights, rowBlocks, transformFilters, type Filters } from './pack-weights.ts'
import { affineOf, rangeOf } from './quantization.ts'
import { proveRequantization } from './requantize.ts'
import { foldZeroPoint, inDouble, sumRanges, weightedSum, weightTables, type WeightedSum } from './weights.ts'
import { convolutionInput, describeWindow, windowRows, type Window } from './window.ts'

/** Sums below this leave room for 256 times a second one in 32 bits. */
const PACKED_SUM = 2 ** 23
/** Sums whose double is an int32. */
const WINOGRAD_SUM = 2 ** 30

/**
 * Windows are gathered, a few columns at a time, for packed weights or transformed filters; where neither is proven, the literal kernel, which reads
 * the input of a 1 × 1 filter without padding where it lies.
 */
export function lowerConv2d(lowering: Lowering, node: Conv2dNode, out: Lines): Layer {
  const { graph } = lowering
  const { lines, window } = convolutionInput(lowering, node)
  const { zeroPoint } = affineOf(graph, node, node.inputs[0])
  const sum = weightedSum(lowering, node, 0, inDouble)
  const { bias, accumulatorBits } = foldZeroPoint(lowering, node, sum, zeroPoint)
  const range = rangeOf(node.activation, affineOf(graph, node, node.outputs[0]))
  const convolution: Convolution = { lines, out, window, sum, zeroPoint, range }
  const { ways: fast, refused } = fastWays(convolution)
  const literal = literalWay(convolution, bias, refused, fast[0]?.kernel === 'conv_packed_s8')
  return {
    name: node.name,
    op: node.op,
    summary: `${describeWindow(window)}: ${formatLines(lines)} -> ${formatLines(out)}`,
    inputs: [lines.storage],
    output: out.storage,
    inPlace: [],
    calls: callsByOutputRow(out.height, (row) => [windowRows(window, lines.height, row)]),
    indexStep: 1,
    macs: sizeOfLines(out) * (sum.weights.length / out.channels),
    accumulatorBits,
    ...(fast[0] ?? literal),
    ways: [...fast, literal],
  }
}

interface Convolution {
  readonly lines: Lines
  readonly out: Lines
  readonly window: Window
  readonly sum: WeightedSum
  readonly zeroPoint: number
  readonly range: ReturnType<typeof rangeOf>
}

const ends = ({ lines, out }: Convolution): readonly Argument[] => [{ table: 0 }, { table: 1 }, { table: 2 }, { table: 3 }, { storage: lines.storage }, { storage: out.storage }]

/** The ways that are proven for every input, least memory first. */
function fastWays(convolution: Convolution): { readonly ways: readonly Way[]; readonly refused: readonly string[] } {
  const { lines, out, window, sum, zeroPoint, range } = convolution
  const ranges = sumRanges(sum, zeroPoint)
  const largest = ranges.reduce((most, channel) => Math.max(most, -channel.least, channel.most), 0)
  const requantization = proveRequantization(sum, ranges, range.zero_point)
  const shared = out.channels % 4 !== 0 ? `its ${out.channels} output channels are not in fours` : typeof requantization === 'string' ? `short requantization: ${requantization}` : undefined
  const packed = shared ?? (largest >= PACKED_SUM ? `its sums reach ${largest}, packed weights need less than ${PACKED_SUM}` : sum.weights.includes(-128) ? 'a weight is -128' : undefined)
  const winograd =
    shared ??
    (window.filter_width !== 3 || window.stride_width !== 1 || window.dilation_width !== 1
      ? 'Winograd is for filters three wide, stride 1'
      : lines.channels % 4 !== 0
        ? `its ${lines.channels} input channels are not in fours`
        : largest >= WINOGRAD_SUM
          ? `its sums reach ${largest}, Winograd needs less than ${WINOGRAD_SUM}`
          : undefined)
  const refused = [...(packed === undefined ? [] : [`packed: ${packed}`]), ...(winograd === undefined ? [] : [`winograd: ${winograd}`])]
  const filters: Filters = { weights: sum.weights, channels: out.channels, window, depth: lines.channels }
  const proof = (limit: number) => ({ sum: { largest, limit }, thresholds: typeof requantization === 'number' ? requantization : 0, refused })
  const shape: ConvShape = { lines, out, window }
  const way = (kernel: 'conv_packed_s8' | 'conv_winograd_s8', columns: number, made: readonly Table[], bytes: number, cost: number, limit: number): Way => ({
    kernel,
    columns,
    passes: passesOf(shape, columns),
    parameters: { in: { ring: lines }, out: { ring: out }, window, range, in_zero_point: zeroPoint, columns },
    tables: made,
    arguments: [{ table: 0 }, { table: 1 }, { storage: lines.storage }, { storage: out.storage }, { work: 'int16_t' }],
    work: { bytes, lives: 'call' },
    cost,
    proof: proof(limit),
  })
  const ways: Way[] = []
  if (packed === undefined) {
    const made = [packWeights(filters), packFactors(sum)]
    const row = rowBlocks(filters)
    const edge = lines.channels % 4 === 0 ? 0 : 4 * row
    for (const columns of columnCounts(out.width, 2)) ways.push(way('conv_packed_s8', columns, made, columns * 8 * window.filter_height * row + edge, packedCost(shape, columns), PACKED_SUM))
  }
  if (winograd === undefined) {
    const made = [transformFilters(filters), packFactors(sum)]
    const four = 16 * window.filter_height * lines.channels
    for (const columns of columnCounts(out.width, 4)) ways.push(way('conv_winograd_s8', columns, made, (columns / 4) * four, winogradCost(shape, columns), WINOGRAD_SUM))
  }
  return { ways, refused }
}

/** Multiples of `unit` by powers of two, and the first that holds a row. */
function columnCounts(width: number, unit: number): readonly number[] {
  const whole = Math.ceil(width / unit) * unit
  const counts: number[] = []
  for (let columns = unit; columns < whole; columns *= 2) counts.push(columns)
  return [...counts, whole]
}

/** The literal kernel: slow, without packed weights to be had it is the one that takes least memory and flash. */
function literalWay(convolution: Convolution, bias: Int32Array, refused: readonly string[], fallback: boolean): Way {
  const { lines, out, window, sum, zeroPoint, range } = convolution
  const depth = sum.weights.length / out.channels
  const geometry = { in: { ring: lines }, out: { ring: out } }
  const shared = { tables: weightTables(sum, bias), cost: literalCost({ lines, out, window }), passes: passesOf({ lines, out, window }, 2), proof: { refused }, fallback }
  const pointwise = depth === lines.channels && window.pad_top === 0 && window.pad_left === 0 && fits(window, lines, out)
  return pointwise
    ? { ...shared, kernel: 'conv_1x1_s8', parameters: { ...geometry, range, stride_height: window.stride_height, stride_width: window.stride_width }, arguments: ends(convolution) }
    : {
        ...shared,
        kernel: 'conv_s8',
        parameters: { ...geometry, window, range, in_zero_point: zeroPoint },
        arguments: [...ends(convolution), { work: 'int8_t' }],
        work: { bytes: 2 * depth, lives: 'call' },
      }
}

/** True when no output reads beyond the last row or column, as one behind a PAD at the end would. */
function fits({ stride_height, stride_width }: Window, lines: Lines, out: Lines): boolean {
  return (out.height - 1) * stride_height < lines.height && (out.width - 1) * stride_width < lines.width
}

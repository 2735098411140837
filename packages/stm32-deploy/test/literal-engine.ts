import { exp, paddingBefore, sizeOf, type Activation, type Graph, type GraphNode, type GraphTensor } from '@aed/core'

/**
 * The operators as TensorFlow Lite's reference kernels define them, whole tensors at a time, one loop an axis, nothing folded or shared:
 * what generated code is compared with. Integers of more than 32 bits are BigInt.
 */

/** gemmlowp's SaturatingRoundingDoublingHighMul, with C++'s truncating division. */
function doublingHighMul(a: number, b: number): number {
  const ab = BigInt(a) * BigInt(b)
  const nudge = ab >= 0n ? 1n << 30n : 1n - (1n << 30n)
  return Number((ab + nudge) / (1n << 31n))
}

/** gemmlowp's RoundingDivideByPOT. */
function roundingDivide(x: number, exponent: number): number {
  const mask = 2 ** exponent - 1
  const remainder = Number(BigInt(x) & BigInt(mask))
  const threshold = Math.floor(mask / 2) + (x < 0 ? 1 : 0)
  return Math.floor(x / 2 ** exponent) + (remainder > threshold ? 1 : 0)
}

/** tflite::QuantizeMultiplier by repeated halving and doubling. */
function multiplierOf(real: number): { readonly q: number; readonly shift: number } {
  let [mantissa, shift] = [real, 0]
  if (real === 0) return { q: 0, shift: 0 }
  for (; mantissa >= 1; mantissa /= 2) shift++
  for (; mantissa < 0.5; mantissa *= 2) shift--
  let q = Math.round(mantissa * 2 ** 31)
  if (q === 2 ** 31) [q, shift] = [q / 2, shift + 1]
  return shift < -31 ? { q: 0, shift: 0 } : { q, shift }
}

function times(x: number, { q, shift }: { readonly q: number; readonly shift: number }): number {
  return roundingDivide(doublingHighMul(x * 2 ** Math.max(shift, 0), q), Math.max(-shift, 0))
}

const round = (x: number) => Math.sign(x) * Math.floor(Math.abs(x) + 0.5)
const clamp = (x: number, low = -128, high = 127) => Math.min(Math.max(x, low), high)

/** Runs an int8 graph on one input; the values of every tensor by name. */
export function runLiterally(graph: Graph, input: Int8Array): ReadonlyMap<string, Int8Array> {
  const values = new Map<string, Int8Array>()
  for (const [name, { data }] of Object.entries(graph.tensors)) if (data instanceof Int8Array) values.set(name, data)
  const [first] = graph.inputs
  values.set(graph.tensors[first!]!.dtype === 'int8' ? first! : graph.nodes.find(({ inputs }) => inputs[0] === first)!.outputs[0]!, input)
  for (const node of graph.nodes) if (!values.has(node.outputs[0]!) && node.op !== 'dequantize') values.set(node.outputs[0]!, run(graph, node, values))
  return values
}

function run(graph: Graph, node: GraphNode, values: ReadonlyMap<string, Int8Array>): Int8Array {
  const tensor = (name: string | undefined): GraphTensor => graph.tensors[name!]!
  const quantization = (name: string | undefined) => ({ scale: tensor(name).quantization!.scales[0]!, zero: tensor(name).quantization!.zeroPoints[0]! })
  const x = values.get(node.inputs[0]!)!
  const shape = tensor(node.inputs[0]).shape
  const outShape = tensor(node.outputs[0]).shape
  const [from, to] = [quantization(node.inputs[0]), quantization(node.outputs[0])]
  const out = new Int8Array(sizeOf(outShape))
  const activated = (value: number, activation: Activation) =>
    clamp(value, activation === 'none' ? -128 : Math.max(-128, to.zero), activation === 'relu6' ? Math.min(127, to.zero + round(Math.fround(6 / to.scale))) : 127)

  /** Calls back with each output position and each tap of its window, `at` negative for padding. */
  const slide = (filter: readonly [number, number], dilations: readonly [number, number], each: (at: number, tap: number) => void, done: (y: number, column: number) => void) => {
    const { strides, padding } = node as Extract<GraphNode, { strides: unknown }>
    const [height, width] = [shape[1]!, shape[2]!]
    const [top, left] = [paddingBefore(height, filter[0], strides[0], padding, dilations[0]), paddingBefore(width, filter[1], strides[1], padding, dilations[1])]
    for (let y = 0; y < outShape[1]!; y++)
      for (let column = 0; column < outShape[2]!; column++) {
        for (let ky = 0; ky < filter[0]; ky++)
          for (let kx = 0; kx < filter[1]; kx++) {
            const [iy, ix] = [y * strides[0] - top + ky * dilations[0], column * strides[1] - left + kx * dilations[1]]
            each(iy >= 0 && iy < height && ix >= 0 && ix < width ? iy * width + ix : -1, ky * filter[1] + kx)
          }
        done(y, column)
      }
  }

  switch (node.op) {
    case 'conv2d':
    case 'depthwiseConv2d': {
      const { shape: wShape, quantization: wq } = tensor(node.inputs[1])
      const weights = values.get(node.inputs[1]!)!
      const bias = node.inputs[2] === undefined ? undefined : (tensor(node.inputs[2]).data as Int32Array)
      const [cin, cout] = [shape[3]!, outShape[3]!]
      const taps = wShape[1]! * wShape[2]!
      for (let c = 0; c < cout; c++) {
        let sum = 0
        const factor = multiplierOf((from.scale * wq!.scales[wq!.scales.length === 1 ? 0 : c]!) / to.scale)
        slide(
          [wShape[1]!, wShape[2]!],
          node.dilations,
          (at, tap) => {
            if (at < 0) return
            if (node.op === 'conv2d') for (let k = 0; k < cin; k++) sum += (x[at * cin + k]! - from.zero) * weights[(c * taps + tap) * cin + k]!
            else sum += (x[at * cin + Math.floor(c / node.multiplier)]! - from.zero) * weights[tap * cout + c]!
          },
          (y, column) => {
            out[(y * outShape[2]! + column) * cout + c] = activated(times(sum + (bias?.[c] ?? 0), factor) + to.zero, node.activation)
            sum = 0
          },
        )
      }
      return out
    }
    case 'maxPool2d':
    case 'averagePool2d': {
      const channels = shape[3]!
      for (let c = 0; c < channels; c++) {
        let taken: number[] = []
        slide(
          node.filter,
          [1, 1],
          (at) => {
            if (at >= 0) taken.push(x[at * channels + c]!)
          },
          (y, column) => {
            const sum = taken.reduce((a, b) => a + b, 0)
            const half = Math.floor(taken.length / 2)
            const value = node.op === 'maxPool2d' ? Math.max(...taken) : Math.trunc((sum > 0 ? sum + half : sum - half) / taken.length)
            out[(y * outShape[2]! + column) * channels + c] = activated(value, node.activation)
            taken = []
          },
        )
      }
      return out
    }
    case 'mean': {
      const count = x.length / out.length
      const { q, shift } = multiplierOf(from.scale / to.scale)
      const bits = Math.min(31 - Math.clz32(count), 31 + shift)
      const factor = { q: Number((BigInt(q) << BigInt(bits)) / BigInt(count)), shift: shift - bits }
      const sums = new Array<number>(out.length).fill(0)
      forEachIndex(shape, (index, flat) => {
        const kept = index.filter((_, axis) => !node.axes.includes(axis))
        sums[flatIndex(kept, shape.filter((_, axis) => !node.axes.includes(axis)))]! += x[flat]!
      })
      return out.map((_, i) => clamp(times(sums[i]! - from.zero * count, factor) + to.zero))
    }
    case 'add':
    case 'mul': {
      const [b, bq, bShape] = [values.get(node.inputs[1]!)!, quantization(node.inputs[1]), tensor(node.inputs[1]).shape]
      const common = 2 * Math.max(from.scale, bq.scale)
      forEachIndex(outShape, (index, flat) => {
        const p = x[broadcastIndex(index, shape)]! - from.zero
        const q = b[broadcastIndex(index, bShape)]! - bq.zero
        const value =
          node.op === 'mul'
            ? times(p * q, multiplierOf(Math.fround(Math.fround(from.scale * bq.scale) / to.scale)))
            : times(times(p * 2 ** 20, multiplierOf(from.scale / common)) + times(q * 2 ** 20, multiplierOf(bq.scale / common)), multiplierOf(common / (2 ** 20 * to.scale)))
        out[flat] = activated(value + to.zero, node.activation)
      })
      return out
    }
    case 'pad': {
      out.fill(to.zero)
      forEachIndex(shape, (index, flat) => {
        out[flatIndex(index.map((i, axis) => i + node.paddings[axis]![0]), outShape)] = x[flat]!
      })
      return out
    }
    case 'dense': {
      const { quantization: wq } = tensor(node.inputs[1])
      const [weights, bias] = [values.get(node.inputs[1]!)!, tensor(node.inputs[2]).data as Int32Array]
      return out.map((_, c) => {
        const real = wq!.scales.length === 1 ? Math.fround(from.scale * wq!.scales[0]!) / to.scale : (from.scale * wq!.scales[c]!) / to.scale
        const sum = x.reduce((acc, value, k) => acc + (value - from.zero) * weights[c * x.length + k]!, bias[c]!)
        return activated(times(sum, multiplierOf(real)) + to.zero, node.activation)
      })
    }
    case 'reshape':
      return x.slice()
    case 'relu':
      return x.map((value) => Math.max(to.zero, clamp(times(value - from.zero, multiplierOf(Math.fround(from.scale / to.scale))) + to.zero)))
    case 'quantize':
      return x.map((value) => clamp(times(value - from.zero, multiplierOf(from.scale / to.scale)) + to.zero))
    case 'logistic':
      return x.map((value) => {
        const y = Math.fround(1 / Math.fround(1 + Math.fround(exp(-Math.fround(from.scale * (value - from.zero))))))
        return clamp(round(Math.fround(y * Math.fround(1 / to.scale))) + to.zero)
      })
    case 'softmax': {
      const classes = shape.at(-1)!
      const power = (distance: number) => Math.fround(exp(Math.fround(Math.fround(-from.scale * node.beta) * distance)))
      for (let row = 0; row < x.length; row += classes) {
        const values = Array.from(x.subarray(row, row + classes))
        const largest = Math.max(...values)
        const sum = values.reduce((acc, value) => Math.fround(acc + power(largest - value)), 0)
        const inverse = Math.fround(1 / Math.fround(sum * to.scale))
        values.forEach((value, i) => (out[row + i] = clamp(round(Math.fround(power(largest - value) * inverse)) + to.zero)))
      }
      return out
    }
    case 'dequantize':
      throw new Error('not an int8 operator')
  }
}

function forEachIndex(shape: readonly number[], visit: (index: readonly number[], flat: number) => void): void {
  for (let flat = 0; flat < sizeOf(shape); flat++) {
    let rest = flat
    const index = shape.toReversed().map((length) => {
      const i = rest % length
      rest = (rest - i) / length
      return i
    })
    visit(index.toReversed(), flat)
  }
}

const flatIndex = (index: readonly number[], shape: readonly number[]) => index.reduce((flat, i, axis) => flat * shape[axis]! + i, 0)
const broadcastIndex = (index: readonly number[], shape: readonly number[]) => flatIndex(index.slice(index.length - shape.length).map((i, axis) => (shape[axis] === 1 ? 0 : i)), shape)

import { log10, tensorOf, type Graph, type GraphOp, type Tensor } from '@aed/core'
import { itemsOf } from './calibrate.ts'
import { createFloatExecutor } from './float-executor.ts'
import { withFloatBorders } from './quantize-graph.ts'
import { createReferenceEngine } from './reference-engine.ts'

/** What int8 does to the value of one layer. */
export interface LayerError {
  readonly name: string
  readonly op: GraphOp
  /** Signal-to-quantization-noise ratio, dB: power of the float values over power of the difference. null when there is no difference, or no signal. */
  readonly sqnrDb: number | null
  /** Cosine of the angle between float and int8 values; 1 when both are all zero. */
  readonly cosine: number
}

/** Range and quantization of one activation. */
export interface TensorRange {
  readonly name: string
  /** Smallest and largest value that its int8 form can hold. */
  readonly min: number
  readonly max: number
  readonly scale: number
  readonly zeroPoint: number
}

export interface QuantizationReport {
  /** Patches that the ranges were taken from. */
  readonly calibrationPatches: number
  /** Patches that float and int8 were compared on. */
  readonly comparedPatches: number
  /** Activations in order of execution, the input first. */
  readonly tensors: readonly TensorRange[]
  /** Layers in order of execution. Each has the errors of all before it in it. */
  readonly layers: readonly LayerError[]
}

/** Sums over all values of one layer. */
interface Sums {
  signal: number
  noise: number
  dot: number
  quantized: number
}

/**
 * Compares an int8 graph with the float graph that it was made from, layer by layer, on the first patches of the calibration data.
 * @param quantized int8 at both borders, tensors named as in `graph`
 */
export function reportQuantization(graph: Graph, quantized: Graph, calibration: Tensor<'float32'>, comparedPatches: number): QuantizationReport {
  const compared = Math.min(comparedPatches, calibration.shape[0]!)
  const float = createFloatExecutor(graph)
  const int8 = createReferenceEngine(withFloatBorders(quantized, { input: true, output: false }))
  const expected = new Map<string, Float32Array>()
  const sums = new Map(quantized.nodes.map((node): [string, Sums] => [node.outputs[0]!, { signal: 0, noise: 0, dot: 0, quantized: 0 }]))
  const affine = (name: string) => {
    const { scales, zeroPoints } = tensorOf(quantized, name).quantization!
    return { scale: scales[0]!, zeroPoint: zeroPoints[0]! }
  }
  for (const patch of itemsOf(calibration, compared)) {
    float.trace(patch, (name, values) => expected.set(name, values.slice()))
    int8.trace(patch, (name, values) => {
      const sum = sums.get(name)
      if (sum) addErrors(sum, expected.get(name)!, values as Int8Array, affine(name))
    })
  }
  return {
    calibrationPatches: calibration.shape[0]!,
    comparedPatches: compared,
    tensors: [...quantized.inputs, ...quantized.nodes.map((node) => node.outputs[0]!)].map((name) => {
      const { scale, zeroPoint } = affine(name)
      return { name, min: (-128 - zeroPoint) * scale, max: (127 - zeroPoint) * scale, scale, zeroPoint }
    }),
    layers: quantized.nodes.map(({ name, op, outputs }) => ({ name, op, ...errorOf(sums.get(outputs[0]!)!) })),
  }
}

function addErrors(sums: Sums, expected: Float32Array, values: Int8Array, { scale, zeroPoint }: { readonly scale: number; readonly zeroPoint: number }): void {
  for (let i = 0; i < expected.length; i++) {
    const float = expected[i]!
    const int8 = scale * (values[i]! - zeroPoint)
    sums.signal += float * float
    sums.noise += (float - int8) * (float - int8)
    sums.dot += float * int8
    sums.quantized += int8 * int8
  }
}

function errorOf({ signal, noise, dot, quantized }: Sums): { sqnrDb: number | null; cosine: number } {
  const sqnrDb = noise === 0 || signal === 0 ? null : 10 * log10(signal / noise)
  const cosine = noise === 0 ? 1 : signal === 0 || quantized === 0 ? 0 : dot / Math.sqrt(signal) / Math.sqrt(quantized)
  return { sqnrDb, cosine }
}

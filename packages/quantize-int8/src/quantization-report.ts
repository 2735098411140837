import { tensorOf, throwIfAborted, type Graph, type GraphOp, type StageContext, type Tensor } from '@aed/core'
import type { Calibration, Ranges } from './calibrate.ts'
import type { CalibrationMethod } from './choose-range.ts'
import { createFloatExecutor } from './float-executor.ts'
import { addToHistogram, emptyHistogram, type Histogram } from './histogram.ts'
import { quantizeValues } from './int8/affine.ts'
import { enoughPatches, learningCurve, type CurvePoint } from './learning-curve.ts'
import { costOfLayer } from './one-layer-int8.ts'
import { addErrors, cosineOf, emptySums, ratioDb, type Sums } from './signal-noise.ts'
import { createEngineNow } from './wasm-engine.ts'

/** Bins of the histograms of a report. */
const BINS = 64
/** Patches that the cost of each layer alone is measured on, at most: each layer is a run of the whole float network. */
const COST_PATCHES = 8
const MOST_COSTLY = 5

/** What int8 does to the value of one layer. */
export interface LayerError {
  readonly name: string
  readonly op: GraphOp
  /** Signal-to-quantization-noise ratio, dB: power of the float values over power of the difference. null when there is no difference, or no signal. */
  readonly sqnrDb: number | null
  /** Cosine of the angle between float and int8 values; 1 when both are all zero. */
  readonly cosine: number
  /** Part of the float values beyond what int8 can hold, 0 to 1. */
  readonly saturation: number
  /** SQNR of the network's result, dB, where this layer alone is int8 (weights and output); null where that changes nothing. The lowest costs most. */
  readonly aloneDb: number | null
}

/** Range and quantization of one activation. */
export interface TensorRange {
  readonly name: string
  /** Smallest and largest value that its int8 form can hold. */
  readonly min: number
  readonly max: number
  readonly scale: number
  readonly zeroPoint: number
  /** Smallest and largest float value of all calibration patches, zero included. */
  readonly observedMin: number
  readonly observedMax: number
  /** How many float values of the compared patches fall into each of equal bins from `observedMin` to `observedMax`; zeros are counted apart. */
  readonly histogram: readonly number[]
  readonly zeros: number
}

export interface QuantizationReport {
  /** Where ranges were taken from. */
  readonly method: CalibrationMethod
  /** Patches that the ranges were taken from. */
  readonly calibrationPatches: number
  /** Patches that float and int8 were compared on. */
  readonly comparedPatches: number
  /** The tensor that stands for the network's result: what a last softmax or logistic reads, else the first output. */
  readonly result: string
  /** SQNR of the result on the compared patches, had only so many patches been there for calibration. */
  readonly learningCurve: readonly CurvePoint[]
  /** Patches from which on the curve stays within 0.5 dB of its end; null where only its last point does: more patches may help. */
  readonly enoughPatches: number | null
  /** Activations in order of execution, the input first. */
  readonly tensors: readonly TensorRange[]
  /** Layers in order of execution. `sqnrDb` and `cosine` have the errors of all layers before in them. */
  readonly layers: readonly LayerError[]
  /** Names of the layers that cost the result most on their own, worst first. */
  readonly costliest: readonly string[]
}

/** What a report compares. */
export interface Comparison {
  /** Optimized float32 graph. */
  readonly graph: Graph
  /** Its int8 form for some ranges, int8 at both borders, same names. */
  readonly quantizeWith: (ranges: Ranges) => Graph
  /** Patches of the calibration data that both are run on, each `[1, ...]`. */
  readonly patches: readonly Tensor<'float32'>[]
  readonly calibration: Calibration
  readonly method: CalibrationMethod
}

/** Compares an int8 graph with the float graph that it is made from, layer by layer, on some patches of the calibration data. */
export function reportQuantization({ graph, quantizeWith, patches, calibration, method }: Comparison, { signal }: StageContext = {}): QuantizationReport {
  const quantized = quantizeWith(calibration.ranges)
  const names = [...quantized.inputs, ...quantized.nodes.map((node) => node.outputs[0]!)]
  const seen = new Map(names.map((name) => [name, emptyMeasurement(quantized, name, calibration)]))
  const result = resultOf(graph)
  const results = measure(graph, quantized, patches, seen, result, signal)
  const layers = quantized.nodes.map((node, index): LayerError => {
    throwIfAborted(signal)
    const { sums, beyond, values } = seen.get(node.outputs[0]!)!
    const aloneDb = costOfLayer(graph, quantized, index, patches.slice(0, COST_PATCHES), result, results)
    return { name: node.name, op: node.op, sqnrDb: ratioDb(sums), cosine: cosineOf(sums), saturation: beyond / values, aloneDb }
  })
  const curve = learningCurve(calibration.partial, quantizeWith, patches, result, results, signal)
  return {
    method,
    calibrationPatches: calibration.partial.at(-1)!.patches,
    comparedPatches: patches.length,
    result,
    learningCurve: curve,
    enoughPatches: enoughPatches(curve),
    tensors: names.map((name) => {
      const { min, max, scale, zeroPoint, histogram } = seen.get(name)!
      return { name, min, max, scale, zeroPoint, observedMin: histogram.min, observedMax: histogram.max, histogram: [...histogram.counts], zeros: histogram.zeros }
    }),
    layers,
    costliest: layers.filter(({ aloneDb }) => aloneDb !== null).sort((a, b) => a.aloneDb! - b.aloneDb!).slice(0, MOST_COSTLY).map(({ name }) => name),
  }
}

/** What is summed up of one activation. */
interface Measurement extends Pick<TensorRange, 'min' | 'max' | 'scale' | 'zeroPoint'> {
  readonly sums: Sums
  readonly histogram: Histogram
  /** Float values seen, and those of them beyond what int8 can hold by more than half a step. */
  values: number
  beyond: number
}

function emptyMeasurement(quantized: Graph, name: string, { observed }: Calibration): Measurement {
  const { scales, zeroPoints } = tensorOf(quantized, name).quantization!
  const [scale, zeroPoint] = [scales[0]!, zeroPoints[0]!]
  const { min, max } = observed.get(name)!
  return { min: (-128 - zeroPoint) * scale, max: (127 - zeroPoint) * scale, scale, zeroPoint, sums: emptySums(), histogram: emptyHistogram(min, max, BINS), values: 0, beyond: 0 }
}

/** Runs both networks. @returns the float result on each patch */
function measure(graph: Graph, quantized: Graph, patches: readonly Tensor<'float32'>[], seen: ReadonlyMap<string, Measurement>, result: string, signal?: AbortSignal): Float32Array[] {
  const [float, int8] = [createFloatExecutor(graph), createEngineNow(quantized)]
  const input = tensorOf(quantized, quantized.inputs[0]).quantization!
  return patches.map((patch) => {
    throwIfAborted(signal)
    const expected = new Map<string, Float32Array>()
    float.trace(patch, (name, values) => {
      const one = seen.get(name)!
      expected.set(name, values.slice())
      addToHistogram(one.histogram, values)
      one.values += values.length
      const [lowest, highest] = [one.min - one.scale / 2, one.max + one.scale / 2]
      for (const value of values) if (value < lowest || value > highest) one.beyond++
    })
    int8.trace({ dtype: 'int8', shape: patch.shape, data: quantizeValues(patch.data, input) }, (name, values) => {
      const { sums } = seen.get(name)!
      addErrors(sums, expected.get(name)!, values as Int8Array, tensorOf(quantized, name).quantization!)
    })
    return expected.get(result)!
  })
}

function resultOf(graph: Graph): string {
  const [output] = graph.outputs as [string]
  const maker = graph.nodes.find(({ outputs }) => outputs.includes(output))
  return maker?.op === 'softmax' || maker?.op === 'logistic' ? maker.inputs[0]! : output
}

import { option, parseOptions, type Graph, type OptionsInput, type OptionsOf, type StageContext, type Tensor } from '@aed/core'
import * as v from 'valibot'
import { calibrateRanges } from './calibrate.ts'
import { optimizeGraph } from './passes/optimize-graph.ts'
import { reportQuantization, type QuantizationReport } from './quantization-report.ts'
import { quantizeGraph, withFloatBorders } from './quantize-graph.ts'

export const quantizeOptionsSchema = v.strictObject({
  inputType: option.choice(['int8', 'float32'], 'int8', "type of the network's input; float32 adds a quantize node"),
  outputType: option.choice(['int8', 'float32'], 'int8', "type of the network's output; float32 adds a dequantize node"),
  reportPatches: option.integer(16, 'calibration patches that float and int8 are compared on for the report', { min: 1, max: 1000 }),
})

export type QuantizeOptions = OptionsOf<typeof quantizeOptionsSchema>

export interface QuantizeInput {
  /** A float32 graph, optimized or not. */
  readonly graph: Graph
  /** Patches as the float graph takes them, `[n, ...]`: a few of each class, from training data. */
  readonly calibration: Tensor<'float32'>
}

export interface QuantizeResult {
  readonly graph: Graph
  readonly report: QuantizationReport
}

/**
 * Stage: post-training quantization of a float32 graph to TensorFlow Lite's int8 specification. Activations have one scale and zero
 * point from the smallest and largest value on the calibration patches; convolution weights a scale for each output channel, dense
 * weights one; bias int32. Equal input gives equal bytes on every machine.
 * @throws AedError `CALIBRATION_INVALID`, `MODEL_MISMATCH`, `MODEL_UNSUPPORTED`, `GRAPH_INVALID`, `INVALID_OPTION`, `ABORTED`
 * @see https://ai.google.dev/edge/litert/models/quantization_spec
 */
export function quantize({ graph, calibration }: QuantizeInput, options: OptionsInput<typeof quantizeOptionsSchema> = {}, context: StageContext = {}): QuantizeResult {
  const { inputType, outputType, reportPatches } = parseOptions(quantizeOptionsSchema, options, 'quantize')
  const optimized = optimizeGraph(graph)
  const quantized = quantizeGraph(optimized, calibrateRanges(optimized, calibration, context))
  return {
    graph: withFloatBorders(quantized, { input: inputType === 'float32', output: outputType === 'float32' }),
    report: reportQuantization(optimized, quantized, calibration, reportPatches),
  }
}

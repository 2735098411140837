import { option, parseOptions, type Graph, type OptionsInput, type OptionsOf, type StageContext, type Tensor } from '@aed/core'
import * as v from 'valibot'
import { calibrate, calibrateStream, itemOf, mixedOrder, type Calibration, type PatchSource, type Ranges } from './calibrate.ts'
import { CALIBRATION_METHODS } from './choose-range.ts'
import { optimizeGraph } from './passes/optimize-graph.ts'
import { reportQuantization, type QuantizationReport } from './quantization-report.ts'
import { quantizeGraph, withFloatBorders } from './quantize-graph.ts'

export const quantizeOptionsSchema = v.strictObject({
  inputType: option.choice(['int8', 'float32'], 'int8', "type of the network's input; float32 adds a quantize node"),
  outputType: option.choice(['int8', 'float32'], 'int8', "type of the network's outputs; float32 adds a dequantize node to each"),
  calibrationMethod: option.choice(CALIBRATION_METHODS, 'minMax', 'ranges of activations: all values, most of them, least squared error, least information lost'),
  percentile: option.number(99.99, 'part of the values inside the range, for the method percentile', { min: 50, max: 100, unit: '%' }),
  weightScales: option.choice(['perChannel', 'perTensor'], 'perChannel', 'a weight scale for each output channel of a convolution, or one for all'),
  biasCorrection: option.boolean(false, 'let biases take up the mean error of int8 weights'),
  reportPatches: option.integer(16, 'calibration patches that float and int8 are compared on for the report', { min: 1, max: 1000 }),
})

export type QuantizeOptions = OptionsOf<typeof quantizeOptionsSchema>

export interface QuantizeInput {
  /** A float32 graph, optimized or not. */
  readonly graph: Graph
  /** Patches as the float graph takes them, `[n, ...]`: a few of each class, from training data. */
  readonly calibration: Tensor<'float32'>
}

export interface QuantizeStreamInput {
  readonly graph: Graph
  readonly calibration: PatchSource
}

export interface QuantizeResult {
  readonly graph: Graph
  readonly report: QuantizationReport
}

/**
 * Stage: post-training quantization of a float32 graph to TensorFlow Lite's int8 specification. Activations have one scale and zero
 * point, by default from the smallest and largest value on the calibration patches; convolution weights a scale for each output channel,
 * dense weights one; bias int32. Equal input gives equal bytes on every machine.
 * @throws AedError `CALIBRATION_INVALID`, `MODEL_MISMATCH`, `MODEL_UNSUPPORTED`, `GRAPH_INVALID`, `INVALID_OPTION`, `ABORTED`
 * @see https://ai.google.dev/edge/litert/models/quantization_spec
 */
export function quantize({ graph, calibration: batch }: QuantizeInput, options: OptionsInput<typeof quantizeOptionsSchema> = {}, context: StageContext = {}): QuantizeResult {
  const parsed = parseOptions(quantizeOptionsSchema, options, 'quantize')
  const optimized = optimizeGraph(graph)
  const calibration = calibrate(optimized, batch, settingsOf(parsed), context)
  const compared = mixedOrder(batch.shape[0]!).slice(-parsed.reportPatches)
  return finish(optimized, calibration, compared.map((patch) => itemOf(batch, patch)), parsed, context) // prettier-ignore
}

/**
 * {@link quantize} with patches that come in parts and need not fit into memory together, in mixed order: neighbours from other clips and classes, for the learning curve
 * and the patches of the report, which are the last ones. The same patches give the same graph.
 * @param input `calibration`: gives parts `[n, ...]`, from the start each time it is called, which is once for the method minMax, else twice
 * @throws AedError as {@link quantize}, and `CALIBRATION_INVALID` for a source that gives other patches the second time
 */
export async function quantizeStream({ graph, calibration: source }: QuantizeStreamInput, options: OptionsInput<typeof quantizeOptionsSchema> = {}, context: StageContext = {}): Promise<QuantizeResult> {
  const parsed = parseOptions(quantizeOptionsSchema, options, 'quantize')
  const optimized = optimizeGraph(graph)
  const { calibration, last } = await calibrateStream(optimized, source, settingsOf(parsed), parsed.reportPatches, context)
  return finish(optimized, calibration, last, parsed, context)
}

const settingsOf = ({ calibrationMethod: method, percentile, biasCorrection: means }: QuantizeOptions) => ({ method, percentile, means })

function finish(graph: Graph, calibration: Calibration, patches: readonly Tensor<'float32'>[], options: QuantizeOptions, context: StageContext): QuantizeResult {
  const { inputType, outputType, calibrationMethod: method, weightScales, biasCorrection } = options
  const quantizeWith = (ranges: Ranges) => quantizeGraph(graph, ranges, { weightScales, ...(biasCorrection && { means: calibration.means }) })
  return {
    graph: withFloatBorders(quantizeWith(calibration.ranges), { input: inputType === 'float32', output: outputType === 'float32' }),
    report: reportQuantization({ graph, quantizeWith, patches, calibration, method }, context),
  }
}

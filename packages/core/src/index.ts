export { parseModelCard, modelCardSchema, unknownThresholds, MODEL_CARD_SCHEMA } from './artifact.ts'
export { clipHeadSchema, clipHeadScores, linearHead, placeBlocks } from './clip-head.ts'
export { acceptedClass, meanScores } from './clip-label.ts'
export { addFrame, addTap, emptyFrameState, emptyTapState, frameStatistics, mergeFrameStates, mergeTapStates, mostPositions, tapStatistics } from './clip-statistics.ts'
export { createDetector, detectEvents, detectionParametersSchema, movingMean, patchPeriod, refractoryPatches } from './detection.ts'
export { addEnvelopeSamples, emptyEnvelopeState, ENVELOPE_FILTERS, ENVELOPE_LEVELS_PER_OCTAVE, ENVELOPE_MODULATION_FLOOR, ENVELOPE_SAMPLE_RATE, ENVELOPE_STEP, ENVELOPE_STEP_FLOOR, ENVELOPE_VALUES, envelopeStatistics } from './envelope-statistics.ts'
export { AedError, ERROR_CODES, errorIn, isAedError, throwIfAborted } from './errors.ts'
export { EXP_SERIES, expF32 } from './exp-f32.ts'
export { audioOptionsSchema, featureConfig, featureConfigSchema, melOptionsSchema, patchOptionsSchema, patchStep } from './feature-config.ts'
export { decodeFloat32, encodeFloat32 } from './float32-text.ts'
export { GraphBuilder } from './graph-builder.ts'
export { countMacs, inferShape, paddingBefore, tensorOf, validateGraph, windowedLength } from './graph.ts'
export { findLeaks, requireNoLeaks } from './leaks.ts'
export { addLevelFrame, emptyLevelState, LEVEL_FIRST_PERIOD, LEVEL_FLOOR, LEVEL_GROUPS, LEVEL_LAGS, LEVEL_OWN_LAGS, LEVEL_VALUES, levelStatistics } from './level-statistics.ts'
export { LOG2_SERIES, log2F32 } from './log2-f32.ts'
export { cos, cosPi, exp, log, log10, pow, sin, sinPi } from './math.ts'
export { indexOfNonFinite } from './non-finite.ts'
export { decodeNpy, encodeNpy } from './npy.ts'
export { describeOptions, option, parseOptions } from './options.ts'
export { createRandom } from './random.ts'
export { sha256 } from './sha256.ts'
export { inThread } from './stage.ts'
export { argMax, ARRAY_OF, formatShape, sizeOf, tensor, zeros } from './tensor.ts'
export { wasmModule } from './wasm-module.ts'

export type { ModelCard } from './artifact.ts'
export type { AudioClip } from './audio-clip.ts'
export type { ClipBlock, ClipHead, LinearHead, PlacedBlock, StatisticsHead, TapBlock } from './clip-head.ts'
export type { FrameState, TapShape, TapState } from './clip-statistics.ts'
export type { Detection, DetectionParameters, Detector } from './detection.ts'
export type { DeviceTable, DeviceTables, WordLength } from './device-tables.ts'
export type { EnvelopeState } from './envelope-statistics.ts'
export type { AedErrorOptions, ErrorCode } from './errors.ts'
export type { AudioOptions, FeatureConfig, MelOptions, PatchOptions } from './feature-config.ts'
export type { LevelState } from './level-statistics.ts'
export type { WindowOptions } from './graph-builder.ts'
export type {
  Activation,
  BinaryNode,
  Conv2dNode,
  DenseNode,
  DepthwiseConv2dNode,
  Graph,
  GraphNode,
  GraphOp,
  GraphTensor,
  MeanNode,
  Padding,
  PadNode,
  PlainNode,
  Pool2dNode,
  Quantization,
  SoftmaxNode,
} from './graph.ts'
export type { Bounds, OptionDescription, OptionMeta, OptionsInput, OptionsOf, OptionsSchema } from './options.ts'
export type { Leak, LeakReport, SoundPair } from './leaks.ts'
export type { Progress } from './progress.ts'
export type { Random } from './random.ts'
export type { LabelledClip, PatchScores } from './scores.ts'
export type { AsyncStages, Stage, StageContext, StageHost, Stages } from './stage.ts'
export type { DataOf, DType, Tensor } from './tensor.ts'

export { useBackend } from './tfjs/backend.ts'
export { registerTrainingKernels } from './tfjs/kernels/register.ts'
export { buildLayersModel, loadWeights, miniResNetV2 } from './tfjs/layers-model.ts'
export { embed, embedGraph, predict, predictOptionsSchema } from './tfjs/predict.ts'

export type { BatchStatistics, GradientBatch, GradientEngine, GradientOptions, GradientResult, TrainedParameter } from './gradient-engine.ts'
export type { Backend, BackendOptions } from './tfjs/backend.ts'
export type { PredictInput } from './tfjs/predict.ts'

import type { Graph, Stages, Tensor } from '@aed/core'
import { classify } from './classifier/classify-stage.ts'
import { fitBatchNorm } from './fit-batch-norm.ts'
import { readKerasH5 } from './keras/h5.ts'
import type { KerasModel } from './keras/model.ts'
import { miniResNetV2Graph } from './miniresnetv2.ts'
import type { MiniResNetV2Input } from './miniresnetv2-network.ts'
import { trainClipHeads } from './train-clip-head.ts'
import { trainDenseHead } from './train-dense-head.ts'

/** What a stage without options takes for them. */
type NoOptions = Readonly<Record<string, never>>

const readKerasH5Stage: (input: { readonly bytes: Uint8Array; readonly name: string }, options: NoOptions) => KerasModel = ({ bytes, name }) => readKerasH5(bytes, name)
const fitBatchNormStage: (input: { readonly graph: Graph; readonly patches: Tensor<'float32'> }, options: NoOptions) => Graph = ({ graph, patches }) => fitBatchNorm(graph, patches)

/** The stages of this package by name; none of them needs tfjs. */
export const stages = {
  readKerasH5: readKerasH5Stage,
  buildGraph: (_input: null, options: MiniResNetV2Input) => miniResNetV2Graph(options),
  fitBatchNorm: fitBatchNormStage,
  trainClipHeads,
  trainDenseHead,
  classify,
} as const satisfies Stages

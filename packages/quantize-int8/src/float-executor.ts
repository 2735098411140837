import { parseOptions, type Graph, type GraphNode, type Tensor } from '@aed/core'
import { createExecutor, unsupported, type OnTensor, type Storage } from './executor.ts'
import { planFloatBinary, planFloatLogistic, planFloatMean, planFloatPad, planFloatRelu, planFloatReshape, planFloatSoftmax } from './float/element-wise.ts'
import { planFloatPool2d } from './float/pool2d.ts'
import { planFloatWeighted } from './float/weighted.ts'
import { planProduct, type PlanProduct } from './matrix-product.ts'
import { noOptionsSchema, type NoOptions } from './no-options.ts'
import { createWasmProducts } from './wasm/float-product.ts'

/** A float32 graph ready to run, as {@link Executor} explains; inputs of another type or shape are `MODEL_MISMATCH`. */
export interface FloatExecutor {
  readonly run: (input: Tensor<'float32'>, out?: Tensor<'float32'>) => Tensor<'float32'>
  readonly runAll: (input: Tensor<'float32'>, out?: readonly Tensor<'float32'>[]) => readonly Tensor<'float32'>[]
  readonly trace: (input: Tensor<'float32'>, onTensor: OnTensor<Float32Array>) => Tensor<'float32'>
}

function planNode(storage: Storage, node: GraphNode, products: PlanProduct): () => void {
  switch (node.op) {
    case 'conv2d':
    case 'depthwiseConv2d':
    case 'dense':
      return planFloatWeighted(storage, node, products)
    case 'maxPool2d':
    case 'averagePool2d':
      return planFloatPool2d(storage, node)
    case 'mean':
      return planFloatMean(storage, node)
    case 'add':
    case 'mul':
      return planFloatBinary(storage, node)
    case 'pad':
      return planFloatPad(storage, node)
    case 'softmax':
      return planFloatSoftmax(storage, node)
    case 'relu':
      return planFloatRelu(storage, node)
    case 'reshape':
      return planFloatReshape(storage, node)
    case 'logistic':
      return planFloatLogistic(storage, node)
    case 'quantize':
    case 'dequantize':
      throw unsupported(storage.graph, node, 'a float network has no quantized tensors')
  }
}

/**
 * Prepares a float32 graph. Values between nodes are float32; sums are taken in float64 in a fixed order and rounded once, which is
 * both nearer to the true value than float32 sums and, in JavaScript, faster. The results are equal to the bit in every runtime.
 * @param backend what runs convolutions and dense layers, with equal bits: `wasm`, or where WebAssembly SIMD is missing or forbidden `typescript`
 * @throws AedError `GRAPH_INVALID`, `MODEL_UNSUPPORTED` with the node
 */
export function createFloatExecutor(graph: Graph, backend: 'wasm' | 'typescript' = 'wasm'): FloatExecutor {
  const products = (backend === 'wasm' ? createWasmProducts() : undefined) ?? planProduct
  // A float network has float32 values only: planNode refuses the others.
  return createExecutor<Float32Array>(graph, (storage, node) => planNode(storage, node, products)) as FloatExecutor
}

/** Stage: a float graph on a batch; {@link createFloatExecutor} and one run. */
export function runFloat({ graph, input }: { readonly graph: Graph; readonly input: Tensor<'float32'> }, options: NoOptions = {}): Tensor<'float32'> {
  parseOptions(noOptionsSchema, options, 'runFloat')
  return createFloatExecutor(graph).run(input)
}

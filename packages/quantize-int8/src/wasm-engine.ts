import { parseOptions, type Graph, type GraphNode, type Tensor } from '@aed/core'
import { checkRunnable, createRunner, type Executor } from './executor.ts'
import { noOptionsSchema, type NoOptions } from './no-options.ts'
import { createReferenceEngine, type Int8Values } from './reference-engine.ts'
import { planAdd, planDequantize, planLogistic, planMean, planMul, planPad, planPool2d, planQuantize, planRelu, planReshape, planSoftmax } from './wasm/element-wise.ts'
import { instantiateKernels, instantiateKernelsNow, type Kernels } from './wasm/kernels.ts'
import { WasmStorage } from './wasm/wasm-storage.ts'
import { planConv2d, planDense, planDepthwise } from './wasm/weighted.ts'

function planNode(storage: WasmStorage, node: GraphNode): () => void {
  switch (node.op) {
    case 'conv2d':
      return planConv2d(storage, node)
    case 'depthwiseConv2d':
      return planDepthwise(storage, node)
    case 'dense':
      return planDense(storage, node)
    case 'maxPool2d':
    case 'averagePool2d':
      return planPool2d(storage, node)
    case 'mean':
      return planMean(storage, node)
    case 'add':
      return planAdd(storage, node)
    case 'mul':
      return planMul(storage, node)
    case 'pad':
      return planPad(storage, node)
    case 'softmax':
      return planSoftmax(storage, node)
    case 'relu':
      return planRelu(storage, node)
    case 'reshape':
      return planReshape(storage, node)
    case 'logistic':
      return planLogistic(storage, node)
    case 'quantize':
      return planQuantize(storage, node)
    case 'dequantize':
      return planDequantize(storage, node)
  }
}

/**
 * The fast int8 engine: WebAssembly SIMD kernels with the bytes of the reference engine. Weights are packed here, activations share one
 * planned arena; a run allocates its result only. An engine is for one thread, and runs one batch at a time.
 * @throws AedError (rejects) as {@link createReferenceEngine} does, and so does `run`
 */
export async function createWasmEngine(graph: Graph): Promise<Executor<Int8Values>> {
  checkRunnable(graph)
  // At once where that is allowed: the other way waits for tasks of the event loop, milliseconds for a few kilobytes.
  return engineOn(instantiateKernelsNow() ?? (await instantiateKernels()), graph)
}

function engineOn(kernels: Kernels, graph: Graph): Executor<Int8Values> {
  const storage = new WasmStorage(graph, kernels)
  const computes = graph.nodes.map((node) => planNode(storage, node))
  return createRunner<Int8Values>(graph, computes, (name) => storage.view(name) as Int8Values)
}

/** The fast engine at once, or where WebAssembly cannot be compiled at once the reference: the bytes are the same. */
export function createEngineNow(graph: Graph): Executor<Int8Values> {
  checkRunnable(graph)
  const kernels = instantiateKernelsNow()
  return kernels ? engineOn(kernels, graph) : createReferenceEngine(graph)
}

/**
 * Stage: an int8 graph on a batch; {@link createWasmEngine} and one run. The same bytes as `runInt8`, sooner.
 * @param input of the graph's own input type, `[n, ...]`
 * @returns `[n, ...]` of the graph's own output type
 */
export async function runInt8Wasm({ graph, input }: { readonly graph: Graph; readonly input: Tensor }, options: NoOptions = {}): Promise<Tensor> {
  parseOptions(noOptionsSchema, options, 'runInt8Wasm')
  return (await createWasmEngine(graph)).run(input)
}

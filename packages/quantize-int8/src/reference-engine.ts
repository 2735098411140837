import { parseOptions, type Graph, type GraphNode, type Tensor } from '@aed/core'
import { createExecutor, type Executor, type Storage } from './executor.ts'
import { planAdd, planMul } from './int8/binary.ts'
import { planDequantize, planLogistic, planPad, planQuantize, planRelu, planReshape, planSoftmax } from './int8/element-wise.ts'
import { planMean } from './int8/mean.ts'
import { planPool2d } from './int8/pool2d.ts'
import { planWeighted } from './int8/weighted.ts'
import { noOptionsSchema, type NoOptions } from './no-options.ts'

/** Values of a tensor while the engine runs: int8, or float32 at a float border of the network. */
export type Int8Values = Int8Array | Float32Array

function planNode(storage: Storage, node: GraphNode): () => void {
  switch (node.op) {
    case 'conv2d':
    case 'depthwiseConv2d':
    case 'dense':
      return planWeighted(storage, node)
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
 * The reference int8 engine: the specification that every other engine and the C code must equal to the byte, and itself equal to
 * the reference kernels of TensorFlow Lite (`BUILTIN_REF`).
 * @throws AedError `MODEL_UNSUPPORTED` for a float network, per-channel activations or wrong types, with the node; `MODEL_MISMATCH`
 * in `run` for an input of another type or shape than the graph's
 */
export function createReferenceEngine(graph: Graph): Executor<Int8Values> {
  return createExecutor<Int8Values>(graph, planNode)
}

/**
 * Stage: an int8 graph on a batch; {@link createReferenceEngine} and one run.
 * @param input of the graph's own input type, `[n, ...]`
 * @returns `[n, ...]` of the graph's own output type
 */
export function runInt8({ graph, input }: { readonly graph: Graph; readonly input: Tensor }, options: NoOptions = {}): Tensor {
  parseOptions(noOptionsSchema, options, 'runInt8')
  return createReferenceEngine(graph).run(input)
}

import { AedError, exp, formatShape, sizeOf, tensorOf, validateGraph, type Graph, type GraphTensor, type Tensor } from '@aed/core'

/** A linear classifier on embeddings. */
export interface DenseHead {
  /** Row-major `[classes, features]`. */
  readonly weights: Float32Array
  /** `[classes]`. */
  readonly bias: Float32Array
  readonly classes: number
  readonly features: number
}

/** @throws AedError `MODEL_MISMATCH` when the head's arrays or the embedding have another size than it says */
function requireSizes({ weights, bias, classes, features }: DenseHead, where: string, found: number): void {
  if (weights.length !== classes * features || bias.length !== classes)
    throw new AedError('MODEL_MISMATCH', `${where}: a head of ${classes} classes on ${features} features has ${weights.length} weights and ${bias.length} biases`)
  if (found !== features) throw new AedError('MODEL_MISMATCH', `${where}: the head takes ${features} features, the embedding has ${found}`)
}

/**
 * A backbone with a dense layer on its output: nodes `head`, then `head/softmax` or `head/logistic`.
 * @throws AedError `MODEL_MISMATCH` when the embedding has another size
 */
export function withDenseHead(backbone: Graph, head: DenseHead, activation: 'softmax' | 'logistic'): Graph {
  const embedding = tensorOf(backbone, backbone.outputs[0])
  requireSizes(head, `graph '${backbone.name}'`, sizeOf(embedding.shape))
  const { classes, features } = head
  const output = `head/${activation}`
  const tensors: GraphTensor[] = [
    { name: 'head/kernel', dtype: 'float32', shape: [classes, features], data: head.weights },
    { name: 'head/bias', dtype: 'float32', shape: [classes], data: head.bias },
    { name: 'head', dtype: 'float32', shape: [1, classes] },
    { name: output, dtype: 'float32', shape: [1, classes] },
  ]
  for (const { name } of tensors) if (Object.hasOwn(backbone.tensors, name)) throw new AedError('MODEL_MISMATCH', `graph '${backbone.name}' already has a tensor '${name}'`)
  return validateGraph({
    ...backbone,
    outputs: [output],
    tensors: { ...backbone.tensors, ...Object.fromEntries(tensors.map((tensor) => [tensor.name, tensor])) },
    nodes: [
      ...backbone.nodes,
      { op: 'dense', name: 'head', inputs: [embedding.name, 'head/kernel', 'head/bias'], outputs: ['head'], activation: 'none' },
      activation === 'softmax'
        ? { op: 'softmax', name: output, inputs: ['head'], outputs: [output], beta: 1 }
        : { op: 'logistic', name: output, inputs: ['head'], outputs: [output] },
    ],
  })
}

/** Turns logits into probabilities in place, each less the largest before the exponential. */
export function softmaxInPlace(values: Float64Array): Float64Array {
  let max = -Infinity
  for (const value of values) if (value > max) max = value
  let sum = 0
  for (let c = 0; c < values.length; c++) sum += values[c] = exp(values[c]! - max)
  for (let c = 0; c < values.length; c++) values[c]! /= sum
  return values
}

/**
 * What a head says of embeddings.
 * @param embeddings `[n, features]`
 * @returns probabilities `[n, classes]`
 * @throws AedError `MODEL_MISMATCH` when the embedding has another size
 */
export function denseScores(head: DenseHead, embeddings: Tensor<'float32'>, activation: 'softmax' | 'logistic' = 'softmax'): Tensor<'float32'> {
  const [n = 0, found = 0] = embeddings.shape
  if (embeddings.shape.length !== 2) throw new AedError('INVALID_INPUT', `embeddings are [n, features], got ${formatShape(embeddings.shape)}`)
  requireSizes(head, 'denseScores', found)
  const { classes, features, weights, bias } = head
  const { data } = embeddings
  const scores = new Float32Array(n * classes)
  const logits = new Float64Array(classes)
  for (let item = 0; item < n; item++) {
    for (let c = 0; c < classes; c++) {
      let sum = bias[c]!
      for (let i = 0, x = item * features, w = c * features; i < features; i++) sum += data[x + i]! * weights[w + i]!
      logits[c] = sum
    }
    if (activation === 'softmax') softmaxInPlace(logits)
    else for (let c = 0; c < classes; c++) logits[c] = 1 / (1 + exp(-logits[c]!))
    scores.set(logits, item * classes)
  }
  return { dtype: 'float32', shape: [n, classes], data: scores }
}

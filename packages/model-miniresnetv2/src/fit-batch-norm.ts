import { AedError, formatShape, tensorOf, type Graph, type GraphTensor, type Tensor } from '@aed/core'
import { createFloatExecutor } from '@aed/quantize-int8'
import { BATCH_NORM_EPSILON, batchNormPairs } from './keras/from-graph.ts'

/** The part of a graph that one of its tensors depends on, with that tensor as its output. */
function upTo(graph: Graph, output: string): Graph {
  const needed = new Set([output])
  const nodes = graph.nodes.toReversed().filter((node) => {
    if (!node.outputs.some((name) => needed.has(name))) return false
    for (const name of node.inputs) needed.add(name)
    return true
  })
  const kept = new Set([...graph.inputs, ...needed])
  return { ...graph, outputs: [output], nodes: nodes.reverse(), tensors: Object.fromEntries(Object.entries(graph.tensors).filter(([name]) => kept.has(name))) }
}

/** Scale and shift that bring each channel (last axis) of a tensor to mean 0 and variance 1. */
function standardise({ data }: Tensor<'float32'>, channels: number): { scale: Float32Array; shift: Float32Array } {
  const rows = data.length / channels
  const mean = new Float64Array(channels)
  const variance = new Float64Array(channels)
  for (let i = 0, c = 0; i < data.length; i++, c = c + 1 === channels ? 0 : c + 1) mean[c]! += data[i]!
  for (let c = 0; c < channels; c++) mean[c]! /= rows
  for (let i = 0, c = 0; i < data.length; i++, c = c + 1 === channels ? 0 : c + 1) variance[c]! += (data[i]! - mean[c]!) ** 2
  const scale = Float32Array.from(variance, (sum) => 1 / Math.sqrt(sum / rows + BATCH_NORM_EPSILON))
  return { scale, shift: mean.reduce((shift, value, c) => ((shift[c] = -value * scale[c]!), shift), new Float32Array(channels)) }
}

/**
 * Sets the batch normalizations of a network with initial values from data, one after another, each with those before it already set: gamma
 * stays 1, beta 0, mean and variance are those of the patches. Makes a network that was never trained usable as a backbone.
 * @param graph float graph whose batch normalizations are `mul` and `add` by constants of each channel
 * @param patches `[n, mels, frames]` or with a channel; a hundred are plenty
 * @throws AedError `INVALID_INPUT` for no patches, `MODEL_MISMATCH` for such of another shape, `TRAINING_FAILED` for values that are not finite
 */
export function fitBatchNorm(graph: Graph, patches: Tensor<'float32'>): Graph {
  if (patches.data.length === 0) throw new AedError('INVALID_INPUT', `batch normalization takes its statistics from patches, got ${formatShape(patches.shape)}`)
  return batchNormPairs(graph).reduce((fitted, pair) => {
    const values = createFloatExecutor(upTo(fitted, pair.input)).run(patches)
    const { scale, shift } = standardise(values, tensorOf(fitted, pair.scale).shape[0]!)
    if (![...scale, ...shift].every(Number.isFinite)) throw new AedError('TRAINING_FAILED', `batch normalization '${pair.name}': the patches give values that are not finite`)
    const constants: GraphTensor[] = [
      { ...tensorOf(fitted, pair.scale), data: scale },
      { ...tensorOf(fitted, pair.shift), data: shift },
    ]
    return { ...fitted, tensors: { ...fitted.tensors, ...Object.fromEntries(constants.map((tensor) => [tensor.name, tensor])) } }
  }, graph)
}

import { AedError, formatShape, tensorOf, type Graph, type GraphTensor, type Tensor } from '@aed/core'
import { createFloatExecutor } from '@aed/quantize-int8'
import { BATCH_NORM_EPSILON, batchNormPairs } from './keras/from-graph.ts'

/** The part of a graph that leads from one tensor to another. */
function between(graph: Graph, input: string, output: string): Graph {
  const needed = new Set([output])
  const nodes = graph.nodes.toReversed().filter((node) => {
    if (node.outputs.includes(input) || !node.outputs.some((name) => needed.has(name))) return false
    for (const name of node.inputs) needed.add(name)
    return true
  })
  const tensors = Object.fromEntries(Object.entries(graph.tensors).filter(([name]) => name === input || needed.has(name)))
  return { ...graph, inputs: [input], outputs: [output], nodes: nodes.reverse(), tensors }
}

/** The tensors through which everything after them goes, so that nothing before them is needed any more. */
function cutTensors({ nodes, inputs }: Graph): ReadonlySet<string> {
  const lastRead = new Map<string, number>()
  nodes.forEach((node, i) => node.inputs.forEach((name) => lastRead.set(name, i)))
  const cuts = new Set(inputs)
  let open = Math.max(...inputs.map((name) => lastRead.get(name) ?? 0))
  nodes.forEach((node, i) => {
    if (open <= i) for (const name of node.outputs) cuts.add(name)
    for (const name of node.outputs) open = Math.max(open, lastRead.get(name) ?? 0)
  })
  return cuts
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
  const cuts = cutTensors(graph)
  let fitted = graph
  let from = { name: graph.inputs[0]!, values: patches }
  for (const pair of batchNormPairs(graph)) {
    const values = pair.input === from.name ? from.values : (createFloatExecutor(between(fitted, from.name, pair.input)).run(from.values))
    if (cuts.has(pair.input)) from = { name: pair.input, values }
    const { scale, shift } = standardise(values, tensorOf(fitted, pair.scale).shape[0]!)
    if (![...scale, ...shift].every(Number.isFinite)) throw new AedError('TRAINING_FAILED', `batch normalization '${pair.name}': the patches give values that are not finite`)
    const constants: GraphTensor[] = [
      { ...tensorOf(fitted, pair.scale), data: scale },
      { ...tensorOf(fitted, pair.shift), data: shift },
    ]
    fitted = { ...fitted, tensors: { ...fitted.tensors, ...Object.fromEntries(constants.map((tensor) => [tensor.name, tensor])) } }
  }
  return fitted
}

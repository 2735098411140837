import { sizeOf } from '@aed/core'
import type { BatchStatistics, Tap, TrainedParameter } from '../gradient-engine.ts'
import { layerShapes, type KerasNetwork, type KerasWeights } from '../keras/network.ts'
import { dropoutMask } from '../training/dropout.ts'
import { instantiateKernels, type Pointer } from '../wasm/kernels.ts'
import { layerStep, type LayerPlace, type Runtime, type Step, type Value } from './layer-steps.ts'
import { sigmoidLoss, softmaxLoss } from './loss.ts'
import { MemoryPlan } from './memory.ts'
import { planLayers } from './plan.ts'

/** What a replica is made of: all of it can be sent to a worker. */
export interface ReplicaOptions {
  readonly network: KerasNetwork
  readonly weights: KerasWeights
  readonly parameters: readonly TrainedParameter[]
  readonly statistics: readonly BatchStatistics[]
  readonly taps: readonly Tap[]
  /** The most patches that it is given at once. */
  readonly batchSize: number
}

/** A part of a batch. */
export interface ShardInput {
  readonly count: number
  readonly x: Float32Array
  readonly targets: Float32Array
  /** Null: all 1. */
  readonly weights: Float32Array | null
  readonly seed: number | string
  /** Place of its first patch in the batch, and patches of the whole batch. */
  readonly first: number
  readonly total: number
}

/**
 * A network with a memory of its own, in which everything that a step needs has its place: activations, gradients, weights. One at a time of
 * forward, loss and backward.
 */
export class Replica {
  /** Views of the memory: weights to set before a step; what it found. */
  readonly values: Float32Array
  readonly gradient: Float32Array
  readonly means: Float32Array
  readonly variances: Float32Array
  /** Targets of a patch. */
  readonly targetSize: number
  /** Bytes that it occupies. */
  readonly bytes: number
  private readonly steps: readonly Step[]
  private readonly runtime: Runtime
  private readonly input: Value
  private readonly outputs: readonly { readonly value: Value; readonly weight: number }[]
  private readonly activation: 'softmax' | 'sigmoid' | null

  /** @throws AedError as `planLayers` */
  constructor({ network, weights, parameters, statistics, taps, batchSize }: ReplicaOptions) {
    const plan = planLayers(network, taps.map(({ layer }) => layer)) // prettier-ignore
    const shapes = layerShapes(network)
    const memory = new MemoryPlan()
    const lengthOf = (list: readonly { readonly length: number }[]) => list.reduce((sum, { length }) => sum + length, 0)
    const [valuesAt, gradientAt] = [memory.floats(lengthOf(parameters)), memory.floats(lengthOf(parameters))]
    const [meansAt, variancesAt] = [memory.floats(lengthOf(statistics)), memory.floats(lengthOf(statistics))]

    const made = new Map<string, Value>()
    const make = (name: string, shape: readonly number[], at?: Pointer): Value => {
      const size = sizeOf(shape)
      const value: Value = { name, shape, size, at: at ?? memory.floats(batchSize * size), gradient: 0, needed: false, uses: 0, written: false }
      made.set(name, value)
      return value
    }
    this.input = make(plan.input.name, plan.input.shape)
    const places = plan.layers.map(({ layer, inputs, output, pads, relu }): LayerPlace => {
      const weightAt = (name: string) => {
        const key = `${layer.name}/${name}`
        const parameter = parameters.find((one) => one.key === key)
        if (parameter) return { at: valuesAt + 4 * parameter.offset, gradient: gradientAt + 4 * parameter.offset, length: parameter.length }
        const found = weights[key]
        return found ? { at: memory.constant(found.data), gradient: 0, length: found.data.length } : null
      }
      const taken = inputs.map((name) => made.get(name)!)
      for (const value of taken) value.uses++
      const shape = shapes.get(layer.name) ?? taken[0]!.shape
      // A flattened value is the same bytes.
      const value = make(output, shape, layer.type === 'Flatten' ? taken[0]!.at : undefined)
      const place = { layer, inputs: taken, output: value, pads, relu, weight: weightAt, statistics: statistics.find((one) => one.layer === layer.name) ?? null, meansAt, variancesAt, batchSize }
      value.needed = taken.some(({ needed }) => needed) || parameters.some(({ key }) => key.startsWith(`${layer.name}/`))
      return place
    })
    this.outputs = plan.outputs.map((name, i) => ({ value: made.get(name)!, weight: taps[i]?.weight ?? 1 }))
    this.activation = plan.activation
    this.targetSize = this.outputs.reduce((sum, { value }) => sum + value.size, 0)
    for (const { value } of this.outputs) {
      value.uses++
      value.written = true
      value.gradient ||= memory.floats(batchSize * value.size)
    }
    // Backwards, so that whoever reads a gradient finds the place that its writer was given.
    this.steps = places.toReversed().map((place) => layerStep(place, memory)).toReversed() // prettier-ignore

    const { memory: storage, scratch } = memory.create()
    const kernels = instantiateKernels(storage)
    const view = (at: Pointer, length: number) => new Float32Array(storage.buffer, at, length)
    this.values = view(valuesAt, lengthOf(parameters))
    this.gradient = view(gradientAt, lengthOf(parameters))
    this.means = view(meansAt, lengthOf(statistics))
    this.variances = view(variancesAt, lengthOf(statistics))
    this.bytes = storage.buffer.byteLength
    const mask = (layer: string, rate: number, size: number, at: Pointer) => {
      const { seed, count, first } = this.shard
      view(at, count * size).set(dropoutMask(seed, layer, rate, count, size, first))
    }
    this.runtime = { kernels, scratch, view, mask }
    for (const { key, offset } of parameters) this.values.set(weights[key]!.data, offset)
  }

  private shard!: ShardInput

  /**
   * Σ over its patches of weight · loss / `total`, and the gradient of that.
   * @returns the loss, in float64, and the scores `[count, classes]`
   */
  run(shard: ShardInput): { readonly loss: number; readonly scores: Float32Array } {
    const { runtime, steps } = this
    this.shard = shard
    const { count } = shard
    runtime.view(this.input.at, shard.x.length).set(shard.x)
    for (const step of steps) step.forward(runtime, count)
    const result = this.activation ? this.crossEntropy(shard, this.activation) : { loss: this.distance(shard), scores: new Float32Array() }
    for (let i = steps.length - 1; i >= 0; i--) steps[i]!.backward?.(runtime, count)
    return result
  }

  private crossEntropy({ count, targets, weights, total }: ShardInput, activation: 'softmax' | 'sigmoid') {
    const [{ value } = { value: this.input }] = this.outputs
    const { size: classes } = value
    const scores = new Float32Array(count * classes)
    const arrays = { logits: this.runtime.view(value.at, scores.length), gradient: this.runtime.view(value.gradient, scores.length), targets, scores }
    const lossOf = activation === 'softmax' ? softmaxLoss : sigmoidLoss
    let loss = 0
    for (let i = 0; i < count; i++) {
      const factor = (weights?.[i] ?? 1) / total
      loss += factor * lossOf(arrays, i * classes, classes, factor)
    }
    return { loss, scores }
  }

  private distance({ count, targets, weights, total }: ShardInput): number {
    let loss = 0
    let from = 0
    for (const { value, weight } of this.outputs) {
      const { size } = value
      const found = this.runtime.view(value.at, count * size)
      const gradient = this.runtime.view(value.gradient, count * size)
      for (let i = 0; i < count; i++) {
        const factor = ((weights?.[i] ?? 1) * weight) / (total * size)
        let sum = 0
        for (let j = 0; j < size; j++) {
          const distance = found[i * size + j]! - targets[i * this.targetSize + from + j]!
          sum += distance * distance
          gradient[i * size + j] = 2 * factor * distance
        }
        loss += factor * sum
      }
      from += size
    }
    return loss
  }
}

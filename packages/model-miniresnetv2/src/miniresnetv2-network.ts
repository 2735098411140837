import { option, parseOptions, type OptionsOf } from '@aed/core'
import * as v from 'valibot'
import { BATCH_NORM_EPSILON } from './keras/from-graph.ts'
import type { KerasLayer, KerasNetwork } from './keras/network.ts'

/** `[height, width, channels]` of a patch: `[mels, frames, 1]`. */
const inputShapeSchema = v.pipe(
  v.tuple([v.pipe(v.number(), v.integer(), v.minValue(1)), v.pipe(v.number(), v.integer(), v.minValue(1)), v.pipe(v.number(), v.integer(), v.minValue(1))]),
  v.metadata({ description: 'mels, frames and channels of a patch' }),
)

/** Options of the network. */
export const miniResNetV2OptionsSchema = v.strictObject({
  stacks: option.integer(1, 'stacks of two residual blocks, of 64, 128, 256, 512 filters', { min: 1, max: 4 }),
  pooling: option.choice(['none', 'avg', 'max'], 'none', 'what follows the last activation: none flattens it, avg and max pool it over its area'),
  classes: option.integerOrNone(null, 'classes of the dense head; none: a backbone, which gives embeddings', { min: 1, max: 65536 }),
  inputShape: v.optional(inputShapeSchema, () => [64, 50, 1] as [number, number, number]),
  multiLabel: option.boolean(false, 'the head gives one probability a class (sigmoid) instead of one distribution (softmax)'),
  dropout: option.number(0, 'part of the embedding that training drops before the head', { min: 0, max: 0.99 }),
  conv2Bias: v.optional(v.nullable(v.pipe(v.boolean(), v.metadata({ description: 'bias of the 3 × 3 convolutions; none: only with pooling, as in the published backbones' }))), null),
  seed: v.optional(v.pipe(v.union([v.number(), v.string()]), v.metadata({ description: 'seed of the initial values' })), 0),
})

export type MiniResNetV2Options = OptionsOf<typeof miniResNetV2OptionsSchema>
/** What a caller hands in: everything has a default. */
export type MiniResNetV2Input = Omit<v.InferInput<typeof miniResNetV2OptionsSchema>, 'inputShape'> & { readonly inputShape?: readonly number[] }

/** Collects layers one after another; each method gives the layer's name, to hand to the next. */
class Layers {
  readonly list: KerasLayer[] = []

  put(layer: KerasLayer): string {
    this.list.push(layer)
    return layer.name
  }
  pad(name: string, x: string, width: number): string {
    return this.put({ type: 'ZeroPadding2D', name, inputs: [x], padding: [[width, width], [width, width]] })
  }
  conv(name: string, x: string, filters: number, size: number, stride: number, useBias: boolean): string {
    return this.put({
      type: 'Conv2D', name, inputs: [x], filters, kernelSize: [size, size], strides: [stride, stride], padding: 'valid', dilations: [1, 1], useBias, activation: 'linear',
    })
  }
  pool(name: string, x: string, size: number): string {
    return this.put({ type: 'MaxPooling2D', name, inputs: [x], poolSize: [size, size], strides: [2, 2], padding: 'valid' })
  }
  normalize(name: string, x: string): string {
    return this.put({ type: 'BatchNormalization', name, inputs: [x], epsilon: BATCH_NORM_EPSILON, momentum: 0.99, center: true, scale: true })
  }
  relu(name: string, x: string): string {
    return this.put({ type: 'Activation', name, inputs: [x], activation: 'relu' })
  }
  /** A pre-activation residual block; the last of a stack halves the area and has the identity as its shortcut. */
  block(name: string, x: string, filters: number, last: boolean, conv2Bias: boolean): string {
    const preact = this.relu(`${name}_preact_relu`, this.normalize(`${name}_preact_bn`, x))
    const narrow = this.relu(`${name}_1_relu`, this.normalize(`${name}_1_bn`, this.conv(`${name}_1_conv`, preact, filters, 1, 1, false)))
    const padded = this.pad(`${name}_2_pad`, narrow, 1)
    const shortcut = last ? this.pool(`${name}_0_pool`, x, 1) : this.conv(`${name}_0_conv`, preact, filters, 1, 1, true)
    const wide = this.conv(`${name}_2_conv`, padded, filters, 3, last ? 2 : 1, conv2Bias)
    return this.put({ type: 'Add', name: `${name}_out`, inputs: [shortcut, wide] })
  }
}

/**
 * The layers of MiniResNetV2: ResNetV2's stem and pre-activation blocks, two a stack, with 64 filters in the first stack and twice as
 * many in each further one. The one definition that float graph, tfjs model and parameter counts derive from.
 * @see reference.md, The network; Keras applications `resnet.py` (`ResNet`, `stack2`), STM32 model zoo `miniresnetv2.py`
 * @throws AedError `INVALID_OPTION`
 */
export function miniResNetV2Network(input: MiniResNetV2Input = {}): KerasNetwork {
  const { stacks, pooling, classes, inputShape, multiLabel, dropout, conv2Bias } = parseOptions(miniResNetV2OptionsSchema, input, 'miniResNetV2')
  const layers = new Layers()
  const pixels = layers.put({ type: 'InputLayer', name: 'input', inputs: [], shape: inputShape })
  const stem = layers.conv('conv1_conv', layers.pad('conv1_pad', pixels, 3), 64, 7, 2, true)
  let x = layers.pool('pool1_pool', layers.pad('pool1_pad', stem, 1), 3)
  for (let stack = 0; stack < stacks; stack++)
    for (const block of [1, 2]) x = layers.block(`conv${stack + 2}_block${block}`, x, 64 << stack, block === 2, conv2Bias ?? pooling !== 'none')
  x = layers.relu('post_relu', layers.normalize('post_bn', x))
  x =
    pooling === 'none'
      ? layers.put({ type: 'Flatten', name: 'flatten', inputs: [x] })
      : layers.put({ type: pooling === 'avg' ? 'GlobalAveragePooling2D' : 'GlobalMaxPooling2D', name: `${pooling}_pool`, inputs: [x], keepDims: false })
  if (classes !== null) {
    if (dropout > 0) x = layers.put({ type: 'Dropout', name: 'dropout', inputs: [x], rate: dropout })
    x = layers.put({ type: 'Dense', name: 'head', inputs: [x], units: classes, useBias: true, activation: multiLabel ? 'sigmoid' : 'softmax' })
  }
  return { name: `${pooling === 'none' ? '' : 'pooled_'}miniresnetv2_${stacks}_stacks`, layers: layers.list, output: x }
}

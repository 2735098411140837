import { createRandom, GraphBuilder, tensor, type Graph, type Random, type Tensor } from '@aed/core'

const normal = (random: Random, size: number, deviation: number) => Float32Array.from({ length: size }, () => deviation * random.normal())

/** Adds layers with seeded weights to a graph. */
class Layers {
  readonly graph: GraphBuilder
  private readonly random: Random

  constructor(name: string, seed: number) {
    this.graph = new GraphBuilder(name)
    this.random = createRandom(seed)
  }

  conv(name: string, x: string, channels: number, size: number, stride = 1): string {
    const inputs = this.graph.shapeOf(x).at(-1)!
    const depth = size * size * inputs
    const weights = this.graph.constant(`${name}/w`, 'float32', [channels, size, size, inputs], normal(this.random, channels * depth, Math.sqrt(2 / depth)))
    const bias = this.graph.constant(`${name}/b`, 'float32', [channels], normal(this.random, channels, 0.1))
    return this.graph.conv2d(name, x, weights, bias, { strides: [stride, stride] })
  }

  /** Batch norm as a network states it: per-channel `mul`, then `add`. */
  norm(name: string, x: string): string {
    const channels = this.graph.shapeOf(x).at(-1)!
    const gamma = this.graph.constant(`${name}/gamma`, 'float32', [channels], Float32Array.from({ length: channels }, () => this.random.between(0.3, 1.5)))
    const beta = this.graph.constant(`${name}/beta`, 'float32', [channels], normal(this.random, channels, 0.2))
    return this.graph.add(name, this.graph.mul(`${name}/mul`, x, gamma), beta)
  }

  relu = (x: string) => this.graph.relu(`${x}/relu`, x)

  pad = (x: string, amount: number) => this.graph.pad2d(`${x}/pad`, x, [amount, amount], [amount, amount])

  dense(name: string, x: string, outputs: number): string {
    const inputs = this.graph.shapeOf(x).at(-1)!
    const weights = this.graph.constant(`${name}/w`, 'float32', [outputs, inputs], normal(this.random, outputs * inputs, Math.sqrt(1 / inputs)))
    const bias = this.graph.constant(`${name}/b`, 'float32', [outputs], normal(this.random, outputs, 0.1))
    return this.graph.dense(name, x, weights, bias)
  }
}

/** Sizes of {@link residualNetwork}. */
export interface NetworkSize {
  readonly stacks: 1 | 2
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly classes: number
}

/** MiniResNetV2 with its head and seeded weights: pre-activation blocks, batch norm as `mul` and `add`, nothing folded. */
export function residualNetwork({ stacks, height, width, channels, classes }: NetworkSize, seed: number): Graph {
  const layers = new Layers(`net${stacks}`, seed)
  const { graph } = layers
  let x = layers.conv('stem', layers.pad(graph.input('x', [1, height, width, 1]), 3), channels, 7, 2)
  x = graph.maxPool2d('pool', layers.pad(x, 1), [3, 3], { strides: [2, 2] })
  for (let stack = 0; stack < stacks; stack++) {
    const c = channels << stack
    for (const block of [0, 1]) {
      const name = `s${stack}b${block}`
      const shrinks = block === 1
      const active = layers.relu(layers.norm(`${name}/pre`, x))
      const shortcut = shrinks ? graph.maxPool2d(`${name}/shortcut`, x, [1, 1], { strides: [2, 2] }) : layers.conv(`${name}/shortcut`, active, c, 1)
      const inner = layers.relu(layers.norm(`${name}/bn`, layers.conv(`${name}/conv1`, active, c, 1)))
      x = graph.add(`${name}/out`, shortcut, layers.conv(`${name}/conv2`, layers.pad(inner, 1), c, 3, shrinks ? 2 : 1))
    }
  }
  const last = layers.relu(layers.norm('post', x))
  return graph.build([graph.softmax('scores', layers.dense('logits', graph.flatten('embedding', last), classes))])
}

/** A residual network that is quick to run. */
export const smallNetwork = (stacks: 1 | 2 = 1, seed = 1): Graph => residualNetwork({ stacks, height: 24, width: 20, channels: 8, classes: 5 }, seed)

/** Patches shaped like log-mel ones: from −80 to 0 dB, smooth in time. */
export function patches(count: number, height: number, width: number, seed: number): Tensor<'float32'> {
  const random = createRandom(seed)
  const data = new Float32Array(count * height * width)
  for (let i = 0; i < data.length; i++) {
    const previous = i % width === 0 ? random.between(-80, 0) : data[i - 1]!
    data[i] = Math.min(0, Math.max(-80, previous + 6 * random.normal()))
  }
  return tensor('float32', [count, height, width, 1], data)
}

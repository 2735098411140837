import { createRandom, type Activation, type Graph, type Padding } from '@aed/core'
import { Int8Graphs } from './int8-graphs.ts'

/** MiniResNetV2 with 1 or 2 stacks as TFLite's converter leaves it (MUL and ADD before the convolutions), with random weights. */
export function miniResNet(stacks: 1 | 2): Graph {
  const g = new Int8Graphs(`stacks ${stacks}`, [1, 64, 50, 1])
  const affine = (x: string) => g.binary('add', g.binary('mul', x, g.constant([g.shapeOf(x)[3]!])), g.constant([g.shapeOf(x)[3]!]), 'relu')
  const same = (x: string) => g.pad2d(x, [1, 1], [1, 1])
  let x = g.conv2d(g.pad2d(g.input, [3, 3], [3, 3]), 64, { filter: [7, 7], strides: [2, 2] })
  x = g.pool2d('maxPool2d', same(x), { filter: [3, 3], strides: [2, 2] })
  for (let stack = 0, f = 64; stack < stacks; stack++, f *= 2) {
    const a = affine(x)
    const shortcut = g.conv2d(a, f, { filter: [1, 1] })
    const inner = g.conv2d(same(g.conv2d(a, f, { filter: [1, 1], activation: 'relu' })), f)
    x = g.binary('add', shortcut, inner)
    const sampled = g.pool2d('maxPool2d', x, { filter: [1, 1], strides: [2, 2] })
    const strided = g.conv2d(same(g.conv2d(affine(x), f, { filter: [1, 1], activation: 'relu' })), f, { strides: [2, 2] })
    x = g.binary('add', sampled, strided)
  }
  return g.build(g.softmax(g.dense(g.flatten(affine(x)), 10)))
}

/** A graph that needs every kernel under the fastest plan. */
export function everyKernel(): Graph {
  const g = new Int8Graphs('every kernel', [1, 9, 7, 2])
  const stem = g.conv2d(g.input, 5, { padding: 'same', activation: 'relu6' })
  const wide = g.depthwiseConv2d(stem, 2, { strides: [1, 1] })
  const pooled = g.pool2d('maxPool2d', g.pad2d(wide, [1, 1], [1, 0]), { filter: [3, 3], strides: [1, 1] })
  const left = g.conv2d(g.pad2d(pooled, [0, 1], [1, 0], [1, 1]), 6, { filter: [1, 1] })
  const right = g.pool2d('averagePool2d', left, { filter: [2, 2], strides: [1, 1], padding: 'same' })
  const gate = g.plain('logistic', g.mean(right, [1, 2], true))
  const scaled = g.binary('mul', g.plain('relu', g.binary('add', left, right)), gate)
  const packed = g.conv2d(scaled, 4, { filter: [2, 2] })
  const steep = g.scaled(g.conv2d(packed, 8, { padding: 'same' }), 0.0215)
  const normal = g.binary('add', g.binary('mul', steep, g.constant([8])), g.constant([8]))
  const sum = g.binary('add', g.binary('add', normal, g.constant([1, 1, g.shapeOf(normal)[2]!, 8])), normal)
  const flat = g.plain('quantize', g.flatten(g.reshape(sum, [1, 2, g.shapeOf(sum)[1]! * g.shapeOf(sum)[2]!, 4])))
  return g.build(g.softmax(g.dense(flat, 4)))
}

/**
 * A random feed-forward graph: convolutions, pools, pads, branches that are added or multiplied, and one of several heads.
 * @param unit what the channels of its input and convolutions are multiples of: 4 for those that the packed kernels take
 */
export function randomGraph(seed: number, unit = 1): Graph {
  const random = createRandom(`graph ${seed}`)
  const pick = <T>(items: readonly T[]): T => items[random.integer(items.length)]!
  const g = new Int8Graphs(`weights ${seed}`, [1, 5 + random.integer(12), 4 + random.integer(8), unit * (1 + random.integer(unit === 1 ? 3 : 2))])
  const activation = () => pick<Activation>(['none', 'relu', 'relu6'])
  const padding = () => pick<Padding>(['same', 'valid'])
  const small = () => 1 + random.integer(3)
  let x = g.input

  const step = (): string => {
    const [, height, width] = g.shapeOf(x)
    const fits = (filter: readonly [number, number], dilations: readonly [number, number] = [1, 1]) => (filter[0] - 1) * dilations[0] < height! && (filter[1] - 1) * dilations[1] < width!
    const filter: [number, number] = [small(), small()]
    const strides: [number, number] = height! > 4 && width! > 4 ? [1 + random.integer(2), 1 + random.integer(2)] : [1, 1]
    const dilations: [number, number] = pick([[1, 1], [1, 1], [2, 1]] as [number, number][])
    const sliding = { filter: fits(filter, dilations) ? filter : ([1, 1] as [number, number]), strides, padding: padding(), activation: activation() }
    switch (random.integer(10)) {
      case 0:
      case 1:
        return g.conv2d(x, unit * (1 + random.integer(unit === 1 ? 9 : 3)), { ...sliding, dilations }, random.integer(2) === 0)
      case 2:
        return g.depthwiseConv2d(x, 1 + random.integer(2), { ...sliding, dilations })
      case 3:
        return g.pool2d('maxPool2d', x, sliding)
      case 4:
        return g.pool2d('averagePool2d', x, sliding)
      case 5:
        return g.pad2d(x, [random.integer(3), random.integer(3)], [random.integer(3), random.integer(3)], pick([[0, 0], [0, 0], [1, 2]] as [number, number][]))
      case 6:
        return g.plain(pick(['relu', 'logistic', 'quantize']), x)
      case 7:
        return g.binary(pick(['add', 'mul']), x, g.constant(pick([[g.shapeOf(x)[3]!], [], [1, height!, 1, 1], [1, 1, width!, g.shapeOf(x)[3]!]])), activation())
      default: {
        const branch = random.integer(2) === 0 ? x : g.conv2d(x, g.shapeOf(x)[3]!, { filter: [1, 1] })
        const other = g.conv2d(x, g.shapeOf(x)[3]!, { filter: [3, 3], padding: 'same', activation: activation() })
        return g.binary(pick(['add', 'add', 'mul']), ...pick([[branch, other], [other, branch]] as [string, string][]), activation())
      }
    }
  }
  for (let depth = 3 + random.integer(6); depth > 0; depth--) x = step()
  if (g.shapeOf(x)[3]! * g.shapeOf(x)[1]! * g.shapeOf(x)[2]! > 4000) x = g.mean(x, [1], true)
  switch (random.integer(4)) {
    case 0:
      return g.build(g.softmax(g.dense(g.flatten(x), 1 + random.integer(5), random.integer(2) === 0)))
    case 1:
      return g.build(g.softmax(g.mean(x, [1, 2], random.integer(2) === 0)))
    case 2:
      return g.build(g.plain('relu', g.flatten(x)))
    default:
      return g.build(x === g.input ? g.plain('relu', x) : x)
  }
}

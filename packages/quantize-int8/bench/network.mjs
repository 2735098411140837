// MiniResNetV2 of one or two stacks at its real size, 64 × 50 patches, with seeded weights: what a kernel costs does not hang on values.
import { createRandom, GraphBuilder, tensor } from '@aed/core'

const random = createRandom('bench')
const normal = (size, deviation) => Float32Array.from({ length: size }, () => deviation * random.normal())

export function residualNetwork(stacks) {
  const g = new GraphBuilder(`${stacks} stack${stacks > 1 ? 's' : ''}`)
  const conv = (name, x, channels, size, stride = 1) => {
    const inputs = g.shapeOf(x).at(-1)
    const depth = size * size * inputs
    const weights = g.constant(`${name}/w`, 'float32', [channels, size, size, inputs], normal(channels * depth, Math.sqrt(2 / depth)))
    return g.conv2d(name, x, weights, g.constant(`${name}/b`, 'float32', [channels], normal(channels, 0.1)), { strides: [stride, stride] })
  }
  const normRelu = (name, x) => {
    const channels = g.shapeOf(x).at(-1)
    const gamma = g.constant(`${name}/gamma`, 'float32', [channels], Float32Array.from({ length: channels }, () => random.between(0.3, 1.5)))
    return g.relu(`${name}/relu`, g.add(name, g.mul(`${name}/mul`, x, gamma), g.constant(`${name}/beta`, 'float32', [channels], normal(channels, 0.2))))
  }
  const pad = (x, amount) => g.pad2d(`${x}/pad`, x, [amount, amount], [amount, amount])
  let x = conv('stem', pad(g.input('x', [1, 64, 50, 1]), 3), 64, 7, 2)
  x = g.maxPool2d('pool', pad(x, 1), [3, 3], { strides: [2, 2] })
  for (let stack = 0; stack < stacks; stack++)
    for (const block of [0, 1]) {
      const [name, channels] = [`stack${stack}block${block}`, 64 << stack]
      const active = normRelu(`${name}/pre`, x)
      const shortcut = block === 1 ? g.maxPool2d(`${name}/shortcut`, x, [1, 1], { strides: [2, 2] }) : conv(`${name}/shortcut`, active, channels, 1)
      const inner = normRelu(`${name}/bn`, conv(`${name}/conv1`, active, channels, 1))
      x = g.add(`${name}/out`, shortcut, conv(`${name}/conv2`, pad(inner, 1), channels, 3, block === 1 ? 2 : 1))
    }
  const features = g.flatten('embedding', normRelu('post', x))
  const size = g.shapeOf(features)[1]
  const logits = g.dense('logits', features, g.constant('head/w', 'float32', [10, size], normal(10 * size, Math.sqrt(1 / size))), g.constant('head/b', 'float32', [10], normal(10, 0.1)))
  return g.build([g.softmax('scores', logits)])
}

/** Like log-mel patches: from −80 to 0 dB, smooth in time. */
export function patches(count) {
  const data = new Float32Array(count * 3200)
  for (let i = 0; i < data.length; i++) data[i] = Math.min(0, Math.max(-80, (i % 50 === 0 ? random.between(-80, 0) : data[i - 1]) + 6 * random.normal()))
  return tensor('float32', [count, 64, 50, 1], data)
}

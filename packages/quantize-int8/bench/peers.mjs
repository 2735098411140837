// The peers that run in Node and in a page alike: each gives a function that takes one patch and resolves to its scores.
import { int8Onnx } from './onnx.mjs'

/** onnxruntime-web on the int8 graph, one thread. */
export async function createOnnx(ort, graph, wasmPaths) {
  ort.env.wasm.numThreads = 1
  ort.env.logLevel = 'error'
  if (wasmPaths) ort.env.wasm.wasmPaths = wasmPaths
  const session = await ort.InferenceSession.create(int8Onnx(graph), { executionProviders: ['wasm'] })
  const [input, output] = [graph.inputs[0], graph.outputs[0]]
  const unsigned = new Uint8Array(3200)
  return async (values) => {
    for (let i = 0; i < unsigned.length; i++) unsigned[i] = values[i] + 128
    const result = await session.run({ [input]: new ort.Tensor('uint8', unsigned, [1, 1, 64, 50]) })
    return result[output].data
  }
}

/**
 * tfjs on its wasm backend, one thread, operation by operation: an optimized float32 graph, with all fused that tfjs can fuse, or one as it was trained, whose
 * batch norms are one operation each, as those of a layers model are.
 */
export async function createTfjs(tf, setWasmPaths, setThreadsCount, wasmPath, graph) {
  tf.enableProdMode()
  setWasmPaths(wasmPath)
  setThreadsCount(1)
  await tf.setBackend('wasm')
  await tf.ready()
  const constants = new Map()
  for (const node of graph.nodes)
    for (const name of node.inputs) {
      const { data, shape } = graph.tensors[name]
      if (!data) continue
      const tensor = tf.tensor(data, shape)
      // [cout, kh, kw, cin] → [kh, kw, cin, cout]; depthwise [1, kh, kw, c] → [kh, kw, c, 1]; dense [cout, cin] → [cin, cout].
      constants.set(name, shape.length === 4 ? (node.op === 'conv2d' ? tf.transpose(tensor, [1, 2, 3, 0]) : tf.transpose(tensor, [1, 2, 3, 0])) : shape.length === 2 ? tf.transpose(tensor) : tensor)
    }
  const zeros = (like) => tf.zeros(like.shape)
  const ones = (like) => tf.ones(like.shape)
  const activation = ({ activation: name }) => (name === 'none' ? 'linear' : name)
  const run = (values) =>
    tf.tidy(() => {
      const made = new Map([[graph.inputs[0], tf.tensor(values, [1, 64, 50, 1])]])
      const get = (name) => made.get(name) ?? constants.get(name)
      const scaled = new Map()
      for (const node of graph.nodes) {
        if (node.op === 'mul') {
          scaled.set(node.outputs[0], node.inputs.map(get))
          continue
        }
        const before = scaled.get(node.inputs[0])
        if (before) {
          const [x, gamma] = before
          made.set(node.outputs[0], tf.batchNorm(x, zeros(gamma), ones(gamma), get(node.inputs[1]), gamma, 0))
          continue
        }
        const [x, w, b] = node.inputs.map(get)
        made.set(node.outputs[0], operation(node, x, w, b))
      }
      return made.get(graph.outputs[0])
    })
  function operation(node, x, w, b) {
    switch (node.op) {
      case 'conv2d':
        return tf.fused.conv2d({ x, filter: w, bias: b, strides: node.strides, pad: node.padding, activation: activation(node) })
      case 'depthwiseConv2d':
        return tf.fused.depthwiseConv2d({ x, filter: w, bias: b, strides: node.strides, pad: node.padding, activation: activation(node) })
      case 'maxPool2d':
        return tf.maxPool(x, node.filter, node.strides, node.padding)
      case 'pad':
        return tf.pad(x, node.paddings)
      case 'relu':
        return tf.relu(x)
      case 'add':
        return tf.add(x, w)
      case 'reshape':
        return tf.reshape(x, graph.tensors[node.outputs[0]].shape)
      case 'dense':
        return tf.fused.matMul({ a: x, b: w, bias: b })
      case 'softmax':
        return tf.softmax(x)
      default:
        throw new Error(`${node.op} has no tfjs form here`)
    }
  }
  return async (values) => {
    const output = run(values)
    const scores = output.dataSync()
    output.dispose()
    return scores
  }
}

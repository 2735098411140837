// An int8 graph as an ONNX model for onnxruntime: its own quantized operators (QLinearConv, QLinearAdd, QGemm), NCHW, the same weights and scales;
// activations are uint8, 128 more than ours, which it is faster with.
// ONNX is protobuf; what is written here is all of it that such a model needs.
const varint = (value) => {
  const bytes = []
  for (let left = BigInt.asUintN(64, BigInt(value)); ; left >>= 7n) {
    if (left < 128n) return Uint8Array.from([...bytes, Number(left)])
    bytes.push(Number(left & 127n) | 128)
  }
}
const join = (parts) => {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
const number = (field, value) => join([varint(field << 3), varint(value)])
const bytes = (field, value) => join([varint((field << 3) | 2), varint(value.length), value])
const text = (field, value) => bytes(field, new TextEncoder().encode(value))

const TYPES = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7 }

function tensorProto(name, dtype, shape, data) {
  return join([...shape.map((length) => number(1, length)), number(2, TYPES[dtype]), text(8, name), bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))])
}
function attribute(name, value) {
  if (typeof value === 'number') return join([text(1, name), number(3, value), number(20, 2)])
  return join([text(1, name), ...value.map((one) => number(8, one)), number(20, 7)])
}
function valueInfo(name, dtype, shape) {
  const dims = shape.map((length) => bytes(1, number(1, length)))
  return join([text(1, name), bytes(2, bytes(1, join([number(1, TYPES[dtype]), bytes(2, join(dims))])))])
}

/** `[n, h, w, c]` → `[n, c, h, w]`. */
function toNchw(data, [n, h, w, c]) {
  const moved = new data.constructor(data.length)
  for (let i = 0, at = 0; i < n; i++) for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) for (let k = 0; k < c; k++) moved[((i * c + k) * h + y) * w + x] = data[at++]
  return moved
}
const nchwShape = ([n, h, w, c]) => [n, c, h, w]

/** @param graph int8 at both borders, of the operators that MiniResNetV2 has @returns the bytes of an ONNX model that gives float scores */
export function int8Onnx(graph) {
  const [initializers, nodes] = [[], []]
  const constant = (name, dtype, shape, data) => {
    initializers.push(bytes(5, tensorProto(name, dtype, shape, data)))
    return name
  }
  const node = (op, inputs, outputs, attributes = {}, domain) =>
    nodes.push(bytes(1, join([...inputs.map((name) => text(1, name)), ...outputs.map((name) => text(2, name)), text(4, op), ...Object.entries(attributes).map(([key, value]) => bytes(5, attribute(key, value))), ...(domain ? [text(7, domain)] : [])])))
  const scaleOf = (name) => {
    const { scales, zeroPoints } = graph.tensors[name].quantization
    const weights = graph.tensors[name].data !== undefined
    const zero = weights ? constant(`${name}/zero`, 'int8', [], Int8Array.from(zeroPoints)) : constant(`${name}/zero`, 'uint8', [], Uint8Array.from(zeroPoints, (value) => value + 128))
    return [constant(`${name}/scale`, 'float32', [], Float32Array.from(scales)), zero]
  }
  const scales = new Map()
  const quantization = (name) => {
    if (!scales.has(name)) scales.set(name, scaleOf(name))
    return scales.get(name)
  }
  // A fused relu is what int8 cuts off at zero point −128, which post-training quantization gives such outputs.
  for (const current of graph.nodes) {
    const [x, w, b] = current.inputs
    const [y] = current.outputs
    const [from, to] = [graph.tensors[x], graph.tensors[y]]
    switch (current.op) {
      case 'conv2d':
      case 'depthwiseConv2d': {
        const { shape, data } = graph.tensors[w]
        const depthwise = current.op === 'depthwiseConv2d'
        // Depthwise weights [1, kh, kw, c] are [c, 1, kh, kw] there.
        const weights = constant(w, 'int8', depthwise ? [shape[3], 1, shape[1], shape[2]] : nchwShape(shape), toNchw(data, shape))
        const total = [0, 1].map((axis) => (current.padding === 'same' ? Math.max(0, (to.shape[axis + 1] - 1) * current.strides[axis] + shape[axis + 1] - from.shape[axis + 1]) : 0))
        const pads = [...total.map((amount) => amount >> 1), ...total.map((amount) => amount - (amount >> 1))]
        const bias = constant(b, 'int32', [to.shape[3]], graph.tensors[b].data)
        const { scales: own } = graph.tensors[w].quantization
        const perChannel = own.length > 1
        const wScale = [constant(`${w}/scale`, 'float32', perChannel ? [own.length] : [], Float32Array.from(own)), constant(`${w}/zero`, 'int8', perChannel ? [own.length] : [], new Int8Array(own.length))]
        node('QLinearConv', [x, ...quantization(x), weights, ...wScale, ...quantization(y), bias], [y], { strides: current.strides, pads, group: depthwise ? shape[3] : 1 })
        break
      }
      case 'maxPool2d':
        node('MaxPool', [x], [y], { kernel_shape: current.filter, strides: current.strides })
        break
      case 'pad': {
        const [, h, width] = current.paddings
        node('Pad', [x, constant(`${y}/pads`, 'int64', [8], BigInt64Array.from([0, 0, h[0], width[0], 0, 0, h[1], width[1]].map(BigInt))), constant(`${y}/value`, 'uint8', [], Uint8Array.from(from.quantization.zeroPoints, (value) => value + 128))], [y])
        break
      }
      case 'add':
        node('QLinearAdd', [x, ...quantization(x), w, ...quantization(w), ...quantization(y)], [y], {}, 'com.microsoft')
        break
      case 'reshape': {
        // The dense layer takes height, width, channel.
        node('Transpose', [x], [`${y}/nhwc`], { perm: [0, 2, 3, 1] })
        node('Reshape', [`${y}/nhwc`, constant(`${y}/shape`, 'int64', [2], BigInt64Array.from(to.shape.map(BigInt)))], [y])
        scales.set(y, quantization(x))
        break
      }
      case 'dense': {
        const weights = constant(w, 'int8', graph.tensors[w].shape, graph.tensors[w].data)
        node('QGemm', [x, ...quantization(x), weights, ...quantization(w), constant(b, 'int32', graph.tensors[b].shape, graph.tensors[b].data), ...quantization(y)], [y], { transB: 1 }, 'com.microsoft')
        break
      }
      case 'softmax':
        node('DequantizeLinear', [x, ...quantization(x)], [`${y}/logits`])
        node('Softmax', [`${y}/logits`], [y])
        break
      default:
        throw new Error(`${current.op} has no ONNX form here`)
    }
  }
  const [input, output] = [graph.inputs[0], graph.outputs[0]]
  const body = join([...nodes, text(2, graph.name), ...initializers, bytes(11, valueInfo(input, 'uint8', nchwShape(graph.tensors[input].shape))), bytes(12, valueInfo(output, 'float32', graph.tensors[output].shape))])
  const opset = (domain, version) => bytes(8, join([text(1, domain), number(2, version)]))
  return join([number(1, 8), text(2, '@aed bench'), bytes(7, body), opset('', 15), opset('com.microsoft', 1)])
}

/**
 * For each element of a broadcast result the index of the element of an operand that it takes, as numpy broadcasts.
 * @param shape of the operand @param result shape of the result
 */
export function broadcastIndices(shape: readonly number[], result: readonly number[]): Int32Array {
  const strides = new Array<number>(result.length).fill(0)
  let stride = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1) strides[axis + result.length - shape.length] = stride
    stride *= shape[axis]!
  }
  return indicesOf(result, strides)
}

/** For each element of a tensor the index of the sum that it goes into when `axes` are reduced. */
export function reductionIndices(shape: readonly number[], axes: readonly number[]): Int32Array {
  const strides = new Array<number>(shape.length).fill(0)
  let stride = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (axes.includes(axis)) continue
    strides[axis] = stride
    stride *= shape[axis]!
  }
  return indicesOf(shape, strides)
}

/** For each element of an unpadded tensor its index in the padded one. */
export function paddedIndices(shape: readonly number[], paddings: readonly (readonly [number, number])[]): Int32Array {
  const strides = new Array<number>(shape.length).fill(0)
  let stride = 1
  let origin = 0
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride
    origin += stride * paddings[axis]![0]
    stride *= shape[axis]! + paddings[axis]![0] + paddings[axis]![1]
  }
  return indicesOf(shape, strides).map((index) => index + origin)
}

/** Row-major walk over `shape`: the scalar product of each position with `strides`. */
function indicesOf(shape: readonly number[], strides: readonly number[]): Int32Array {
  let indices = Int32Array.of(0)
  shape.forEach((length, axis) => {
    const wider = new Int32Array(indices.length * length)
    indices.forEach((index, i) => {
      for (let k = 0; k < length; k++) wider[i * length + k] = index + k * strides[axis]!
    })
    indices = wider
  })
  return indices
}

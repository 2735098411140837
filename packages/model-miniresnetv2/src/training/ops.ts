import * as tf from '@tensorflow/tfjs'

/** `[rows, columns]` or `[height, width]`. */
type Pair = readonly [number, number]

/** What a batch normalization in training gives. */
export interface NormalizedBatch {
  readonly y: tf.Tensor4D
  /** Of each channel over the batch, `[c]`; nothing flows back through them. */
  readonly mean: tf.Tensor1D
  /** Biased variance. */
  readonly variance: tf.Tensor1D
}

/** The operations that training is made of, NHWC float32, each differentiable: the one place where kernels of our own come in. */
export function convolve(x: tf.Tensor4D, kernel: tf.Tensor4D, bias: tf.Tensor1D | undefined, strides: Pair, padding: 'same' | 'valid', dilations: Pair): tf.Tensor4D {
  // Not the fused convolution: its gradient computes that of the input even where nothing asks for it.
  const y = tf.conv2d(x, kernel, [...strides], padding, 'NHWC', [...dilations])
  return bias ? tf.add(y, bias) : y
}

export function padZeros(x: tf.Tensor4D, [top, bottom]: Pair, [left, right]: Pair): tf.Tensor4D {
  return tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]]) // prettier-ignore
}

export function maxPool(x: tf.Tensor4D, size: Pair, strides: Pair, padding: 'same' | 'valid'): tf.Tensor4D {
  return tf.maxPool(x, [...size], [...strides], padding)
}

export function averagePool(x: tf.Tensor4D, size: Pair, strides: Pair, padding: 'same' | 'valid'): tf.Tensor4D {
  return tf.avgPool(x, [...size], [...strides], padding)
}

/** Batch normalization by the statistics of the batch itself. */
export function normalizeBatch(x: tf.Tensor4D, gamma: tf.Tensor1D | undefined, beta: tf.Tensor1D | undefined, epsilon: number): NormalizedBatch {
  const { mean, variance } = tf.moments(x, [0, 1, 2]) as { mean: tf.Tensor1D; variance: tf.Tensor1D }
  return { y: normalizeFixed(x, gamma, beta, mean, variance, epsilon), mean, variance }
}

/** Batch normalization by statistics that are given. */
export function normalizeFixed(x: tf.Tensor4D, gamma: tf.Tensor1D | undefined, beta: tf.Tensor1D | undefined, mean: tf.Tensor1D, variance: tf.Tensor1D, epsilon: number): tf.Tensor4D {
  const inverse = tf.rsqrt(tf.add(variance, epsilon))
  const scale = gamma ? tf.mul(gamma, inverse) : inverse
  const shift = beta ? tf.sub(beta, tf.mul(mean, scale)) : tf.neg(tf.mul(mean, scale))
  return tf.add(tf.mul(x, scale), shift)
}

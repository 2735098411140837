import '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs'
import { FUSED_BATCH_NORM_GRADIENT, fusedBatchNormGrad, registerBatchNormGradient } from './batch-norm-gradient.ts'
import { channelSums } from './channel-sums.ts'
import { convolution } from './conv2d.ts'
import { conv2DBackpropFilter, conv2DBackpropInput } from './conv2d-gradients.ts'
import { maxPoolGrad } from './max-pool-gradient.ts'

/** Our kernels by tfjs's names; those that leave some calls to tfjs's own are made of it. */
const KERNELS: Readonly<Record<string, (present: tf.KernelFunc) => tf.KernelFunc>> = {
  Conv2D: convolution('Conv2D'),
  FusedConv2D: convolution('FusedConv2D'),
  Conv2DBackpropFilter: () => conv2DBackpropFilter,
  Conv2DBackpropInput: () => conv2DBackpropInput,
  MaxPoolGrad: () => maxPoolGrad,
  [FUSED_BATCH_NORM_GRADIENT]: () => fusedBatchNormGrad,
  Sum: channelSums(false),
  Mean: channelSums(true),
}

const registered = new WeakSet<tf.KernelFunc>()

/**
 * Makes training by tfjs's wasm backend right and fast: registers kernels of our own (WebAssembly SIMD, float32, one thread, the same bytes for the
 * same input) where that backend has none, a wrong one or a slow one: convolutions with bias and ReLU and their gradients, the gradients of max pooling and batch
 * normalization, sums and means by channel. Everything made of tfjs ops and layers then trains on wasm; other
 * backends keep their kernels. May be called before or after the backend starts, and as often as one likes.
 */
export function registerTrainingKernels(): void {
  for (const [kernelName, make] of Object.entries(KERNELS)) {
    const present = tf.getKernel(kernelName, 'wasm') as tf.KernelConfig | undefined
    if (present && registered.has(present.kernelFunc)) continue
    if (present) tf.unregisterKernel(kernelName, 'wasm')
    const kernelFunc = make(present?.kernelFunc as tf.KernelFunc)
    registered.add(kernelFunc)
    tf.registerKernel({ ...present, kernelName, backendName: 'wasm', kernelFunc })
  }
  registerBatchNormGradient()
}

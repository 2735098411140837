import '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs'
import { conv2DBackpropFilter, conv2DBackpropInput } from './conv2d-gradients.ts'
import { maxPoolGrad } from './max-pool-gradient.ts'

/** Our kernels by tfjs's names. */
const KERNELS: Readonly<Record<string, tf.KernelFunc>> = {
  Conv2DBackpropFilter: conv2DBackpropFilter,
  Conv2DBackpropInput: conv2DBackpropInput,
  MaxPoolGrad: maxPoolGrad,
}

/**
 * Makes training by tfjs's wasm backend right and fast: registers kernels of our own (WebAssembly SIMD, float32, one thread, the same bytes for the
 * same input) where that backend has none, a wrong one or a slow one. Everything made of tfjs ops and layers then trains on wasm; other
 * backends keep their kernels. May be called before or after the backend starts, and as often as one likes.
 */
export function registerTrainingKernels(): void {
  for (const [kernelName, kernelFunc] of Object.entries(KERNELS)) {
    const present = tf.getKernel(kernelName, 'wasm') as tf.KernelConfig | undefined
    if (present?.kernelFunc === kernelFunc) continue
    if (present) tf.unregisterKernel(kernelName, 'wasm')
    tf.registerKernel({ ...present, kernelName, backendName: 'wasm', kernelFunc })
  }
}

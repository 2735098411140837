import * as tf from '@tensorflow/tfjs'
import { decodeNpy, type Tensor } from '@aed/core'
import { readKerasH5 } from '../../src/index.ts'
import { predict } from '../../src/train.ts'

const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))

/** Embeddings of patches by a Keras backbone, computed by WebGL, with what computed them. */
async function embedByWebgl(h5: string, patches: string) {
  const model = readKerasH5(bytesOf(h5), 'backbone.h5')
  const { shape, data } = await predict(model, decodeNpy(bytesOf(patches)) as Tensor<'float32'>, { backend: 'webgl', batchSize: 8 })
  const gl = document.createElement('canvas').getContext('webgl2')!
  const info = gl.getExtension('WEBGL_debug_renderer_info')
  return { shape, data: [...data], backend: tf.getBackend(), renderer: info ? String(gl.getParameter(info.UNMASKED_RENDERER_WEBGL)) : '', tensors: tf.memory().numTensors }
}

Object.assign(globalThis, { embedByWebgl })

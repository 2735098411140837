import { readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, it } from '@jest/globals'
import { decodeNpy, tensorOf, type Tensor } from '@aed/core'
import { int8Core, readTflite } from '@aed/quantize-int8'
import { createReferenceEngine } from '@aed/quantize-int8/engine'
import { generateC } from '@aed/stm32-deploy'
import { buildForHost, runOnHost } from '@aed/stm32-deploy/node'
import { describeWithDir, has } from './needs.ts'

// TensorFlow's own int8 files of this network, with the outputs of TensorFlow Lite's reference kernels.
describeWithDir('AED_GOLDENS', 'int8 files of TensorFlow', (goldens) => {
  const file = (name: string) => path.join(goldens, 'int8', name)
  const npy = (name: string): Tensor => decodeNpy(new Uint8Array(gunzipSync(readFileSync(file(name)))), name)
  const cases = [1, 2].flatMap((stacks) => ['int8', 'int8out'].map((variant) => `s${stacks}_${variant}`))

  it.each(cases)('%s: the engine gives the reference output on all 16 inputs, and so does the compiled C', async (name) => {
    const { graph } = readTflite(new Uint8Array(readFileSync(file(`${name}.tflite`))), name)
    const input = npy(`${name}_in.npy.gz`)
    const reference = npy(`${name}_out_ref.npy.gz`)
    expect(input.shape[0]).toBe(16)
    expect(createReferenceEngine(graph).run(input).data).toEqual(reference.data)

    if (!has('cc')) return
    const core = int8Core(graph)
    const expected = createReferenceEngine(core).run(input).data as Int8Array
    const built = await buildForHost(generateC({ graph, card: null }, { name: 'net' }).files)
    try {
      expect(await runOnHost(built, input.data as Int8Array, 16)).toEqual(expected)
    } finally {
      await built.remove()
    }
    // Where the file dequantizes its output, the bytes inside must stand for the reference's floats.
    const { scales, zeroPoints } = tensorOf(core, core.outputs[0]).quantization!
    if (reference.dtype === 'float32') expect(Float32Array.from(expected, (q) => scales[0]! * (q - zeroPoints[0]!))).toEqual(reference.data)
    else expect(expected).toEqual(reference.data)
  }, 60_000)
})

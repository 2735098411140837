// Every test patch through the generated C under the address and undefined-behaviour sanitizers of gcc and clang, of networks quantized by @aed/quantize-int8 and by
// TensorFlow's converter, both plans: every row of every layer equal to the engine's, or a non-zero exit. Needs AED_GOLDENS.
// `node packages/stm32-deploy/bench/sanitize.mjs [PATCHES.npy]`: the patches of the goldens by default, else what `aed features CLIP... --out PATCHES.npy` writes.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { decodeNpy, tensor } from '@aed/core'
import { createReferenceEngine, int8Core, quantize, quantizeValues, readTflite } from '@aed/quantize-int8'
import { generateC } from '@aed/stm32-deploy'
import { traceOnHost } from '@aed/stm32-deploy/node'

const SIZE = 3200
const goldens = path.join(process.env.AED_GOLDENS, 'int8')
const { data } = decodeNpy(new Uint8Array(gunzipSync(readFileSync(path.join(goldens, 'inputs_f32.npy.gz')))), 'inputs_f32.npy')
const given = process.argv[2] === undefined ? data : decodeNpy(new Uint8Array(readFileSync(process.argv[2])), process.argv[2]).data
const count = given.length / SIZE
const graphOf = (file) => readTflite(new Uint8Array(readFileSync(path.join(goldens, file))), file).graph
const calibration = tensor('float32', [data.length / SIZE, 64, 50, 1], data)

for (const stacks of [1, 2]) {
  const networks = { 'our quantizer': quantize({ graph: graphOf(`s${stacks}_float.tflite`), calibration }, {}).graph, "TensorFlow's converter": int8Core(graphOf(`s${stacks}_int8.tflite`)) }
  for (const [made, graph] of Object.entries(networks)) {
    const patches = quantizeValues(given, graph.tensors[graph.inputs[0]].quantization)
    const engine = createReferenceEngine(graph)
    for (const [plan, options] of Object.entries({ 'low-ram': {}, 'fast, all the flash it can use': { plan: 'fast', flash: 1e9 } }))
      for (const compiler of ['gcc', 'clang']) {
        const different = new Set()
        let values = 0
        const compare = (rows, index) =>
          engine.trace(tensor('int8', [1, 64, 50, 1], patches.slice(index * SIZE, (index + 1) * SIZE)), (name, expected) => {
            const found = rows.get(name) ?? []
            values += found.length
            if (!found.every((value, i) => value === expected[i])) different.add(name)
          })
        await traceOnHost(generateC({ graph, card: null }, options), patches, count, compare, { compiler, sanitize: true })
        console.log(`${stacks} stack${stacks > 1 ? 's' : ''}, ${made}, ${plan}, ${compiler}: ${values.toLocaleString('en')} bytes of all layers of ${count} patches ${different.size === 0 ? 'equal to the engine' : `DIFFER in ${[...different].join(', ')}`}`)
        if (different.size > 0 || values === 0) process.exitCode = 1
      }
  }
}

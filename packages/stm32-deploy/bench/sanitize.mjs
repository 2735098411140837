// Every test patch through the generated C under the address and undefined-behaviour sanitizers of gcc and clang, both plans: equal to the engine, or a
// non-zero exit. Needs AED_GOLDENS. `node packages/stm32-deploy/bench/sanitize.mjs [PATCHES]`, all by default.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { decodeNpy, tensor } from '@aed/core'
import { createReferenceEngine, int8Core, quantizeValues, readTflite } from '@aed/quantize-int8'
import { generateC } from '@aed/stm32-deploy'
import { buildForHost, runOnHost } from '@aed/stm32-deploy/node'

const goldens = path.join(process.env.AED_GOLDENS, 'int8')
const { data } = decodeNpy(new Uint8Array(gunzipSync(readFileSync(path.join(goldens, 'inputs_f32.npy.gz')))), 'inputs_f32.npy')
const count = Number(process.argv[2] ?? data.length / 3200)

for (const stacks of [1, 2]) {
  const file = path.join(goldens, `s${stacks}_int8.tflite`)
  const graph = int8Core(readTflite(new Uint8Array(readFileSync(file)), file).graph)
  const patches = quantizeValues(data.subarray(0, count * 3200), graph.tensors[graph.inputs[0]].quantization)
  const expected = createReferenceEngine(graph).run(tensor('int8', [count, 64, 50, 1], patches)).data
  for (const [plan, options] of Object.entries({ 'low-ram': {}, 'fast, all the flash it can use': { plan: 'fast', flash: 1e9 } }))
    for (const compiler of ['gcc', 'clang']) {
      const build = await buildForHost(generateC({ graph, card: null }, options).files, { compiler, sanitize: true })
      const outputs = await runOnHost(build, patches, count)
      await build.remove()
      const equal = outputs.every((value, i) => value === expected[i])
      console.log(`${stacks} stacks, ${plan}, ${compiler}: ${count} patches ${equal ? 'equal to the engine' : 'DIFFER'}`)
      if (!equal) process.exitCode = 1
    }
}

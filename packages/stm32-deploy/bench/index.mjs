// The C of MiniResNetV2 with 1 and 2 stacks, quantized by @aed/quantize-int8: bytes from the linker map, stack from GCC's call graph, instructions
// counted on qemu's mps2-an505 (Cortex-M33, -icount shift=0, to within 50), outputs compared with the engine. Beside X-CUBE-AI's published figures, whose
// cycles are not instructions. With AED_GOLDENS the networks are the golden float models there, else the same network with seeded weights.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { createRandom, decodeNpy, tensor } from '@aed/core'
import { createReferenceEngine, quantize, quantizeValues, readTflite } from '@aed/quantize-int8'
import { generateC } from '@aed/stm32-deploy'
import { measureFootprint, runOnEmulator } from '@aed/stm32-deploy/node'
import { residualNetwork } from '../../quantize-int8/bench/network.mjs'

const PUBLISHED = { 1: { ram: 66.98, code: 61.57, constants: 123.98, cycles: 30.1 }, 2: { ram: 71.17, code: 69.86, constants: 431.98, cycles: 49.4 } }
const BARS = { 1: { ram: 16, code: 14, constants: 130, instructions: 18.5 }, 2: { ram: 26, code: 14, constants: 445, instructions: 32 } }
const RUNS = 2
const SIZE = 64 * 50

const goldens = process.env.AED_GOLDENS && path.join(process.env.AED_GOLDENS, 'int8')
const random = createRandom('bench')
const calibration = goldens
  ? decodeNpy(new Uint8Array(gunzipSync(readFileSync(path.join(goldens, 'inputs_f32.npy.gz')))), 'inputs_f32.npy')
  : tensor('float32', [16, 64, 50, 1], Float32Array.from({ length: 16 * SIZE }, () => -40 + 15 * random.normal()))
const input = tensor('float32', [calibration.data.length / SIZE, 64, 50, 1], calibration.data)

for (const stacks of [1, 2]) {
  const file = goldens && path.join(goldens, `s${stacks}_float.tflite`)
  const float = file && existsSync(file) ? readTflite(new Uint8Array(readFileSync(file)), file).graph : residualNetwork(stacks)
  const { graph } = quantize({ graph: float, calibration: input }, {})
  const { files, report } = generateC({ graph, card: null })
  const patches = quantizeValues(input.data.subarray(0, RUNS * SIZE), graph.tensors[graph.inputs[0]].quantization)
  const expected = createReferenceEngine(graph).run(tensor('int8', [RUNS, 64, 50, 1], patches)).data
  const { outputs, instructions } = await runOnEmulator(files, patches, RUNS)
  const equal = outputs.every((value, i) => value === expected[i])
  const { stack, code, constants } = await measureFootprint(files)
  const rows = {
    'RAM: arena, patch, stack, KiB': [(report.memory.arena + SIZE + stack) / 1024, BARS[stacks].ram, PUBLISHED[stacks].ram],
    'code, KiB': [code / 1024, BARS[stacks].code, PUBLISHED[stacks].code],
    'weights and tables, KiB': [constants / 1024, BARS[stacks].constants, PUBLISHED[stacks].constants],
    'M instructions a patch (published: M cycles)': [Math.max(...instructions) / 1e6, BARS[stacks].instructions, PUBLISHED[stacks].cycles],
  }
  console.log(`${stacks} stack${stacks > 1 ? 's' : ''}${goldens ? ', golden float model' : ', seeded weights'}: outputs ${equal ? 'equal to the engine' : 'DIFFER from the engine'}`)
  for (const [what, [ours, bar, published]] of Object.entries(rows)) console.log(`  ${what.padEnd(46)} ${ours.toFixed(2).padStart(8)}   bar ${String(bar).padStart(5)}   published ${published}`)
  if (!equal) process.exitCode = 1
}

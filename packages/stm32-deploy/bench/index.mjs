// The C of MiniResNetV2 with 1 and 2 stacks: the low-RAM plan, the fast plan, and the fast plan with a budget of flash that buys Winograd filters; quantized
// by @aed/quantize-int8 and, where AED_GOLDENS has it, by TFLite's converter (MUL and ADD before the convolutions). Bytes from the compiled objects, stack
// from GCC's call graph, instructions counted exactly on qemu's mps2-an505 (Cortex-M33), outputs compared with the engine. Beside X-CUBE-AI's published
// figures, whose cycles are not instructions. Without AED_GOLDENS the network has seeded weights. AED_LAYERS=1 prints the instructions of every layer.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { createRandom, decodeNpy, tensor } from '@aed/core'
import { createReferenceEngine, int8Core, quantize, quantizeValues, readTflite } from '@aed/quantize-int8'
import { addInstructions, generateC } from '@aed/stm32-deploy'
import { measureFootprint, runOnEmulator } from '@aed/stm32-deploy/node'
import { residualNetwork } from '../../quantize-int8/bench/network.mjs'

const PUBLISHED = { 1: { ram: 66.98, code: 61.57, constants: 123.98, cycles: 30.1 }, 2: { ram: 71.17, code: 69.86, constants: 431.98, cycles: 49.4 } }
/** Bars of the low-RAM plan, the fast one, and the fast one with flash for the filters of the 64-channel layer; instructions in millions, the rest KiB. */
const BARS = {
  1: { 'low-ram': { ram: 16, code: 14, constants: 130, instructions: 18.5 }, fast: { ram: 24, code: 24, constants: 130, instructions: 15.8 }, bought: { ram: 24, code: 24, constants: 194, instructions: 14.8 } },
  2: { 'low-ram': { ram: 26, code: 14, constants: 445, instructions: 32 }, fast: { ram: 42, code: 24, constants: 445, instructions: 28.5 }, bought: { ram: 42, code: 24, constants: 750, instructions: 28.5 } },
}
/** Bytes that the filters of the 3 x 3 convolutions with stride 1 grow by. */
const FILTERS = { 1: 61_440, 2: 61_440 + 245_760 }
/** What models of TFLite's converter may take more. */
const CONVERTER = { instructions: 3, constants: 2 }
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
  await measure(stacks, `${goldens ? 'golden float model' : 'seeded weights'}, our quantizer`, quantize({ graph: float, calibration: input }, {}).graph, { instructions: 0, constants: 0 })
  const converted = goldens && path.join(goldens, `s${stacks}_int8.tflite`)
  if (converted && existsSync(converted)) await measure(stacks, "TFLite's converter", int8Core(readTflite(new Uint8Array(readFileSync(converted)), converted).graph), CONVERTER)
}

async function measure(stacks, what, graph, extra) {
  const patches = quantizeValues(input.data.subarray(0, RUNS * SIZE), graph.tensors[graph.inputs[0]].quantization)
  const expected = createReferenceEngine(graph).run(tensor('int8', [RUNS, 64, 50, 1], patches)).data
  const { flash } = generateC({ graph, card: null }).report
  const least = flash.weights + flash.tables
  for (const [plan, options] of Object.entries({ 'low-ram': {}, fast: { plan: 'fast' }, bought: { plan: 'fast', flash: least + FILTERS[stacks] } })) {
    const { files, report } = generateC({ graph, card: null }, options)
    const emulation = await runOnEmulator(files, patches, RUNS, process.env.AED_LAYERS ? { perLayer: report.layers.length } : {})
    const equal = emulation.outputs.every((value, i) => value === expected[i])
    const { stack, code, constants } = await measureFootprint(files)
    const bars = BARS[stacks][plan]
    const rows = {
      'RAM: arena, patch, stack, KiB': [(report.memory.arena + SIZE + stack) / 1024, bars.ram, PUBLISHED[stacks].ram],
      'code, KiB': [code / 1024, bars.code, PUBLISHED[stacks].code],
      'weights and tables, KiB': [constants / 1024, bars.constants + extra.constants, PUBLISHED[stacks].constants],
      'M instructions a patch (published: M cycles)': [Math.max(...emulation.instructions) / 1e6, bars.instructions + extra.instructions, PUBLISHED[stacks].cycles],
    }
    console.log(`${stacks} stack${stacks > 1 ? 's' : ''}, ${what}, ${plan === 'bought' ? 'fast with flash for filters' : plan}: outputs ${equal ? 'equal to the engine' : 'DIFFER from the engine'}`)
    for (const [name, [ours, bar, published]] of Object.entries(rows)) console.log(`  ${name.padEnd(46)} ${ours.toFixed(2).padStart(8)}   bar ${String(bar).padStart(5)}   published ${published}`)
    if (process.env.AED_LAYERS) for (const { op, summary, kernel, instructions } of addInstructions(report, emulation).layers) console.log(`    ${String(instructions).padStart(9)} ${kernel.padEnd(18)} ${op} ${summary}`)
    if (!equal) process.exitCode = 1
  }
}

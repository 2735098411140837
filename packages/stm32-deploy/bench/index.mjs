// The C of MiniResNetV2 with 1 and 2 stacks: the low-RAM plan, the fast plan, and the fast plan with a budget of flash that buys Winograd filters; quantized
// by @aed/quantize-int8 and, where AED_GOLDENS has it, by TFLite's converter (MUL and ADD before the convolutions). Bytes from the compiled objects, stack
// from GCC's call graph, instructions counted exactly on qemu's mps2-an505 (Cortex-M33), outputs compared with the engine; the time is an estimate (README).
// Beside X-CUBE-AI's published figures, whose cycles are not instructions. Then the front end. Without AED_GOLDENS the network has seeded weights. AED_LAYERS=1 prints the instructions of every layer.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { createRandom, decodeNpy, featureConfig, MODEL_CARD_SCHEMA, tensor } from '@aed/core'
import { deviceTables } from '@aed/dsp-mel'
import { createReferenceEngine, int8Core, quantize, quantizeValues, readTflite } from '@aed/quantize-int8'
import { addInstructions, estimateCycles, generateC, TARGETS } from '@aed/stm32-deploy'
import { measureChain, measureFootprint, openDevice, profileNetwork, readHeader, runOnEmulator, runStream } from '@aed/stm32-deploy/node'
import { residualNetwork } from '../../quantize-int8/bench/network.mjs'

const PUBLISHED = { 1: { ram: 66.98, code: 61.57, constants: 123.98, cycles: 30.1, time: 188.36 }, 2: { ram: 71.17, code: 69.86, constants: 431.98, cycles: 49.4, time: 308.81 } }
/** Bars of the low-RAM plan, the fast one, and the fast one with flash for the filters of the 64-channel layer; instructions in millions, time in ms, the rest KiB. */
const BARS = {
  1: { 'low-ram': { ram: 16, code: 14, constants: 130, instructions: 18.5 }, fast: { ram: 24, code: 24, constants: 130, instructions: 15.8 }, bought: { ram: 24, code: 24, constants: 194, instructions: 14.8 } },
  2: { 'low-ram': { ram: 26, code: 14, constants: 445, instructions: 32 }, fast: { ram: 42, code: 24, constants: 445, instructions: 28.5 }, bought: { ram: 42, code: 24, constants: 750, instructions: 28.5 } },
}
const TIME = { 1: 135, 2: 235 }
/** Millions of instructions of the front end for a second of sound. */
const FRONT_END = 3.2
/** Bytes that the filters of the 3 x 3 convolutions with stride 1 grow by. */
const FILTERS = { 1: 61_440, 2: 61_440 + 245_760 }
/** What models of TFLite's converter may take more; no bar is set for their time. */
const CONVERTER = { instructions: 3, constants: 2, time: null }
const OURS = { instructions: 0, constants: 0, time: TIME }
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
  await measure(stacks, `${goldens ? 'golden float model' : 'seeded weights'}, our quantizer`, quantize({ graph: float, calibration: input }, {}).graph, OURS)
  const converted = goldens && path.join(goldens, `s${stacks}_int8.tflite`)
  if (converted && existsSync(converted)) await measure(stacks, "TFLite's converter", int8Core(readTflite(new Uint8Array(readFileSync(converted)), converted).graph), CONVERTER)
}

await measureFrontEnd()

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
    const time = await estimate(files, patches.subarray(0, SIZE))
    const bars = BARS[stacks][plan]
    const rows = {
      'RAM: arena, patch, stack, KiB': [(report.memory.arena + SIZE + stack) / 1024, bars.ram, PUBLISHED[stacks].ram],
      'code, KiB': [code / 1024, bars.code, PUBLISHED[stacks].code],
      'weights and tables, KiB': [constants / 1024, bars.constants + extra.constants, PUBLISHED[stacks].constants],
      'M instructions a patch (published: M cycles)': [Math.max(...emulation.instructions) / 1e6, bars.instructions + extra.instructions, PUBLISHED[stacks].cycles],
      [`ms at 160 MHz, ESTIMATED, ± ${(100 * time.error).toFixed(0)} %`]: [time.milliseconds, extra.time?.[stacks] ?? '–', PUBLISHED[stacks].time],
    }
    console.log(`${stacks} stack${stacks > 1 ? 's' : ''}, ${what}, ${plan === 'bought' ? 'fast with flash for filters' : plan}: outputs ${equal ? 'equal to the engine' : 'DIFFER from the engine'}`)
    for (const [name, [ours, bar, published]] of Object.entries(rows)) console.log(`  ${name.padEnd(46)} ${ours.toFixed(2).padStart(8)}   bar ${String(bar).padStart(5)}   published ${published}`)
    console.log(`  … M cycles: instructions ${(time.coreCycles / 1e6).toFixed(2)}, one bus for them and constants ${(time.busCycles / 1e6).toFixed(2)}, ${time.misses} lines from flash ${(time.missCycles / 1e6).toFixed(2)}`)
    if (process.env.AED_LAYERS) for (const { op, summary, kernel, instructions } of addInstructions(report, emulation).layers) console.log(`    ${String(instructions).padStart(9)} ${kernel.padEnd(18)} ${op} ${summary}`)
    if (!equal) process.exitCode = 1
  }
}

async function estimate(files, patch) {
  const device = await openDevice(files, 'mps2-an505')
  try {
    return estimateCycles(await profileNetwork(device, patch), TARGETS.stm32u585.timing)
  } finally {
    await device.close()
  }
}

/** The front end of the default features: 16 kHz, 1024-point transforms, 64 bands, 50 frames a second. */
async function measureFrontEnd() {
  const features = featureConfig({ mel: { dbRef: 'running' } })
  const graph = quantize({ graph: residualNetwork(1), calibration: input }, {}).graph
  const card = { schema: MODEL_CARD_SCHEMA, name: 'bench', classes: Array.from({ length: 10 }, (_, i) => `class ${i}`), features, head: { kind: 'meanScores' }, provenance: {}, licence: null }
  const { files } = generateC({ graph, card, frontEnd: deviceTables(features.audio.sampleRate, features.mel) })
  const { sampleRate } = features.audio
  const { hopLength } = features.mel
  const samples = Int16Array.from({ length: 2 * sampleRate }, (_, i) => 10 ** (0.5 + 4 * Math.abs((i / sampleRate) % 1)) * random.between(-1, 1))
  const device = await openDevice(files, 'mps2-an505')
  const { calls } = await runStream(device, readHeader(files), 10, samples, hopLength).finally(() => device.close())
  const frames = calls.filter(({ results, instructions }) => results === 0 && instructions > 1000).map(({ instructions }) => instructions)
  const second = ((frames.reduce((a, b) => a + b) / frames.length) * sampleRate) / hopLength
  const { code, tables, parts, state } = await measureChain(files)
  console.log(`front end, float32, ${sampleRate / hopLength} frames: ${frames.length} frames of loud and soft noise`)
  console.log(`  ${'M instructions a second of sound'.padEnd(46)} ${(second / 1e6).toFixed(2).padStart(8)}   bar ${String(FRONT_END).padStart(5)}   CMSIS-DSP's transform: 3.41`)
  console.log(`  code ${(code / 1024).toFixed(2)} KiB, tables ${(tables / 1024).toFixed(2)} KiB, state ${((state - parts.patch - parts.work) / 1024).toFixed(2)} KiB beside patch and arena, of it ring buffer ${(parts.buffer / 1024).toFixed(2)}`)
}

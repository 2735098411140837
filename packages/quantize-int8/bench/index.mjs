// Milliseconds of one patch, one thread, on our own graph of MiniResNetV2, in Node and in headless Chromium: the WebAssembly engine beside the TypeScript
// reference and its peers: LiteRT int8 (native, where AED_PYTHON names a Python that has it; also held to AVX2, as most processors have it), onnxruntime-web int8, tfjs-wasm float32 as
// trained and with all folded and fused that can be, in the page also LiteRT.js float32. Rounds alternate, so that other work on the machine meets all; medians are compared. Then what it
// takes to make an engine in a new process, and to quantize with 400 patches.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import * as tf from '@tensorflow/tfjs'
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import * as ort from 'onnxruntime-web'
import { createReferenceEngine, createWasmEngine, optimizeGraph, quantize, quantizeValues, writeTflite } from '@aed/quantize-int8'
import { patches, residualNetwork } from './network.mjs'
import { benchInChromium } from './page.mjs'
import { createOnnx, createTfjs } from './peers.mjs'

const ROUNDS = 8
const CALLS = 40
const TFJS_WASM = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm').replace(/[^/\\]*$/, '')

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

async function timesOf(run, calls) {
  const times = []
  for (let call = 0; call < calls; call++) {
    const start = performance.now()
    await run()
    times.push(performance.now() - start)
  }
  return times
}

/** LiteRT in a process of its own that measures a round when asked; null without AED_PYTHON. */
function startLiteRt(...parameters) {
  if (!process.env.AED_PYTHON) return null
  const python = spawn(process.env.AED_PYTHON, [fileURLToPath(new URL('litert.py', import.meta.url)), ...parameters], { stdio: ['pipe', 'pipe', 'ignore'] })
  const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]()
  return {
    async round() {
      python.stdin.write(`${CALLS}\n`)
      const { value, done } = await lines.next()
      if (done) throw new Error('LiteRT stopped')
      return value.split(' ').map(Number)
    },
    stop: () => python.stdin.end(),
  }
}

/** Ours is the first; the others follow with our part of their time. */
function show(title, times) {
  console.log(title)
  const [[, ours]] = Object.entries(times)
  for (const [name, values] of Object.entries(times)) {
    const ratio = values === ours ? '' : `, ours / theirs ${(median(ours) / median(values)).toFixed(3)} (minima ${(Math.min(...ours) / Math.min(...values)).toFixed(3)})`
    console.log(`  ${name.padEnd(28)} median ${median(values).toFixed(3)} ms, minimum ${Math.min(...values).toFixed(3)} ms${ratio}`)
  }
}

async function benchInNode(stacks, folder) {
  const trained = residualNetwork(stacks)
  const float = optimizeGraph(trained)
  const { graph } = quantize({ graph: float, calibration: patches(2) }, { reportPatches: 1 })
  const file = join(folder, `${stacks}.tflite`)
  await writeFile(file, writeTflite({ graph }))
  const { dtype, shape, quantization } = graph.tensors[graph.inputs[0]]
  const { data } = patches(1)
  const input = { dtype, shape, data: quantizeValues(data, quantization) }
  const wasm = await createWasmEngine(graph)
  const reference = createReferenceEngine(graph)
  const [litert, avx2] = [startLiteRt(file), startLiteRt(file, 'avx2')]
  const onnx = await createOnnx(ort, graph)
  const [tfjs, folded] = [await createTfjs(tf, setWasmPaths, setThreadsCount, TFJS_WASM, trained), await createTfjs(tf, setWasmPaths, setThreadsCount, TFJS_WASM, float)]
  const contenders = {
    'createWasmEngine, int8': () => timesOf(() => wasm.run(input), CALLS),
    'createReferenceEngine, int8': () => timesOf(() => reference.run(input), 2),
    ...(litert && { 'LiteRT int8, native': () => litert.round(), 'LiteRT int8, native, AVX2': () => avx2.round() }),
    'onnxruntime-web, int8': () => timesOf(() => onnx(input.data), CALLS / 4),
    'tfjs-wasm, float32': () => timesOf(() => tfjs(data), CALLS),
    'tfjs-wasm, float32, folded': () => timesOf(() => folded(data), CALLS),
  }
  const times = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]))
  for (const run of Object.values(contenders)) await run() // V8 optimises while these run
  for (let round = 0; round < ROUNDS; round++) for (const [name, run] of Object.entries(contenders)) times[name].push(...(await run()))
  litert?.stop()
  avx2?.stop()
  show(`Node ${process.versions.node}, MiniResNetV2, ${graph.name}`, times)
  if (!litert) console.log('  LiteRT: skipped, AED_PYTHON is not set')
  return file
}

/** Milliseconds of the first and the second engine of new processes, the least of some. */
function benchInstances(file) {
  const script = fileURLToPath(new URL('instance.mjs', import.meta.url))
  const runs = Array.from({ length: 7 }, () => execFileSync(process.execPath, [script, file], { encoding: 'utf8' }).split(' ').map(Number))
  const least = (i) => Math.min(...runs.map((run) => run[i])).toFixed(1)
  console.log(`Engine of 1 stack made in a new process: ${least(0)} ms, a second one ${least(1)} ms`)
}

function benchQuantizer() {
  const calibration = patches(400)
  for (const calibrationMethod of ['minMax', 'mse']) {
    const [start, before] = [performance.now(), process.cpuUsage()]
    quantize({ graph: residualNetwork(1), calibration }, { calibrationMethod })
    const { user, system } = process.cpuUsage(before)
    console.log(`quantize, 1 stack, 400 patches, ${calibrationMethod}, report included: ${((performance.now() - start) / 1000).toFixed(2)} s, ${((user + system) / 1e6).toFixed(2)} s of processor time`)
  }
}

const folder = await mkdtemp(join(tmpdir(), 'aed-bench-'))
try {
  const [file] = [await benchInNode(1, folder), await benchInNode(2, folder)]
  benchInstances(file)
} finally {
  await rm(folder, { recursive: true })
}
benchQuantizer()
const page = await benchInChromium()
if (page) for (const { name, created, times } of page) show(`Chromium, MiniResNetV2, ${name}; engine made in ${created.toFixed(1)} ms`, times)
else console.log('Chromium: skipped, none found (AED_CHROMIUM names it)')
process.exit(0) // tfjs and onnxruntime keep the process alive

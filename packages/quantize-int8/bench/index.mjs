// Milliseconds of one patch, one thread, on our own int8 graph of MiniResNetV2: the WebAssembly engine beside the TypeScript reference and,
// where AED_PYTHON names a Python that has it, LiteRT on the same .tflite file. Rounds alternate, so that other work on the machine meets
// all; medians are compared.
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createReferenceEngine, createWasmEngine, quantize, quantizeValues, writeTflite } from '@aed/quantize-int8'
import { patches, residualNetwork } from './network.mjs'

const ROUNDS = 8
const CALLS = 50

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

function timesOf(run, calls) {
  return Array.from({ length: calls }, () => {
    const start = performance.now()
    run()
    return performance.now() - start
  })
}

/** LiteRT in a process of its own that measures a round when asked; null without AED_PYTHON. */
function startPeer(file) {
  if (!process.env.AED_PYTHON) return null
  const python = spawn(process.env.AED_PYTHON, [fileURLToPath(new URL('litert.py', import.meta.url)), file], { stdio: ['pipe', 'pipe', 'ignore'] })
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

const show = (name, values) => console.log(`  ${name.padEnd(30)} median ${median(values).toFixed(3)} ms, minimum ${Math.min(...values).toFixed(3)} ms`)

async function bench(stacks, folder) {
  const { graph } = quantize({ graph: residualNetwork(stacks), calibration: patches(2) }, { reportPatches: 1 })
  const file = join(folder, `${stacks}.tflite`)
  await writeFile(file, writeTflite({ graph }))
  const { dtype, shape, quantization } = graph.tensors[graph.inputs[0]]
  const input = { dtype, shape, data: quantizeValues(patches(1).data, quantization) }

  const start = performance.now()
  const wasm = await createWasmEngine(graph)
  const created = performance.now() - start
  const reference = createReferenceEngine(graph)
  const peer = startPeer(file)
  timesOf(() => wasm.run(input), 4 * CALLS) // V8 optimises while these run
  timesOf(() => reference.run(input), 2)
  const times = { wasm: [], reference: [], litert: [] }
  for (let round = 0; round < ROUNDS; round++) {
    times.wasm.push(...timesOf(() => wasm.run(input), CALLS))
    times.reference.push(...timesOf(() => reference.run(input), 2))
    if (peer) times.litert.push(...(await peer.round()))
  }
  peer?.stop()

  console.log(`MiniResNetV2, ${graph.name}; engine made in ${created.toFixed(1)} ms`)
  show('createWasmEngine', times.wasm)
  show('createReferenceEngine', times.reference)
  console.log(`  ratio of medians, WebAssembly / reference: ${(median(times.wasm) / median(times.reference)).toFixed(3)}`)
  if (peer) {
    show('LiteRT int8, 1 thread', times.litert)
    console.log(`  ratio of medians, WebAssembly / LiteRT: ${(median(times.wasm) / median(times.litert)).toFixed(2)}`)
  } else console.log('  LiteRT: skipped, AED_PYTHON is not set')
}

const folder = await mkdtemp(join(tmpdir(), 'aed-bench-'))
try {
  for (const stacks of [1, 2]) await bench(stacks, folder)
} finally {
  await rm(folder, { recursive: true })
}

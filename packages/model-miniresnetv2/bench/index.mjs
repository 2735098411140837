// An epoch of fine-tuning: 2,000 patches, MiniResNetV2 of 1 stack with 10 classes, all layers, batch statistics, batches of 32, Adam. By our gradients on
// one thread and on two, and beside them TensorFlow on one (AED_TF_PYTHON, a Python with tensorflow), in turns, so that other work on the machine
// meets all. Processor time tells more than elapsed time where the machine is shared. Then plain tfjs on its wasm backend with the registered kernels.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import * as tf from '@tensorflow/tfjs'
import { createRandom } from '@aed/core'
import { createMiniResNetV2 } from '@aed/model-miniresnetv2'
import { buildLayersModel, createWasmGradients, registerTrainingKernels, useBackend } from '@aed/model-miniresnetv2/train'

const ROUNDS = Number(process.env.ROUNDS ?? 3)
const PATCHES = 2000
const BATCH = 32
const CLASSES = 10
const PATCH = 64 * 50
const TFJS_STEPS = 10

const model = createMiniResNetV2({ classes: CLASSES })
const random = createRandom('bench')
const patches = Float32Array.from({ length: PATCHES * PATCH }, () => random.normal())
const targets = new Float32Array(PATCHES * CLASSES)
for (let i = 0; i < PATCHES; i++) targets[i * CLASSES + random.integer(CLASSES)] = 1

/** Milliseconds of a run: elapsed, and of the processor. */
async function timesOf(run) {
  const [start, before] = [performance.now(), process.cpuUsage()]
  await run()
  const { user, system } = process.cpuUsage(before)
  return [performance.now() - start, (user + system) / 1000]
}

/** Gradients with Adam on top. */
async function createTraining(threads) {
  const engine = await createWasmGradients(model, { batchSize: BATCH, threads })
  const [m, v] = [new Float32Array(engine.values.length), new Float32Array(engine.values.length)]
  let steps = 0
  return {
    async epoch() {
      for (let at = 0; at < PATCHES; at += BATCH) {
        const end = Math.min(at + BATCH, PATCHES)
        await engine.step({ count: end - at, x: patches.subarray(at * PATCH, end * PATCH), targets: targets.subarray(at * CLASSES, end * CLASSES), seed: ++steps })
        const { values, gradient } = engine
        const rate = (1e-3 * Math.sqrt(1 - 0.999 ** steps)) / (1 - 0.9 ** steps)
        for (let i = 0; i < values.length; i++) {
          m[i] += 0.1 * (gradient[i] - m[i])
          v[i] += 0.001 * (gradient[i] * gradient[i] - v[i])
          values[i] -= (rate * m[i]) / (Math.sqrt(v[i]) + 1e-7)
        }
      }
    },
    close: () => engine.close(),
  }
}

/** TensorFlow in a process of its own; null without AED_TF_PYTHON. */
async function startPeer() {
  if (!process.env.AED_TF_PYTHON) return null
  const threads = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1', CUDA_VISIBLE_DEVICES: '' }
  const python = spawn(process.env.AED_TF_PYTHON, [fileURLToPath(new URL('peer.py', import.meta.url))], { env: { ...process.env, ...threads }, stdio: ['pipe', 'pipe', 'ignore'] })
  const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]()
  const next = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`${process.env.AED_TF_PYTHON}: TensorFlow does not run`)
    return value
  }
  return {
    version: await next(),
    async epoch() {
      python.stdin.write('\n')
      return (await next()).split(' ').map(Number)
    },
    stop: () => python.stdin.end(),
  }
}

const one = await createTraining(1)
const two = await createTraining(2)
const peer = await startPeer()
const times = { one: [], two: [], peer: [] }
await one.epoch() // compiled, as TensorFlow's step is
for (let round = 0; round < ROUNDS; round++) {
  times.one.push(await timesOf(one.epoch))
  times.two.push(await timesOf(two.epoch))
  if (peer) times.peer.push(await peer.epoch())
}
peer?.stop()
await one.close()
await two.close()

const least = (name, which) => Math.min(...times[name].map((time) => time[which]))
const show = (what, name) => console.log(`${what.padEnd(34)} least of ${ROUNDS} epochs: ${(least(name, 0) / 1000).toFixed(2)} s elapsed, ${(least(name, 1) / 1000).toFixed(2)} s of the processor`)
show('createWasmGradients, 1 thread', 'one')
show('createWasmGradients, 2 threads', 'two')
console.log(`elapsed, 1 thread / 2 threads: ${(least('one', 0) / least('two', 0)).toFixed(2)}`)
if (peer) {
  show(`TensorFlow ${peer.version}, 1 thread`, 'peer')
  console.log(`1 thread / TensorFlow: ${(least('one', 0) / least('peer', 0)).toFixed(2)} elapsed, ${(least('one', 1) / least('peer', 1)).toFixed(2)} of the processor`)
} else console.log('TensorFlow: skipped, AED_TF_PYTHON is not set (a Python with tensorflow-cpu)')
console.log(`memory at most, both trainings: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`)

registerTrainingKernels()
await useBackend('wasm')
const before = tf.memory().numTensors
const layers = buildLayersModel(model)
const optimizer = tf.train.adam(1e-3)
const [x, y] = [tf.tensor(patches.slice(0, BATCH * PATCH), [BATCH, 64, 50, 1]), tf.tensor2d(targets.slice(0, BATCH * CLASSES), [BATCH, CLASSES])]
const step = () => optimizer.minimize(() => tf.metrics.categoricalCrossentropy(y, layers.apply(x, { training: true })).mean())
step()
const held = tf.memory().numTensors
const steps = []
for (let i = 0; i < TFJS_STEPS; i++) steps.push(await timesOf(step))
const epochOf = (which) => ((Math.min(...steps.map((time) => time[which])) * PATCHES) / BATCH / 1000).toFixed(2)
console.log(`tfjs layers on wasm, our kernels: an epoch at the pace of the fastest step ${epochOf(0)} s elapsed, ${epochOf(1)} s of the processor; tensors left by ${TFJS_STEPS} steps: ${tf.memory().numTensors - held}`)
for (const thing of [x, y, layers, optimizer]) thing.dispose()
console.log(`tensors left after dispose: ${tf.memory().numTensors - before}`)

// Log-mel of a 5 s clip at 16 kHz with the default options, beside librosa (Python, AED_PYTHON) in the same run, one
// thread each. Rounds of all alternate, so that other work on the machine meets all; medians are compared.
// Then an hour of audio through a stream: what the heap holds before and after.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { createMelPlan, createMelStream, logMelSpectrogram } from '@aed/dsp-mel'

const ROUNDS = 10
const CALLS = 20

const samples = Float32Array.from({ length: 80000 }, (_, i) => 0.3 * Math.sin(i * i * 1e-4) + 0.1 * Math.sin(i * 1.7))
const clip = { samples, sampleRate: 16000 }
const plan = createMelPlan(16000)
const livePlan = createMelPlan(16000, { dbRef: 'running' })
const blocks = Array.from({ length: samples.length / 128 }, (_, i) => samples.subarray(i * 128, i * 128 + 128))
const stream = createMelStream(16000, { dbRef: 'running' }, () => {})

/** The clip in blocks of an AudioWorklet. */
function runStream() {
  stream.reset()
  for (const block of blocks) stream.push(block)
  stream.finish()
}

const PEER = `
import sys, time
import librosa, numpy as np
i = np.arange(80000, dtype=np.float64)
y = (0.3 * np.sin(i * i * 1e-4) + 0.1 * np.sin(i * 1.7)).astype(np.float32)
def run():
    s = librosa.feature.melspectrogram(y=y, sr=16000, n_fft=1024, hop_length=320, n_mels=64, fmin=20, fmax=7500)
    return librosa.power_to_db(s, ref=np.max)
run()
for line in sys.stdin:
    times = []
    for _ in range(int(line)):
        start = time.perf_counter()
        run()
        times.append(1e3 * (time.perf_counter() - start))
    print(*times, flush=True)
`

/** Milliseconds of some calls. */
function timesOf(run) {
  return Array.from({ length: CALLS }, () => {
    const start = performance.now()
    run()
    return performance.now() - start
  })
}

/** librosa in a process of its own that measures a round when asked; null without AED_PYTHON. */
function startPeer() {
  if (!process.env.AED_PYTHON) return null
  const threads = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' }
  const python = spawn(process.env.AED_PYTHON, ['-c', PEER], { env: { ...process.env, ...threads }, stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]()
  return {
    async round() {
      python.stdin.write(`${CALLS}\n`)
      const { value, done } = await lines.next()
      if (done) throw new Error('librosa stopped')
      return value.split(' ').map(Number)
    },
    stop: () => python.stdin.end(),
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

const peer = startPeer()
const times = { stage: [], plan: [], live: [], stream: [], librosa: [] }
timesOf(() => logMelSpectrogram(clip, {}))
for (let round = 0; round < ROUNDS; round++) {
  times.stage.push(...timesOf(() => logMelSpectrogram(clip, {})))
  times.plan.push(...timesOf(() => plan.logMel(samples)))
  times.live.push(...timesOf(() => livePlan.logMel(samples)))
  times.stream.push(...timesOf(runStream))
  if (peer) times.librosa.push(...(await peer.round()))
}
peer?.stop()

const show = (name, values) => console.log(`${name.padEnd(34)} median ${median(values).toFixed(2)} ms, minimum ${Math.min(...values).toFixed(2)} ms`)
show('logMelSpectrogram', times.stage)
show('plan.logMel', times.plan)
show('plan.logMel, dbRef running', times.live)
show('createMelStream, blocks of 128', times.stream)
console.log(`ratio of medians, stream / batch: ${(median(times.stream) / median(times.live)).toFixed(2)}`)
if (peer) {
  show('librosa', times.librosa)
  console.log(`ratio of medians, logMelSpectrogram / librosa: ${(median(times.stage) / median(times.librosa)).toFixed(2)}`)
} else console.log('librosa: skipped, AED_PYTHON is not set')

const heap = () => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
stream.reset()
let highest = 0
const before = heap()
for (let i = 0; i < (3600 * 16000) / 128; i++) {
  stream.push(blocks[i % blocks.length])
  if (i % 50000 === 0) highest = Math.max(highest, heap() - before)
}
console.log(`one hour through a stream: heap at most ${(highest / 1024).toFixed(0)} KiB higher${globalThis.gc ? '' : ' (without --expose-gc: garbage included)'}`)

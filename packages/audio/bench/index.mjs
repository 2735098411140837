// Resampling of 5 s from 44.1 to 16 kHz beside soxr_hq (Python, AED_PYTHON), and decoding and resampling of the same sound as Ogg Vorbis beside soundfile +
// soxr_hq, in the same run, one thread each. Rounds of both alternate, so that other work on the machine meets both; medians are compared.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { createResampler, decodeAudio, mixDown, resample } from '@aed/audio'

const ROUNDS = 10
const CALLS = 10
const RATE = 44100

const samples = Float32Array.from({ length: 5 * RATE }, (_, i) => 0.3 * Math.sin(i * i * 1e-5) + 0.1 * Math.sin(i * 1.7))
const plan = createResampler(RATE, 16000)

const PEER = `
import base64, io, sys, time
import numpy as np, soundfile, soxr
i = np.arange(5 * 44100, dtype=np.float64)
y = (0.3 * np.sin(i * i * 1e-5) + 0.1 * np.sin(i * 1.7)).astype(np.float32)
file = io.BytesIO()
soundfile.write(file, y, 44100, format="OGG", subtype="VORBIS")
print(base64.b64encode(file.getvalue()).decode(), flush=True)
def resample():
    return soxr.resample(y, 44100, 16000, quality="HQ")
def load():
    file.seek(0)
    x, rate = soundfile.read(file, dtype="float32")
    return soxr.resample(x, rate, 16000, quality="HQ")
for line in sys.stdin:
    what, count = line.split()
    times = []
    for _ in range(int(count)):
        start = time.perf_counter()
        globals()[what]()
        times.append(1e3 * (time.perf_counter() - start))
    print(*times, flush=True)
`

/** Milliseconds of some calls. */
async function timesOf(run) {
  const times = []
  for (let i = 0; i < CALLS; i++) {
    const start = performance.now()
    await run()
    times.push(performance.now() - start)
  }
  return times
}

/** Python in a process of its own that measures a round when asked, and the file that it made; null without AED_PYTHON. */
async function startPeer() {
  if (!process.env.AED_PYTHON) return null
  const threads = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' }
  const python = spawn(process.env.AED_PYTHON, ['-c', PEER], { env: { ...process.env, ...threads }, stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]()
  const next = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error('the Python peer stopped')
    return value
  }
  const file = new Uint8Array(Buffer.from(await next(), 'base64'))
  return {
    file,
    async round(what) {
      python.stdin.write(`${what} ${CALLS}\n`)
      return (await next()).split(' ').map(Number)
    },
    stop: () => python.stdin.end(),
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]
const show = (name, values) => console.log(`${name.padEnd(44)} median ${median(values).toFixed(2)} ms, minimum ${Math.min(...values).toFixed(2)} ms`)
const ratio = (name, ours, theirs) => console.log(`ratio of medians, ${name}: ${(median(ours) / median(theirs)).toFixed(2)}`)

const peer = await startPeer()
const load = async () => resample(mixDown(await decodeAudio(peer.file)), 16000)
const times = { resample: [], load: [], soxr: [], python: [] }
await timesOf(() => plan.run(samples))
if (peer) await timesOf(load)
for (let round = 0; round < ROUNDS; round++) {
  times.resample.push(...(await timesOf(() => plan.run(samples))))
  if (!peer) continue
  times.soxr.push(...(await peer.round('resample')))
  times.load.push(...(await timesOf(load)))
  times.python.push(...(await peer.round('load')))
}
peer?.stop()

show('resample 5 s, 44.1 -> 16 kHz', times.resample)
if (peer) {
  show('  soxr_hq', times.soxr)
  ratio('resample / soxr_hq', times.resample, times.soxr)
  show('decodeAudio (Ogg Vorbis), mixDown, resample', times.load)
  show('  soundfile, soxr_hq', times.python)
  ratio('decode and resample / soundfile and soxr_hq', times.load, times.python)
} else console.log('soxr_hq: skipped, AED_PYTHON is not set')

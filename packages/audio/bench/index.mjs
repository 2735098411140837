// Resampling of 5 s from 44.1 to 16 kHz beside soxr_hq (Python, AED_PYTHON), and decoding and resampling of the same sound as Ogg Vorbis beside soundfile +
// soxr_hq, in one run, one thread each; what the heap holds while an hour is resampled in the blocks of an AudioWorklet. (The 400 recordings of ESC-10, from file to
// features: npm run bench -- e2e.)
import { createResampler, createStreamResampler, decodeAudio, mixDown, resample } from '@aed/audio'
import { figure, heapFigure, ratio, sideBySide, startPython } from '../../../tools/side-by-side.mjs'

const ROUNDS = 10
const CALLS = 10
const RATE = 44100

const samples = Float32Array.from({ length: 5 * RATE }, (_, i) => 0.3 * Math.sin(i * i * 1e-5) + 0.1 * Math.sin(i * 1.7))
const plan = createResampler(RATE, 16000)

const python = await startPython(`
import base64, io
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
`)
const file = python && new Uint8Array(Buffer.from(python.hello, 'base64'))
const times = await sideBySide(
  {
    'resample 5 s, 44.1 -> 16 kHz': { run: () => plan.run(samples), calls: CALLS },
    ...(python && {
      soxr_hq: { python, what: 'resample', calls: CALLS },
      'decodeAudio (Ogg Vorbis), mixDown, resample': { run: async () => resample(mixDown(await decodeAudio(file)), 16000), calls: CALLS },
      'soundfile, soxr_hq': { python, what: 'load', calls: CALLS },
    }),
  },
  ROUNDS,
)
python?.stop()
if (python) {
  figure('resample / soxr_hq (aim 2)', ratio(times['resample 5 s, 44.1 -> 16 kHz'], times.soxr_hq), 5)
  console.log(`decode and resample / soundfile and soxr_hq: ${ratio(times['decodeAudio (Ogg Vorbis), mixDown, resample'], times['soundfile, soxr_hq']).toFixed(2)}`)
} else console.log('soxr_hq: skipped, AED_PYTHON is not set')

const stream = createStreamResampler(RATE, 16000)
const block = samples.subarray(0, 128)
heapFigure('one hour through a stream', (3600 * RATE) / 128, () => stream.push(block), 64)

// Log-mel of a 5 s clip at 16 kHz with the default options beside librosa (Python, AED_PYTHON), Meyda, tfjs signal.stft and essentia.js, in one run, one thread each;
// blocks of 128 through a stream beside the batch; what the heap holds during an hour of audio.
import { createRequire } from 'node:module'
import { createMelPlan, createMelStream, logMelSpectrogram, melFilterBank, periodicWindow } from '@aed/dsp-mel'
import { figure, heapFigure, median, ratio, sideBySide, startPython } from '../../../tools/side-by-side.mjs'

const require = createRequire(import.meta.url)
const ROUNDS = 8
const [N_FFT, HOP, MELS, FRAMES] = [1024, 320, 64, 251]

const samples = Float32Array.from({ length: 80000 }, (_, i) => 0.3 * Math.sin(i * i * 1e-4) + 0.1 * Math.sin(i * 1.7))
const clip = { samples, sampleRate: 16000 }
const plan = createMelPlan(16000)
const livePlan = createMelPlan(16000, { dbRef: 'running' })
const blocks = Array.from({ length: samples.length / 128 }, (_, i) => samples.subarray(i * 128, i * 128 + 128))
const stream = createMelStream(16000, { dbRef: 'running' }, () => {})
const padded = new Float32Array(samples.length + N_FFT)
padded.set(samples, N_FFT / 2)
const power = { ours: plan.melPower(samples), essentia: new Float64Array(MELS * FRAMES) }

function runStream() {
  stream.reset()
  for (const block of blocks) stream.push(block)
  stream.finish()
}

/** Mel bands of each frame, then the logarithm: Meyda's own filters and window. */
function meyda() {
  const Meyda = require('meyda')
  Object.assign(Meyda, { bufferSize: N_FFT, sampleRate: 16000, melBands: MELS, windowingFunction: 'hanning' })
  return () => {
    const out = new Float32Array(MELS * FRAMES)
    for (let t = 0; t < FRAMES; t++) {
      const bands = Meyda.extract('melBands', padded.subarray(t * HOP, t * HOP + N_FFT))
      for (let m = 0; m < MELS; m++) out[t * MELS + m] = 10 * Math.log10(Math.max(1e-10, bands[m]))
    }
    return out
  }
}

/** The same features: signal.stft, power, our filters as a matrix, dB. */
async function tfjs(backend) {
  const tf = require('@tensorflow/tfjs')
  await tf.setBackend(backend)
  const { data, shape } = melFilterBank({ sampleRate: 16000, nFft: N_FFT, nMels: MELS, fmin: 20, fmax: 7500 })
  const filters = tf.tensor2d(data, shape)
  const window = tf.tensor1d(Float32Array.from(periodicWindow('hann', N_FFT)))
  return () =>
    tf.tidy(() => {
      const spectrum = tf.signal.stft(tf.tensor1d(padded), N_FFT, HOP, N_FFT, () => window)
      const bands = tf.matMul(filters, tf.add(tf.square(tf.real(spectrum)), tf.square(tf.imag(spectrum))), false, true)
      power.tfjs = bands.dataSync()
      return tf.mul(tf.log(tf.maximum(bands, 1e-10)), 10 / Math.LN10).dataSync()
    })
}

/** The same features: Slaney's scale, triangles of equal area. */
function essentia() {
  const { Essentia, EssentiaWASM } = require('essentia.js')
  const essentia = new Essentia(EssentiaWASM)
  return () => {
    const out = new Float32Array(MELS * FRAMES)
    for (let t = 0; t < FRAMES; t++) {
      const frame = essentia.arrayToVector(padded.subarray(t * HOP, t * HOP + N_FFT))
      const windowed = essentia.Windowing(frame, false, N_FFT, 'hann', 0, false)
      const { spectrum } = essentia.Spectrum(windowed.frame, N_FFT)
      const { bands } = essentia.MelBands(spectrum, 7500, 1 + N_FFT / 2, false, 20, 'unit_tri', MELS, 16000, 'power', 'slaneyMel', 'linear')
      const values = essentia.vectorToArray(bands)
      for (let m = 0; m < MELS; m++) out[t * MELS + m] = 10 * Math.log10(Math.max(1e-10, values[m]))
      for (let m = 0; m < MELS; m++) power.essentia[m * FRAMES + t] = values[m]
      for (const vector of [frame, windowed.frame, spectrum, bands]) vector.delete()
    }
    return out
  }
}

const python = await startPython(`
import librosa, numpy as np
i = np.arange(80000, dtype=np.float64)
y = (0.3 * np.sin(i * i * 1e-4) + 0.1 * np.sin(i * 1.7)).astype(np.float32)
def run():
    s = librosa.feature.melspectrogram(y=y, sr=16000, n_fft=1024, hop_length=320, n_mels=64, fmin=20, fmax=7500)
    return librosa.power_to_db(s, ref=np.max)
run()
print("ready", flush=True)
`)
const times = await sideBySide(
  {
    logMelSpectrogram: { run: () => logMelSpectrogram(clip, {}), calls: 20 },
    'plan.logMel': { run: () => plan.logMel(samples), calls: 20 },
    "plan.logMel, dbRef 'running'": { run: () => livePlan.logMel(samples), calls: 20 },
    'createMelStream, blocks of 128': { run: runStream, calls: 20 },
    ...(python && { librosa: { python, what: 'run', calls: 20 } }),
    Meyda: { run: meyda(), calls: 1 },
    'tfjs signal.stft, cpu': { run: await tfjs('cpu'), calls: 1, once: true },
    'essentia.js': { run: essentia(), calls: 1 },
  },
  ROUNDS,
)
python?.stop()

/** 95th percentile of the distance in dB of what is above −60 dB, but for a constant: windows are scaled in different ways. */
function distance(theirs) {
  const loudest = power.ours.reduce((most, value) => Math.max(most, value), 0)
  const decibels = [...power.ours.keys()].filter((i) => power.ours[i] > 1e-6 * loudest).map((i) => 10 * Math.log10(theirs[i] / power.ours[i]))
  const constant = median(decibels)
  return decibels.map((value) => Math.abs(value - constant)).toSorted((a, b) => a - b)[Math.floor(0.95 * decibels.length)]
}
console.log(`the same features above -60 dB (95th percentile): tfjs within ${distance(power.tfjs).toFixed(4)} dB, essentia.js within ${distance(power.essentia).toFixed(4)} dB; Meyda has filters of its own`)

if (python) figure('logMelSpectrogram / librosa (aim 0.2)', ratio(times.logMelSpectrogram, times.librosa), 0.5)
else console.log('librosa: skipped, AED_PYTHON is not set')
figure('logMelSpectrogram / Meyda', ratio(times.logMelSpectrogram, times.Meyda), 0.1)
figure('logMelSpectrogram / tfjs', ratio(times.logMelSpectrogram, times['tfjs signal.stft, cpu']), 1)
figure('logMelSpectrogram / essentia.js', ratio(times.logMelSpectrogram, times['essentia.js']), 1)
figure('stream / batch', ratio(times['createMelStream, blocks of 128'], times["plan.logMel, dbRef 'running'"]), 1.2)

stream.reset()
heapFigure('one hour through a stream', (3600 * 16000) / 128, (i) => stream.push(blocks[i % blocks.length]), 64)

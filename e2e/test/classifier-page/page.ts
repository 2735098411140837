import { AudioClassifier } from '@aed/model-miniresnetv2'
import { readTflite } from '@aed/quantize-int8'
import { createWasmEngine } from '@aed/quantize-int8/engine'
import { recording, SAMPLE_RATE } from './recording.ts'

const model = new URL('/m.tflite', location.href)

async function inServiceWorker(): Promise<unknown> {
  await navigator.serviceWorker.register('/sw.js', { type: 'module' })
  const { active } = await navigator.serviceWorker.ready
  const { port1, port2 } = new MessageChannel()
  const answer = new Promise((resolve) => (port1.onmessage = ({ data }: MessageEvent<unknown>) => resolve(data)))
  active!.postMessage({ model: model.href }, [port2])
  return answer
}

async function run() {
  const samples = recording()
  const options = { sampleRate: SAMPLE_RATE, topK: 10 }
  const { graph } = readTflite(new Uint8Array(await (await fetch(model)).arrayBuffer()), 'm.tflite')
  const start = performance.now()
  await createWasmEngine(graph)
  const instance = performance.now() - start
  const page = await (await AudioClassifier.load(model)).classify(samples, options)
  const classifier = await AudioClassifier.load(model, { worker: new Worker(new URL('@aed/model-miniresnetv2/worker', import.meta.url), { type: 'module' }) })
  const worker = await classifier.classify(samples, options)
  await classifier.close()
  const audio = new AudioBuffer({ length: samples.length, numberOfChannels: 1, sampleRate: SAMPLE_RATE })
  audio.copyToChannel(samples as Float32Array<ArrayBuffer>, 0)
  const buffer = await (await AudioClassifier.load(model)).classify(audio, { topK: 10 })
  return { isolated: crossOriginIsolated, evaluates: evaluates(), instance, page, worker, buffer, serviceWorker: await inServiceWorker() }
}

/** Whether this page may turn text into code: it must not, to show that nothing needs it. */
function evaluates(): boolean {
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call
    return new Function('return true')() as boolean
  } catch {
    return false
  }
}

Object.assign(globalThis, { results: run() })

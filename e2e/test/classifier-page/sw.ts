import { AudioClassifier } from '@aed/model-miniresnetv2'
import { recording, SAMPLE_RATE } from './recording.ts'

interface Message extends Event {
  readonly data: { readonly model: string }
  readonly ports: readonly MessagePort[]
  waitUntil(work: Promise<unknown>): void
}

self.addEventListener('message', (event) => {
  const message = event as unknown as Message
  const answer = (value: unknown) => message.ports[0]!.postMessage(value)
  message.waitUntil(classify(message.data.model).then(answer, (error: unknown) => answer(String(error))))
})

async function classify(model: string) {
  return (await AudioClassifier.load(new URL(model))).classify(recording(), { sampleRate: SAMPLE_RATE, topK: 10 })
}

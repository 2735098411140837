import { resample } from '@aed/audio'
import { isAedError } from '@aed/core'
import { createMelNode, logMelPatches, logMelSpectrogram, openMicrophone } from '@aed/dsp-mel'
import { concat, framesOf, MEL, noise, PATCHES, RATES, sameBits } from '../../worklet-cases.ts'
import worklet from './worklet.ts?worker&url'

const RATE = 16_000

/** Sound that is rendered at once through the node: is what it gives equal to the bit to the batch of the same samples, frames and patches? */
async function offline(contextRate: number): Promise<unknown> {
  const samples = noise(128 * 400)
  const context = new OfflineAudioContext(1, samples.length, contextRate)
  await context.audioWorklet.addModule(worklet)
  const frames: Float32Array[] = []
  const patches: Float32Array[] = []
  const { node, finish } = createMelNode(context, { sampleRate: RATE, mel: MEL, patches: PATCHES, onFrame: (frame) => frames.push(frame), onPatch: (patch) => patches.push(patch) })
  const source = new AudioBufferSourceNode(context, { buffer: new AudioBuffer({ length: samples.length, sampleRate: contextRate }) })
  source.buffer!.copyToChannel(samples, 0)
  source.connect(node)
  source.start()
  await context.startRendering()
  await finish()
  const clip = resample({ samples, sampleRate: contextRate }, RATE)
  const expected = logMelSpectrogram(clip, MEL)
  const batch = logMelPatches(clip, { mel: MEL, patches: PATCHES })
  return {
    frames: frames.length,
    patches: patches.length,
    framesEqual: frames.length === expected.shape[1] && sameBits(concat(frames), framesOf(expected)),
    patchesEqual: patches.length === batch.shape[0] && sameBits(concat(patches), batch.data),
  }
}

let compiles = false

/** Live sound of a device, heard by the node and by a tap beside it. */
async function microphone(): Promise<unknown> {
  const media = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } })
  const context = new AudioContext()
  await context.suspend()
  await context.audioWorklet.addModule(worklet)
  const source = context.createMediaStreamSource(media)
  const tap = new AudioWorkletNode(context, 'tap', { numberOfInputs: 1, numberOfOutputs: 0, channelCount: 1, channelCountMode: 'explicit' })
  const heard: Float32Array[] = []
  tap.port.onmessage = ({ data }: MessageEvent<Float32Array | boolean>) => {
    if (typeof data === 'boolean') compiles = data
    else heard.push(data)
  }
  const frames: Float32Array[] = []
  let enough = (): void => undefined
  const listened = new Promise<void>((resolve) => (enough = resolve))
  const { node, finish } = createMelNode(context, {
    sampleRate: RATE,
    mel: MEL,
    onFrame: (frame) => {
      if (frames.push(frame) === 60) enough()
    },
  })
  source.connect(tap)
  source.connect(node)
  await context.resume()
  await listened
  await context.suspend()
  const live = frames.length // those of `finish` end where the node's signal ends, which may not be where the tap's messages do
  await finish()
  const samples = concat(heard)
  const expected = logMelSpectrogram(resample({ samples, sampleRate: context.sampleRate }, RATE), MEL)
  await context.close()
  return {
    contextRate: context.sampleRate,
    live,
    loudest: samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0),
    framesEqual: expected.shape[1]! >= live && sameBits(concat(frames.slice(0, live)), framesOf(expected).subarray(0, live * MEL.nMels)),
  }
}

/** The whole of it in one call. */
async function opened(): Promise<unknown> {
  let frames = 0
  let enough = (): void => undefined
  const listened = new Promise<void>((resolve) => (enough = resolve))
  const microphone = await openMicrophone({
    worklet,
    sampleRate: RATE,
    mel: MEL,
    onFrame: () => {
      if (++frames === 20) enough()
    },
  })
  await listened
  await microphone.stop()
  await microphone.stop()
  return { frames: frames >= 20, state: microphone.context.state, warnings: microphone.warnings }
}

/** Codes of what goes wrong. */
async function failures(): Promise<unknown> {
  const codeOf = async (work: () => unknown) => {
    try {
      await work()
      return 'none'
    } catch (error) {
      return isAedError(error) ? error.code : String(error)
    }
  }
  const context = new OfflineAudioContext(1, 1280, 44_100)
  const options = { sampleRate: RATE, mel: MEL, onFrame: () => undefined }
  const withoutModule = await codeOf(() => createMelNode(context, options))
  await context.audioWorklet.addModule(worklet)
  const notFinite = await new Promise((resolve) => {
    const { node } = createMelNode(context, { ...options, onError: ({ code, message }) => resolve(`${code} ${message}`) })
    const source = new AudioBufferSourceNode(context, { buffer: new AudioBuffer({ length: 1280, sampleRate: 44_100 }) })
    source.buffer!.copyToChannel(new Float32Array(1280).fill(NaN), 0)
    source.connect(node)
    source.start()
    void context.startRendering()
  })
  return {
    withoutModule,
    clipReference: await codeOf(() => createMelNode(context, { ...options, mel: { ...MEL, dbRef: 'clip' } })),
    noReceiver: await codeOf(() => createMelNode(context, { sampleRate: RATE, mel: MEL })),
    noWorklet: await codeOf(() => openMicrophone({ ...options, worklet: '/nothing.js' })),
    notFinite,
  }
}

async function run(): Promise<unknown> {
  const rendered: Record<string, unknown> = {}
  for (const rate of RATES) rendered[rate] = await offline(rate)
  return { rendered, microphone: await microphone(), opened: await opened(), failures: await failures(), compiles }
}

Object.assign(globalThis, { result: run() })

import { AedError, log10, patchPeriod, patchStep, refractoryPatches, type DetectionParameters, type DeviceTables, type FeatureConfig, type ModelCard } from '@aed/core'
import type { HeadPlan } from '../head/plan-head.ts'
import type { NetworkEnd } from '../network.ts'

/** Everything from samples to decisions that is known when the C is written. */
export interface AudioChain {
  readonly tables: DeviceTables
  /** Frames of a patch, and frames from one patch to the next. */
  readonly patchLength: number
  readonly patchStep: number
  /** Zeros before the first sample, of a centred signal. */
  readonly padding: number
  /** Samples before a frame's first one that are kept until it is taken: for the envelopes of a clip head those from the centre of the frame before on. */
  readonly lookback: number
  /** What 0 dB is; `none`: no decibels at all. */
  readonly reference: { readonly kind: 'none' | 'fixed' | 'running' | 'patch'; readonly value: number }
  /** Power or magnitude below which nothing is told apart, factor of log2, and the lowest result in dB. */
  readonly decibels: { readonly lowest: number; readonly factor: number; readonly floor: number }
  /** Samples that the ring buffer holds. */
  readonly buffer: number
  /** Null where the model's card has no detection parameters. */
  readonly detection: Detection | null
  /** Frames of the longest clip of a stream; null without a clip head of statistics. */
  readonly clipFrames: number | null
}

/** Detection as the device does it: that of core's `createDetector`. */
export interface Detection {
  readonly smoothing: number
  readonly thresholds: Float32Array
  /** Results after an event in which its class stays quiet. */
  readonly quiet: number
}

/** Largest finite float32: no floor. */
const NO_FLOOR = 3.4028234663852886e38
/** Time of the network for a multiplication, with a third to spare, on a Cortex-M33 at 160 MHz. */
const SECONDS_PER_MAC = 12e-9

/** What the chain is made of, beside the front end's tables. */
export interface AudioParts {
  readonly card: ModelCard | null
  readonly input: NetworkEnd
  /** null with a clip head of statistics. */
  readonly output: NetworkEnd | null
  readonly head: HeadPlan | null
  /** Of the network: the buffer must hold what comes while it runs. */
  readonly macs: number
  /** Of sound beside one frame, in ms; null: by `macs`. */
  readonly bufferMs: number | null
  /** Of a clip of the stream, in s; null: the longest that the model was trained on. */
  readonly clipDuration: number | null
}

/**
 * What the front end's tables and the model's card make of the chain.
 * @throws AedError `DEPLOY_UNSUPPORTED` for what a stream cannot have, `MODEL_MISMATCH` when tables, card and network contradict each other
 */
export function planAudio(tables: DeviceTables, { card, input, output, head, macs, bufferMs, clipDuration }: AudioParts): AudioChain {
  const { options: mel, sampleRate, wordLength } = tables
  if (!card?.features) throw new AedError('MODEL_MISMATCH', 'generateC: a front end was given, but the card has no feature config')
  const { audio, patches, mel: trained } = card.features
  if (wordLength !== 'float32') throw new AedError('DEPLOY_UNSUPPORTED', `generateC: the front end takes tables of float32, got ${wordLength}`)
  if (mel.dbRef === 'clip')
    throw new AedError('DEPLOY_UNSUPPORTED', "generateC: dbRef 'clip' is the maximum of a whole clip, which a live stream does not know", {
      hint: 'leave the front end out, train with dbRef running, patch or a number, or give tables with another dbRef and evaluate what that costs',
    })
  const different = Object.entries(mel).find(([key, value]) => key !== 'dbRef' && trained[key as keyof typeof trained] !== value)
  if (different) throw new AedError('MODEL_MISMATCH', `generateC: the front end has ${different[0]} ${String(different[1])}, the model was trained with ${String(trained[different[0] as keyof typeof trained])}`)
  if (audio.sampleRate !== sampleRate) throw new AedError('MODEL_MISMATCH', `generateC: the front end takes ${sampleRate} Hz, the model was trained at ${audio.sampleRate} Hz`)
  if (input.size !== mel.nMels * patches.patchLength)
    throw new AedError('MODEL_MISMATCH', `generateC: '${input.name}' has ${input.size} values, patches of ${mel.nMels} bands and ${patches.patchLength} frames have ${mel.nMels * patches.patchLength}`)
  if (card.detection && !output)
    throw new AedError('DEPLOY_UNSUPPORTED', `generateC: model '${card.name}' has thresholds for the scores of patches, which its clip head does not give`, { hint: 'leave detection out of its card' })
  const step = head?.patchStep ?? patchStep(patches)
  const padding = mel.center ? mel.nFft / 2 : 0
  const lookback = head?.envelopes === true ? Math.max(0, mel.hopLength - padding) : 0
  const decibel = mel.power === 1 ? 20 : 10
  return {
    tables,
    patchLength: patches.patchLength,
    patchStep: step,
    padding,
    lookback,
    reference: typeof mel.dbRef === 'number' ? { kind: 'fixed', value: mel.dbRef } : { kind: mel.dbRef ?? 'none', value: 0 },
    decibels: { lowest: mel.power === 1 ? Math.sqrt(mel.amin) : mel.amin, factor: decibel * log10(2), floor: mel.topDb === null ? -NO_FLOOR : -mel.topDb },
    buffer: lookback + Math.max(mel.nFft, mel.hopLength) + Math.ceil(sampleRate * (bufferMs === null ? macs * SECONDS_PER_MAC : bufferMs / 1000) + mel.hopLength),
    detection: card.detection && output ? planDetection(card.detection, output, patchPeriod(card.features)) : null,
    clipFrames: head && planClip(tables, card.features, head, clipDuration),
  }
}

/**
 * Frames of the longest clip of a stream: all that a recording of that length has.
 * @throws AedError `INVALID_OPTION`, `DEPLOY_UNSUPPORTED` for one too short for a patch or too long for the sums of the head
 */
function planClip({ options: mel }: DeviceTables, { audio, patches: { patchLength } }: FeatureConfig, { patchStep: step, mostPatches, mostFrames, mostSamples }: HeadPlan, duration: number | null): number {
  const seconds = duration ?? audio.maxDuration
  const most = Math.min(mostFrames ?? Infinity, mostSamples === null ? Infinity : 1 + Math.floor(mostSamples / mel.hopLength), patchLength + (mostPatches - 1) * step)
  if (seconds === null) return most
  const frames = 1 + Math.floor((Math.round(seconds * audio.sampleRate) - (mel.center ? 0 : mel.nFft)) / mel.hopLength)
  if (frames < patchLength) throw new AedError('INVALID_OPTION', `generateC: a clip of ${seconds} s has ${frames} frames, a patch ${patchLength}`, { hint: 'take a longer clipDuration' })
  if (frames > most) throw new AedError('DEPLOY_UNSUPPORTED', `generateC: a clip of ${seconds} s has ${frames} frames, the sums of the clip head hold ${most}`, { hint: 'take a shorter clipDuration' })
  return frames
}

function planDetection({ smoothing, thresholds, refractory }: DetectionParameters, { size, name }: NetworkEnd, period: number): Detection {
  if (thresholds.length !== size) throw new AedError('MODEL_MISMATCH', `generateC: '${name}' has ${size} values, the card's detection ${thresholds.length} thresholds`)
  const quiet = refractoryPatches(refractory, period) - 1
  if (quiet > 65535) throw new AedError('DEPLOY_UNSUPPORTED', `generateC: a refractory time of ${refractory} s is more than 65536 results`)
  return { smoothing, thresholds: Float32Array.from(thresholds), quiet }
}

/** Samples from one result to the next, and until the first one. */
export function resultPeriod({ patchStep: step, tables }: AudioChain): number {
  return step * tables.options.hopLength
}

export function firstResult({ patchLength, padding, tables: { options } }: AudioChain): number {
  return (patchLength - 1) * options.hopLength + Math.max(options.nFft, options.hopLength) - padding
}

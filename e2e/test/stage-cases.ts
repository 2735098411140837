import { createRandom, featureConfig, GraphBuilder, MODEL_CARD_SCHEMA, sha256, tensor, type AudioClip, type Graph, type PatchScores } from '@aed/core'
import { logMelPatches, logMelSpectrogram, toPcm16 } from '@aed/dsp-mel'
import { miniResNetV2Graph } from '@aed/model-miniresnetv2'
import { quantize, writeTflite } from '@aed/quantize-int8'

/** One call of one stage of a package: made anew in every environment from the same seed. */
export interface StageCase {
  readonly stage: string
  readonly input: unknown
  readonly options: unknown
  /** Which of several of the same stage. */
  readonly variant?: string
}

export const caseName = ({ stage, variant }: StageCase): string => (variant === undefined ? stage : `${stage} of ${variant}`)

/** Recordings among @aed/audio's goldens, one a codec. */
export const RECORDINGS = ['wav_pcm_24.wav', 'vorbis_stereo.ogg', 'opus_stereo.opus', 'flac_16_stereo.flac', 'mp3_stereo.mp3'] as const

/** A second of noise with a falling level. */
function clip(): AudioClip {
  const random = createRandom('environments')
  return { samples: Float32Array.from({ length: 24_000 }, (_, i) => random.normal() * (0.3 - i / 100_000)), sampleRate: 16_000 }
}

function smallGraph(): Graph {
  const random = createRandom('small graph')
  const values = (length: number) => Float32Array.from({ length }, () => random.normal() * 0.3)
  const g = new GraphBuilder('small')
  const x = g.input('x', [1, 12, 10, 1])
  const conv = g.conv2d('conv', g.pad2d('pad', x, [1, 1], [1, 1]), g.constant('w', 'float32', [8, 3, 3, 1], values(72)), g.constant('b', 'float32', [8], values(8)), { activation: 'relu' })
  const scaled = g.add('bn/add', g.mul('bn/mul', g.maxPool2d('pool', conv, [2, 2]), g.constant('s', 'float32', [8], values(8))), g.constant('t', 'float32', [8], values(8)))
  const flat = g.flatten('flat', g.relu('relu', scaled))
  return g.build([g.softmax('softmax', g.dense('dense', flat, g.constant('dw', 'float32', [4, 240], values(960)), g.constant('db', 'float32', [4], values(4))))])
}

/** A `.tflite` of four classes that takes patches of 12 bands and 10 frames. */
function smallClassifier(graph: Graph): Uint8Array {
  const features = featureConfig({ mel: { nMels: 12 }, patches: { patchLength: 10 } })
  return writeTflite({ graph, card: { schema: MODEL_CARD_SCHEMA, name: 'small', classes: ['a', 'b', 'c', 'd'], features, head: { kind: 'meanScores' }, provenance: {}, licence: 'Apache-2.0' } })
}

function noise(shape: readonly number[], seed: string) {
  const random = createRandom(seed)
  return tensor('float32', shape, Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()))
}

/** Two sounds, twelve times in a minute. */
function soundEvents(seed: string) {
  const random = createRandom(seed)
  return Array.from({ length: 12 }, (_, i) => {
    const onset = 5 * i + random.uniform()
    return { label: i % 2 === 0 ? 'bark' : 'rain', onset, offset: onset + 0.5 + random.uniform() }
  })
}

function scores(seed = 'scores'): PatchScores {
  const random = createRandom(seed)
  const classes = ['bark', 'rain', 'saw']
  const clips = Array.from({ length: 30 }, (_, i) => ({ id: `clip-${i}`, label: classes[i % 3]!, source: `recording-${i >> 1}`, fold: 1 + (i % 5) }))
  const clipOfPatch = Int32Array.from({ length: 90 }, (_, i) => Math.floor(i / 3))
  return { classes, clips, clipOfPatch, scores: Float32Array.from({ length: 270 }, () => random.uniform()) }
}

/** @param recordings the files of {@link RECORDINGS} */
export function stageCases(recordings: readonly { readonly name: string; readonly bytes: Uint8Array }[]): Readonly<Record<string, readonly StageCase[]>> {
  const graph = smallGraph()
  const config = featureConfig()
  const { graph: int8 } = quantize({ graph, calibration: noise([16, 12, 10, 1], 'calibration') }, {})
  const stereo = { channels: [noise([20_000], 'left').data, noise([20_000], 'right').data], sampleRate: 44_100 }
  return {
    audio: [
      ...recordings.map((file) => ({ stage: 'loadClip', input: file, options: { trimSilenceDb: null, minDuration: null }, variant: file.name })),
      { stage: 'prepareClip', input: stereo, options: {} },
      { stage: 'augmentWaveform', input: { clip: clip(), key: 'a' }, options: { seed: 3, steps: [{ step: 'noise', color: 'pink' }, { step: 'speed', probability: 1 }, { step: 'clipping' }, { step: 'shift' }] } },
    ],
    'dsp-mel': [
      { stage: 'logMelPatches', input: clip(), options: config },
      { stage: 'stft', input: clip(), options: { nFft: 400, hopLength: 160 } },
      { stage: 'mfcc', input: logMelSpectrogram(clip(), config.mel), options: { nMfcc: 13 } },
      { stage: 'augmentPatches', input: { patches: logMelPatches(clip(), config) }, options: { seed: 7, floor: -80, steps: [{ name: 'equalize', maxGain: 6 }, { name: 'timeMask', maxWidth: 10, probability: 0.5 }, { name: 'noise', deviation: 1 }] } },
      { stage: 'deviceLogMelPatches', input: { samples: toPcm16(clip().samples), sampleRate: 16_000 }, options: { mel: config.mel, patches: config.patches, wordLength: 'float32' } },
      { stage: 'bandEnvelopes', input: clip(), options: {} },
      { stage: 'envelopeLevels', input: clip(), options: {} },
      { stage: 'logMelLevels', input: logMelSpectrogram(clip(), config.mel), options: {} },
      { stage: 'logMelModulation', input: logMelSpectrogram(clip(), config.mel), options: {} },
      { stage: 'logMelMoments', input: logMelSpectrogram(clip(), config.mel), options: {} },
      { stage: 'melSpectrogram', input: clip(), options: { ...config.mel, nFft: 960, window: 'hamming', power: 1 } },
    ],
    'model-miniresnetv2': [
      {
        stage: 'trainDenseHead',
        input: { embeddings: noise([60, 32], 'embeddings'), labels: Int32Array.from({ length: 60 }, (_, i) => i % 3), train: Int32Array.from({ length: 45 }, (_, i) => i), validation: Int32Array.from({ length: 15 }, (_, i) => 45 + i) },
        options: { epochs: 5 },
      },
      { stage: 'classify', input: { model: smallClassifier(int8), name: 'small', channels: [clip().samples], sampleRate: 16_000 }, options: { topK: 4 } },
    ],
    'quantize-int8': [
      { stage: 'quantize', input: { graph, calibration: noise([16, 12, 10, 1], 'calibration') }, options: {} },
      { stage: 'runFloat', input: { graph: miniResNetV2Graph({ stacks: 1, classes: 10, inputShape: [64, 50, 1], seed: 3 }), input: noise([1, 64, 50, 1], 'patch') }, options: {} },
      { stage: 'runInt8', input: { graph: int8, input: { dtype: 'int8', shape: [2, 12, 10, 1], data: Int8Array.from({ length: 240 }, (_, i) => ((i * 37) % 256) - 128) } }, options: {} },
      { stage: 'runInt8Wasm', input: { graph: int8, input: { dtype: 'int8', shape: [2, 12, 10, 1], data: Int8Array.from({ length: 240 }, (_, i) => ((i * 37) % 256) - 128) } }, options: {} },
      { stage: 'writeTflite', input: { graph: int8, card: null }, options: {} },
    ],
    'eval-cliplevel': [
      { stage: 'evaluate', input: scores(), options: {} },
      { stage: 'clipScores', input: scores(), options: { aggregation: 'logMean', multiLabel: true, smoothing: 2 } },
      { stage: 'rankingMetrics', input: { classes: scores().classes, scores: scores().scores, targets: Uint8Array.from({ length: 270 }, (_, i) => (i * 7) % 3 >> 1) }, options: {} },
      { stage: 'evaluateOpenSet', input: { known: scores(), outside: scores('outside') }, options: { maxFalseAccepts: 0.2, perClass: true } },
      { stage: 'compareScores', input: { first: scores(), second: scores('other') }, options: {} },
      { stage: 'evaluateEvents', input: { classes: ['bark', 'rain'], recordings: [{ id: 'r', duration: 60, reference: soundEvents('reference'), estimated: soundEvents('estimated') }] }, options: {} },
      { stage: 'tuneDetection', input: { classes: ['bark', 'rain', 'saw'], streams: [{ id: 'r', duration: 69, scores: scores().scores, reference: soundEvents('reference') }], period: 0.76, patchLength: 1 }, options: { perClass: true, maxFalseAlarms: 100 } },
    ],
    'stm32-deploy': [{ stage: 'generateC', input: { graph: int8, card: null, selftest: null }, options: { name: 'small' } }],
  }
}

/** SHA-256 of a result: equal only where every number has the same bits and every text the same letters. */
export async function digest(value: unknown): Promise<string> {
  const text = JSON.stringify(value, (_key, part: unknown) => {
    if (!ArrayBuffer.isView(part)) return part
    const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength)
    return `${part.constructor.name}:${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
  })
  return sha256(text)
}


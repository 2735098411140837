import { prepareClip } from '@aed/audio'
import { createRandom, featureConfig, MODEL_CARD_SCHEMA, tensor, type AudioClip, type ModelCard } from '@aed/core'
import { logMelPatches } from '@aed/dsp-mel'
import { createFloatExecutor, quantize, writeTflite } from '@aed/quantize-int8'
import { withDenseHead } from '../src/dense-head.ts'
import { fitBatchNorm } from '../src/fit-batch-norm.ts'
import { miniResNetV2Graph } from '../src/miniresnetv2.ts'
import { trainDenseHead } from '../src/train-dense-head.ts'

export const CLASSES = ['low', 'high', 'noise'] as const

/** A second or so of a low tone, a high tone or noise. */
export function sound(label: (typeof CLASSES)[number], seed: number | string, seconds = 1.5, sampleRate = 16000): AudioClip {
  const random = createRandom(seed)
  const frequency = label === 'low' ? random.between(200, 400) : random.between(2500, 4500)
  const step = (2 * Math.PI * frequency) / sampleRate
  // Parabolas in place of a sine: of Math only what IEEE 754 fixes.
  const wave = (phase: number) => {
    const x = phase / Math.PI - Math.floor(phase / Math.PI / 2) * 2 - 1
    return 4 * x * (1 - Math.abs(x))
  }
  const samples = Float32Array.from({ length: Math.round(seconds * sampleRate) }, (_, i) => (label === 'noise' ? 0.2 * random.normal() : 0.4 * wave(i * step) + 0.002 * random.normal()))
  return { samples, sampleRate }
}

/** A small classifier of such sounds, trained here: its `.tflite` and what it was made of. */
export function toneModel({ outputType = 'float32', card: change = {} }: { readonly outputType?: 'int8' | 'float32'; readonly card?: Partial<ModelCard> } = {}) {
  const features = featureConfig({ audio: { minDuration: null }, mel: { nMels: 16, nFft: 512, hopLength: 320 }, patches: { patchLength: 25 } })
  const clips = Array.from({ length: 24 }, (_, i) => sound(CLASSES[i % 3]!, i))
  const sets = clips.map((clip) => logMelPatches(prepareClip(clip, features.audio), features))
  const count = sets.reduce((sum, { shape }) => sum + shape[0]!, 0)
  const data = new Float32Array(count * 16 * 25)
  let at = 0
  for (const set of sets) {
    data.set(set.data, at)
    at += set.data.length
  }
  const patches = tensor('float32', [count, 16, 25], data)
  const labels = Int32Array.from(sets.flatMap(({ shape }, clip) => new Array<number>(shape[0]!).fill(clip % 3)))
  const backbone = fitBatchNorm(miniResNetV2Graph({ inputShape: [16, 25, 1], pooling: 'avg', seed: 1 }), patches)
  const embeddings = createFloatExecutor(backbone).run(patches)
  const { head } = trainDenseHead({ embeddings, labels, train: Int32Array.from(labels.keys()), validation: new Int32Array(0), classes: 3 }, { epochs: 60, learningRate: 0.01 })
  const float = withDenseHead(backbone, head, 'softmax')
  const { graph } = quantize({ graph: float, calibration: patches }, { inputType: outputType, outputType, reportPatches: 1 })
  const card: ModelCard = { schema: MODEL_CARD_SCHEMA, name: 'tones', classes: [...CLASSES], features, head: { kind: 'meanScores' }, provenance: {}, licence: 'Apache-2.0', ...change }
  return { float, graph, card, features, file: writeTflite({ graph, card }) }
}

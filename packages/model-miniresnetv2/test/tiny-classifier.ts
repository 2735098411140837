import { createRandom } from '@aed/core'
import { kerasModel, type KerasModel } from '../src/keras/model.ts'
import type { KerasNetwork } from '../src/keras/network.ts'
import { initialWeights } from '../src/miniresnetv2.ts'
import type { TrainingClip } from '../src/training/samples.ts'

/** Bands and frames of the tiny classifier's patches, and its classes. */
export const MELS = 6
export const FRAMES = 4
export const CLASSES = ['low', 'middle', 'high']

/** A classifier with every kind of trained layer, small enough for a training within a test. */
export function tinyClassifier({ dropout = 0.2, seed = 1, activation = 'softmax' }: { dropout?: number; seed?: number | string; activation?: 'softmax' | 'sigmoid' } = {}): KerasModel {
  const conv = { type: 'Conv2D', kernelSize: [3, 3], strides: [1, 1], padding: 'same', dilations: [1, 1], activation: 'linear' } as const
  const norm = { type: 'BatchNormalization', epsilon: 1e-3, momentum: 0.9, center: true, scale: true } as const
  const network: KerasNetwork = {
    name: 'tiny',
    layers: [
      { type: 'InputLayer', name: 'input', inputs: [], shape: [MELS, FRAMES, 1] },
      { ...conv, name: 'conv1', inputs: ['input'], filters: 2, useBias: true },
      { ...norm, name: 'bn1', inputs: ['conv1'] },
      { type: 'Activation', name: 'relu1', inputs: ['bn1'], activation: 'relu' },
      { ...conv, name: 'conv2', inputs: ['relu1'], filters: 2, useBias: false },
      { type: 'Add', name: 'add', inputs: ['conv2', 'conv1'] },
      { type: 'MaxPooling2D', name: 'pool', inputs: ['add'], poolSize: [2, 2], strides: [2, 2], padding: 'valid' },
      { ...norm, name: 'bn2', inputs: ['pool'] },
      { type: 'Flatten', name: 'flatten', inputs: ['bn2'] },
      { type: 'Dropout', name: 'dropout', inputs: ['flatten'], rate: dropout },
      { type: 'Dense', name: 'head', inputs: ['dropout'], units: CLASSES.length, useBias: true, activation },
    ],
    output: 'head',
  }
  return kerasModel(network, initialWeights(network, seed), 'tiny')
}

/** Clips of noise with one loud band, by class low, in the middle or high; frames from a patch to twice as many. */
export function toneClips(count: number, seed: string): TrainingClip[] {
  const random = createRandom(seed)
  return Array.from({ length: count }, (_, i) => {
    const label = i % CLASSES.length
    const frames = FRAMES + random.integer(FRAMES)
    const band = label * 2 + random.integer(2)
    const data = Float32Array.from({ length: MELS * frames }, (__, k) => random.normal() + (Math.floor(k / frames) === band ? 2 : 0))
    return { spectrograms: [{ dtype: 'float32', shape: [MELS, frames], data }], labels: [label] }
  })
}

/** The first window of each clip, with labels. */
export function firstWindows(clips: readonly TrainingClip[]) {
  const data = new Float32Array(clips.length * MELS * FRAMES)
  clips.forEach(({ spectrograms }, i) => {
    const { shape, data: from } = spectrograms[0]!
    for (let m = 0; m < MELS; m++) data.set(from.subarray(m * shape[1]!, m * shape[1]! + FRAMES), (i * MELS + m) * FRAMES)
  })
  return { patches: { dtype: 'float32', shape: [clips.length, MELS, FRAMES], data } as const, labels: clips.map(({ labels }) => labels) }
}

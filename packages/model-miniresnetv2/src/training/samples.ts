import { AedError, createRandom, formatShape, sha256, type Tensor } from '@aed/core'
import { augmentPatches } from '@aed/dsp-mel'
import type { TrainModelOptions } from './options.ts'

/** A clip to learn from. */
export interface TrainingClip {
  /**
   * `[mels, frames]`, in the unit that the network takes, each at least as long as a patch: a sample is a window of one of them, drawn at random.
   * Several where the clip exists in several forms (at other speeds).
   */
  readonly spectrograms: readonly Tensor<'float32'>[]
  /** Its class, or of several labels all of its classes; empty where nothing is to be told apart. */
  readonly labels: readonly number[]
}

/** Samples as a step takes them. */
export interface DrawnBatch {
  /** `[count, mels, frames]`. */
  readonly inputs: Float32Array
  /** `[count, classes]`, smoothed and mixed. */
  readonly targets: Float32Array<ArrayBuffer>
  /** `[count]`, by class. */
  readonly weights: Float32Array<ArrayBuffer>
}

/** Where the samples of each epoch come from: by seed, epoch and place in the epoch alone, whatever was drawn before. */
export interface SampleSource {
  readonly samplesPerEpoch: number
  /** Clips of an epoch in the order in which they are drawn. */
  readonly order: (epoch: number) => Int32Array
  /** @param from place of the first sample in the epoch */
  readonly draw: (epoch: number, order: Int32Array, from: number, count: number) => DrawnBatch
  /** SHA-256 of spectrograms and labels. */
  readonly digest: () => Promise<string>
}

/** Draws of a window that is loud enough before the loudest of them is taken. */
const PEAK_DRAWS = 10

/**
 * @param patch `[mels, frames]` that the network takes
 * @param classNames names of the classes; empty: no targets
 * @throws AedError `SPLIT_INVALID` for no clips or a class without any, `MODEL_MISMATCH` for spectrograms of other bands or too few frames, `INVALID_INPUT` for an unknown class
 */
export function createSampleSource(clips: readonly TrainingClip[], [mels, frames]: readonly [number, number], classNames: readonly string[], options: TrainModelOptions, multiLabel: boolean): SampleSource {
  const { labelSmoothing, minPeakDb, augment, augmentFloor } = options
  const classes = classNames.length
  checkClips(clips, mels, frames, classNames, multiLabel)
  const classWeights = weightsOfClasses(clips, classes, options.classWeights)
  const samplesPerEpoch = options.samplesPerEpoch ?? clips.length
  const random = createRandom(options.seed)
  const augmentSeed = random.fork('augment').uint32()
  const size = mels * frames

  /** Copies a window of a clip to `to[at]`. */
  function window({ spectrograms }: TrainingClip, epoch: number, sample: number, to: Float32Array, at: number): void {
    const own = random.fork(`window/${epoch}/${sample}`)
    let loudest = { peak: -Infinity, from: 0, source: spectrograms[0]! }
    for (let i = 0; i < (minPeakDb === null ? 1 : PEAK_DRAWS); i++) {
      const source = spectrograms[own.integer(spectrograms.length)]!
      const from = own.integer(source.shape[1]! - frames + 1)
      const peak = minPeakDb === null ? 0 : peakOf(source, from, frames)
      if (peak > loudest.peak) loudest = { peak, from, source }
      if (minPeakDb === null || peak >= minPeakDb) break
    }
    const { source, from } = loudest
    const length = source.shape[1]!
    for (let m = 0; m < mels; m++) to.set(source.data.subarray(m * length + from, m * length + from + frames), at + m * frames)
  }

  return {
    samplesPerEpoch,
    order(epoch) {
      const shuffling = random.fork(`order/${epoch}`)
      const order = new Int32Array(samplesPerEpoch)
      for (let from = 0; from < samplesPerEpoch; from += clips.length) order.set(shuffling.shuffle(Int32Array.from(clips.keys())).subarray(0, samplesPerEpoch - from), from)
      return order
    },
    draw(epoch, order, from, count) {
      const inputs = new Float32Array(count * size)
      const drawn = Array.from({ length: count }, (_, i) => clips[order[from + i]!]!)
      drawn.forEach((clip, i) => window(clip, epoch, from + i, inputs, i * size))
      const patches: Tensor<'float32'> = { dtype: 'float32', shape: [count, mels, frames], data: inputs }
      const augmented =
        augment.length === 0 ? null : augmentPatches({ patches, partners: patches }, { seed: augmentSeed, offset: (epoch - 1) * samplesPerEpoch + from, floor: augmentFloor, steps: augment })
      const targets = new Float32Array(count * classes)
      const weights = new Float32Array(count).fill(1)
      if (classes > 0)
        drawn.forEach((clip, i) => {
          const own = targetsOf([clip.labels], classes)
          const partner = augmented && augmented.partners[i]! >= 0 ? targetsOf([drawn[augmented.partners[i]!]!.labels], classes) : own
          const share = augmented?.weights[i] ?? 1
          let weight = 0
          let labels = 0
          for (let c = 0; c < classes; c++) {
            const mixed = share * own[c]! + (1 - share) * partner[c]!
            weight += mixed * classWeights[c]!
            labels += mixed
            targets[i * classes + c] = (1 - labelSmoothing) * mixed + labelSmoothing / (multiLabel ? 2 : classes)
          }
          weights[i] = labels > 0 ? weight / labels : 1
        })
      return { inputs: augmented ? augmented.patches.data : inputs, targets, weights }
    },
    async digest() {
      const parts = await Promise.all(clips.map(async ({ spectrograms, labels }) => [labels, ...(await Promise.all(spectrograms.map(async ({ shape, data }) => [shape, await sha256(data)])))]))
      return sha256(JSON.stringify(parts))
    },
  }
}

/** Ones at the classes of each item, `[n, classes]`. */
export function targetsOf(labels: readonly (readonly number[])[], classes: number): Float32Array<ArrayBuffer> {
  const targets = new Float32Array(classes > 0 ? labels.length * classes : 0)
  if (classes > 0) labels.forEach((of, i) => of.forEach((label) => (targets[i * classes + label] = 1)))
  return targets
}

function peakOf({ shape, data }: Tensor<'float32'>, from: number, frames: number): number {
  const [mels, length] = shape as [number, number]
  let peak = -Infinity
  for (let m = 0; m < mels; m++) for (let t = from; t < from + frames; t++) peak = Math.max(peak, data[m * length + t]!)
  return peak
}

function checkClips(clips: readonly TrainingClip[], mels: number, frames: number, classNames: readonly string[], multiLabel: boolean): void {
  if (clips.length === 0) throw new AedError('SPLIT_INVALID', 'trainModel: there are no clips to train on')
  const seen = new Set<number>()
  clips.forEach(({ spectrograms, labels }, i) => {
    if (spectrograms.length === 0) throw new AedError('INVALID_INPUT', `trainModel: training clip ${i} has no spectrogram`)
    for (const { shape, data } of spectrograms) {
      if (shape.length !== 2 || shape[0] !== mels || shape[1]! < frames || data.length !== shape[0] * shape[1]!)
        throw new AedError('MODEL_MISMATCH', `trainModel: training clip ${i}: expected a spectrogram of ${mels} bands and at least ${frames} frames, got ${formatShape(shape)} with ${data.length} values`, {
          hint: 'take the feature config of the network, and leave out clips shorter than a patch',
        })
    }
    if (classNames.length > 0 && !multiLabel && labels.length !== 1) throw new AedError('INVALID_INPUT', `trainModel: training clip ${i} has ${labels.length} classes, one is needed`, { hint: 'multiLabel takes any number' })
    for (const label of classNames.length > 0 ? labels : []) {
      if (!Number.isInteger(label) || label < 0 || label >= classNames.length) throw new AedError('INVALID_INPUT', `trainModel: training clip ${i} has class ${label} of ${classNames.length}`)
      seen.add(label)
    }
  })
  const without = classNames.find((_, c) => !seen.has(c))
  if (without !== undefined) throw new AedError('SPLIT_INVALID', `trainModel: class '${without}' has no clip to train on`, { hint: 'add recordings of that class, or leave it out' })
}

/** Mean 1 over all clips. */
function weightsOfClasses(clips: readonly TrainingClip[], classes: number, how: TrainModelOptions['classWeights']): Float64Array {
  const weights = new Float64Array(classes).fill(1)
  if (how === 'none') return weights
  const counts = new Float64Array(classes)
  for (const { labels } of clips) for (const label of labels) counts[label]!++
  const total = counts.reduce((sum, count) => sum + count, 0)
  return weights.map((_, c) => total / (classes * counts[c]!))
}

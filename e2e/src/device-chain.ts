import { createDetector, movingMean, patchPeriod, sizeOf, tensorOf, type DetectionParameters, type FeatureConfig, type Graph } from '@aed/core'
import { deviceLogMelPatches } from '@aed/dsp-mel'
import { dequantizeValues, int8Core, quantizeValues } from '@aed/quantize-int8'
import { createReferenceEngine } from '@aed/quantize-int8/engine'

/** What the chain that a device runs makes of a recording. */
export interface DeviceChainRun {
  readonly patches: number
  /** int8 `[patches, inputSize]`: what the front end gives the network. */
  readonly inputs: Int8Array
  /** int8 `[patches, outputSize]` */
  readonly outputs: Int8Array
  /** `[patches, classes]`: moving means of the scores. */
  readonly scores: Float32Array
  /** `[patches, classes]`: 1 where a class fires. */
  readonly events: Uint8Array
}

/**
 * The chain of the C library in TypeScript, equal to its bytes: 16-bit samples, the front end in float32, QUANTIZE, the int8 network, moving means and
 * thresholds. As a batch it also has the frames that reach beyond the recording's end: a stream gives them once nFft / 2 zeros follow.
 * @param features with the `dbRef` that the library was made with
 * @throws AedError of `deviceLogMelPatches` and of the engine
 */
export function runDeviceChain(graph: Graph, features: FeatureConfig, detection: DetectionParameters | undefined, samples: Int16Array): DeviceChainRun {
  const core = int8Core(graph)
  const input = tensorOf(core, core.inputs[0])
  const output = tensorOf(core, core.outputs[0])
  const classes = sizeOf(output.shape)
  const { shape, data } = deviceLogMelPatches({ samples, sampleRate: features.audio.sampleRate }, features)
  const patches = shape[0]!
  const inputs = quantizeValues(data, input.quantization!)
  const outputs = patches === 0 ? new Int8Array(0) : (createReferenceEngine(core).run({ dtype: 'int8', shape: [patches, ...input.shape.slice(1)], data: inputs }).data as Int8Array)
  const own = dequantizeValues(outputs, output.quantization!)
  const events = new Uint8Array(patches * classes)
  if (detection) {
    const detector = createDetector(detection, patchPeriod(features))
    for (let patch = 0; patch < patches; patch++) for (const fired of detector.push(own.subarray(patch * classes, (patch + 1) * classes))) events[patch * classes + fired.class] = 1
  }
  return { patches, inputs, outputs, scores: movingMean(own, classes, detection?.smoothing ?? 1), events }
}

/** A recording with what makes a stream give its last frames: nFft / 2 zeros behind a centred one; a hop's worth where frames lie apart, whose gaps a stream takes with them. */
export function withTail(samples: Int16Array, { mel }: FeatureConfig): Int16Array {
  const whole = new Int16Array(samples.length + (mel.center ? mel.nFft / 2 : 0) + Math.max(0, mel.hopLength - mel.nFft))
  whole.set(samples)
  return whole
}

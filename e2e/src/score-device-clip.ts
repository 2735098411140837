import { decodeFile, prepareClip, type AudioFile } from '@aed/audio'
import { AedError, clipHeadScores, throwIfAborted, type Graph, type StageContext, type Tensor } from '@aed/core'
import { toPcm16 } from '@aed/dsp-mel'
import { createWasmEngine, int8Core } from '@aed/quantize-int8'
import { amplify } from './clip-copies.ts'
import { createDeviceClipChain, type ClipCard, type DeviceClipChain } from './device-clip.ts'
import { keepPrepared } from './keep-prepared.ts'

/** An int8 model with a clip head as a C library carries it. */
export interface DeviceClipModel {
  /** Of graph and card: what a prepared model is kept by. */
  readonly key: string
  readonly graph: Graph
  readonly card: ClipCard
}

/** Models that this thread has prepared. */
const prepared = keepPrepared<DeviceClipChain>(2)

/**
 * What a device says of a recording, as loud as recorded and at other gains: prepared like every clip, rounded to 16 bit, where samples beyond full scale are limited, and one clip from its first to its last frame.
 * @returns `[gains, classes]`
 * @throws AedError of `@aed/audio`; `INVALID_INPUT` for a clip without a patch
 */
export async function scoreDeviceClip({ file, model }: { readonly file: AudioFile; readonly model: DeviceClipModel }, { gainsDb }: { readonly gainsDb: readonly number[] }, context: StageContext = {}): Promise<Tensor<'float32'>> {
  const { graph, card } = model
  const features = card.features!
  const { linear, hear } = await prepared(model.key, async () => createDeviceClipChain(graph, card, features, await createWasmEngine(int8Core(graph))))
  const { channels, sampleRate } = await decodeFile(file, features.audio)
  const data = new Float32Array(gainsDb.length * linear.classes)
  for (const [i, gainDb] of gainsDb.entries()) {
    throwIfAborted(context.signal)
    const { samples } = prepareClip({ channels: channels.map((channel) => amplify(channel, gainDb)), sampleRate }, features.audio)
    const recording = hear(toPcm16(samples))
    const whole = recording.clip(0, recording.frames).whole()
    if (!whole) throw new AedError('INVALID_INPUT', `${file.name}: a clip head needs a clip of one patch at least`, { hint: 'lengthen the clip: minDuration' })
    data.set(clipHeadScores(linear, whole), i * linear.classes)
  }
  return { dtype: 'float32', shape: [gainsDb.length, linear.classes], data }
}

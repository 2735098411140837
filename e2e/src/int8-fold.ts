import { sha256, type Graph, type ModelCard } from '@aed/core'
import type { Dataset } from '@aed/datasets'
import { readTflite, writeTflite } from '@aed/quantize-int8'
import { bytesCodec } from './cache.ts'
import type { StatisticsNetwork } from './clip-measures.ts'
import { loadPatches, stratifiedSample, take } from './patches.ts'
import type { RunContext } from './run-context.ts'
import { patchLabels } from './train-fold.ts'

/** Clips that calibration patches are drawn from, and patches. */
const CALIBRATION_CLIPS = 60
const CALIBRATION_PATCHES = 200

/** An int8 network whose outputs are taps, as its file holds it. */
export interface Int8Taps extends StatisticsNetwork {
  readonly tflite: Uint8Array<ArrayBuffer>
}

/**
 * Quantizes the network of a clip head on patches of training clips, and writes it with its card.
 * @param graph float, its outputs the taps
 * @param train indices of clips that may be looked at
 */
export async function quantizeTaps(graph: Graph, key: string, card: ModelCard, dataset: Dataset, train: readonly number[], context: RunContext): Promise<Int8Taps> {
  const labels = Int32Array.from(dataset.clips, ({ label }) => dataset.classes.indexOf(label))
  const chosen = stratifiedSample(Int32Array.from(train), labels, CALIBRATION_CLIPS, `${key}/calibration`)
  const some = { ...dataset, clips: [...chosen].map((clip) => dataset.clips[clip]!) }
  const { cache, pool, signal } = context
  const tflite = await cache.get('int8-taps-1', { key, card, outputs: graph.outputs, clips: some.clips.map(({ id }) => id) }, bytesCodec, async () => {
    const set = await loadPatches(some, card.features!, context, () => undefined)
    const sample = stratifiedSample(Int32Array.from(set.clipOfPatch.keys()), patchLabels(set, dataset.classes), CALIBRATION_PATCHES, `${key}/patches`)
    const { graph: quantized } = await pool.stages.quantize({ graph, calibration: take(set.patches, sample) }, {}, { signal })
    return writeTflite({ graph: quantized, card })
  })
  return { tflite, graph: readTflite(tflite, `${card.name}.tflite`).graph, key: await sha256(tflite) }
}

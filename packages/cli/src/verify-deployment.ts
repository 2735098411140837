import { AedError, type FeatureConfig, type Graph, type ModelCard } from '@aed/core'
import type { DatasetClip } from '@aed/datasets'
import { clipInputs, countEqual, estimateDeployment, loadPatches, orRemark, readForModel, verifyChain, verifyLayers, verifyNetwork, withRunContext, type DeploymentEstimate, type LayerVerification, type TestVectors, type Verification } from '@aed/e2e'
import { emulatedBoard, type GeneratedLibrary } from '@aed/stm32-deploy'
import { buildForHost, openDevice, openSerial, runOnHost } from '@aed/stm32-deploy/node'
import type { Output } from './output.ts'
import { skippedText } from './text.ts'

/** Inputs that an emulated core or a board compares: each takes a second or so. */
const DEVICE_INPUTS = 3

interface Task extends GeneratedLibrary {
  readonly graph: Graph
  readonly card: ModelCard | null
  /** Of the front end in the library; null without one. */
  readonly features: FeatureConfig | null
  readonly vectors: TestVectors
  readonly data: string | undefined
  readonly fold: string | undefined
  /** Leaves out clips that cannot be read; a remark names them. */
  readonly skipBad: boolean
  readonly serial: string | undefined
  readonly logits: boolean
}

/**
 * All that `aed deploy --verify` compares: every layer of every vector and of the data's patches on this machine, some vectors on the emulated core and on a board, and
 * the whole chain on the emulated core.
 * Without compiler or emulator a remark says what was left out.
 * @throws AedError `VERIFY_FAILED` at the first difference
 */
export async function verifyDeployment(task: Task, { output, signal }: { readonly output: Output; readonly signal: AbortSignal | undefined }): Promise<{ verified: Verification; estimate: DeploymentEstimate | null; remarks: readonly string[] }> {
  const { files, report, graph, card, features, vectors, serial, logits } = task
  const remarks: string[] = []
  const few = some(vectors, DEVICE_INPUTS)
  // First, as a port or a board may be the wrong one: the others take minutes.
  const onSerial = serial === undefined ? null : await onBoard(serial, files, few, signal)
  const clips = task.data === undefined ? [] : await clipsOf(task, card!, (text) => remarks.push(text), output, signal)
  const here = (await orRemark(() => onThisMachine(task, clips, output, signal), (text) => remarks.push(`Nothing was run on this machine: ${text}.`))) ?? { inputs: 0, equal: 0, layers: null }
  if (logits && features) remarks.push('With --logits the chain is not compared: the one in TypeScript ends in the softmax.')
  const board = emulatedBoard(report.target)
  if (board === null) remarks.push(`target ${report.target} has no emulated board: nothing was run on one.`)
  const emulated = board && (await orRemark(
    async () => {
      const device = await openDevice(files, board as 'mps2-an505', { signal })
      try {
        const emulator = await verifyNetwork(device, files, few)
        const chain = features && card && !logits ? await verifyChain(device, { files, graph, card, features, clips, clipFrames: report.head?.clipFrames }, (progress) => output.progress(progress)) : null
        const estimate = (await orRemark(() => estimateDeployment(device, report, few.inputs.slice(0, few.inputs.length / few.count), features), (text) => remarks.push(`Cycles are not estimated: ${text}.`))) ?? null
        return { emulator, chain, estimate }
      } finally {
        await device.close()
      }
    },
    (text) => remarks.push(`Nothing was run on an emulated core: ${text}.`),
  ))
  return { verified: { ...here, emulator: emulated?.emulator ?? null, chain: emulated?.chain ?? null, serial: onSerial }, estimate: emulated?.estimate ?? null, remarks }
}

async function onThisMachine({ files, rows, graph, features, vectors: { inputs, outputs, count } }: Task, clips: readonly DatasetClip[], output: Output, signal: AbortSignal | undefined) {
  const built = await buildForHost(files, { signal })
  try {
    const equal = countEqual(await runOnHost(built, inputs, count, { signal }), outputs, outputs.length / count)
    if (equal !== count) throw new AedError('VERIFY_FAILED', `this machine: the compiled C equals the engine on ${equal} of ${count} inputs`, { hint: 'please report this as a bug' })
  } finally {
    await built.remove()
  }
  const ofClips = features ? await clipInputs(graph, features, clips) : new Int8Array(0)
  const all = new Int8Array(inputs.length + ofClips.length)
  all.set(inputs)
  all.set(ofClips, inputs.length)
  const patches = ofClips.length / (inputs.length / count)
  const layers: LayerVerification = { ...(await verifyLayers({ files, rows }, graph, all, count + patches, { signal, onProgress: (progress) => output.progress(progress) })), patches }
  return { inputs: count, equal: count, layers }
}

async function onBoard(port: string, files: GeneratedLibrary['files'], vectors: TestVectors, signal: AbortSignal | undefined) {
  const device = await openSerial(port, { signal })
  try {
    return await verifyNetwork(device, files, vectors)
  } finally {
    await device.close()
  }
}

function some({ inputs, outputs, count }: TestVectors, most: number): TestVectors {
  const few = Math.min(count, most)
  return { count: few, inputs: inputs.slice(0, (inputs.length / count) * few), outputs: outputs.slice(0, (outputs.length / count) * few) }
}

async function clipsOf({ data, fold, skipBad }: Task, card: ModelCard, remark: (text: string) => void, output: Output, signal: AbortSignal | undefined): Promise<readonly DatasetClip[]> {
  const dataset = await readForModel(data!, card)
  const chosen = fold === undefined ? dataset.clips : dataset.clips.filter((clip) => clip.fold === Number(fold))
  if (chosen.length === 0) throw new AedError('INVALID_OPTION', `aed deploy: --fold ${fold ?? ''}: ${data!} has no such fold`)
  if (!skipBad) return chosen
  const { clips, skipped } = await withRunContext({ signal }, (context) => loadPatches({ ...dataset, clips: chosen }, card.features!, context, (progress) => output.progress(progress), { skipBad }))
  if (skipped.length > 0) remark(skippedText(skipped))
  return clips
}

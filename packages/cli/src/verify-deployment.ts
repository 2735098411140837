import { AedError, type FeatureConfig, type Graph, type ModelCard } from '@aed/core'
import { countEqual, estimateDeployment, orRemark, readForModel, verifyChain, verifyNetwork, type DeploymentEstimate, type TestVectors, type Verification } from '@aed/e2e'
import { emulatedBoard, type DeployReport } from '@aed/stm32-deploy'
import { buildForHost, openDevice, openSerial, runOnHost, type LibraryFiles } from '@aed/stm32-deploy/node'
import type { Output } from './output.ts'

/** Inputs that an emulated core or a board compares: each takes a second or so. */
const DEVICE_INPUTS = 3

interface Task {
  readonly files: LibraryFiles
  readonly report: DeployReport
  readonly graph: Graph
  readonly card: ModelCard | null
  /** Of the front end in the library; null without one. */
  readonly features: FeatureConfig | null
  readonly vectors: TestVectors
  readonly data: string | undefined
  readonly fold: string | undefined
  readonly serial: string | undefined
  readonly logits: boolean
}

/**
 * All that `aed deploy --verify` compares: every vector on this machine, some on the emulated core and on a board, and the whole chain on the emulated core.
 * Without compiler or emulator a remark says what was left out.
 * @throws AedError `VERIFY_FAILED` at the first difference
 */
export async function verifyDeployment(task: Task, { output, signal }: { readonly output: Output; readonly signal: AbortSignal | undefined }): Promise<{ verified: Verification; estimate: DeploymentEstimate | null; remarks: readonly string[] }> {
  const { files, report, graph, card, features, vectors, serial, logits } = task
  const remarks: string[] = []
  const here = (await orRemark(() => onThisMachine(files, vectors, signal), (text) => remarks.push(`Nothing was run on this machine: ${text}.`))) ?? { inputs: 0, equal: 0 }
  if (logits && features) remarks.push('With --logits the chain is not compared: the one in TypeScript ends in the softmax.')
  const few = some(vectors, DEVICE_INPUTS)
  const board = emulatedBoard(report.target)
  if (board === null) remarks.push(`target ${report.target} has no emulated board: nothing was run on one.`)
  const emulated = board && (await orRemark(
    async () => {
      const device = await openDevice(files, board as 'mps2-an505', { signal })
      try {
        const emulator = await verifyNetwork(device, files, few)
        const clips = task.data === undefined ? [] : await clipsOf(task.data, task.fold, card!)
        const chain = features && card && !logits ? await verifyChain(device, { files, graph, card, features, clips }, (progress) => output.progress(progress)) : null
        const estimate = (await orRemark(() => estimateDeployment(device, report, few.inputs.slice(0, few.inputs.length / few.count), features), (text) => remarks.push(`Cycles are not estimated: ${text}.`))) ?? null
        return { emulator, chain, estimate }
      } finally {
        await device.close()
      }
    },
    (text) => remarks.push(`Nothing was run on an emulated core: ${text}.`),
  ))
  return { verified: { ...here, emulator: emulated?.emulator ?? null, chain: emulated?.chain ?? null, serial: serial === undefined ? null : await onBoard(serial, files, few, signal) }, estimate: emulated?.estimate ?? null, remarks }
}

async function onThisMachine(files: LibraryFiles, { inputs, outputs, count }: TestVectors, signal: AbortSignal | undefined) {
  const built = await buildForHost(files, { signal })
  try {
    const equal = countEqual(await runOnHost(built, inputs, count, { signal }), outputs, outputs.length / count)
    if (equal !== count) throw new AedError('VERIFY_FAILED', `this machine: the compiled C equals the engine on ${equal} of ${count} inputs`, { hint: 'please report this as a bug' })
    return { inputs: count, equal }
  } finally {
    await built.remove()
  }
}

async function onBoard(port: string, files: LibraryFiles, vectors: TestVectors, signal: AbortSignal | undefined) {
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

async function clipsOf(data: string, fold: string | undefined, card: ModelCard) {
  const { clips } = await readForModel(data, card)
  const chosen = fold === undefined ? clips : clips.filter((clip) => clip.fold === Number(fold))
  if (chosen.length === 0) throw new AedError('INVALID_OPTION', `aed deploy: --fold ${fold ?? ''}: ${data} has no such fold`)
  return chosen
}

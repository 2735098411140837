import { readFile } from 'node:fs/promises'
import * as v from 'valibot'
import { AedError, audioOptionsSchema, isAedError, melOptionsSchema, option, parseOptions, patchOptionsSchema, type ModelCard } from '@aed/core'
import { fileError } from '@aed/core/node'
import { deviceTables } from '@aed/dsp-mel'
import { headRows, memoryRows, orRemark, randomVectors, renderDeploymentHtml, timeRows, verificationLines, type ChainVerification, type Deployment } from '@aed/e2e'
import { isInt8Graph } from '@aed/model-miniresnetv2'
import { clipHeadOf, completeReport, deployOptionsSchema, emitFirmware, generateC, planTable, stateStack, type DeployReport, type GenerateInput } from '@aed/stm32-deploy'
import { measureChain, measureFootprint, writeProject } from '@aed/stm32-deploy/node'
import type { CommandModule } from '../commands.ts'
import { cardFor } from '../model-card.ts'
import { readModel } from '../model-file.ts'
import { table } from '../text.ts'
import { verifyDeployment } from '../verify-deployment.ts'

const chainSchema = v.strictObject({
  liveDbRef: option.choiceOrNumber(['model', 'patch', 'running'], 'model', "what 0 dB is on the device, where the model's own reference is the maximum of a whole clip, which a live stream does not know", { min: 0, exclusiveMin: true }),
  networkOnly: option.boolean(false, 'leave the front end out'),
})
type ChainOptions = v.InferOutput<typeof chainSchema>

export const deploy: CommandModule = {
  args: [{ syntax: '<MODEL>', description: 'int8 .tflite, or the name of a shipped model' }],
  schemas: { '': chainSchema, deployment: deployOptionsSchema, audio: audioOptionsSchema, mel: melOptionsSchema, patches: patchOptionsSchema },
  flags: [
    { syntax: '--out <DIR>', description: 'folder for the C project', required: true },
    { syntax: '--labels <FILE>', description: 'class names, one a line, for models without a card' },
    { syntax: '--force', description: 'replace a folder that is not empty' },
    { syntax: '--verify', description: 'compare with the engine: every layer, compiled for this machine, and, where the tools are there, the outputs on the emulated core and the whole chain from samples' },
    { syntax: '--data <DIR>', description: 'with --verify: clips, of whose patches every layer is compared, and whose labels the emulated chain must give as the one in TypeScript, and its accuracy' },
    { syntax: '--fold <N>', description: 'of these only the clips of this official fold' },
    { syntax: '--skip-bad', description: 'of these leave out clips that cannot be read, and name them' },
    { syntax: '--serial <PORT>', description: 'with --verify: run the vectors on a board too, whose firmware is verify: /dev/ttyACM0, or tcp:HOST:PORT' },
  ],
  examples: [
    'aed deploy esc10-1stack-int8 --out net --name net',
    'aed deploy model.tflite --out net --plan fast --ram 24000 --flash 200000',
    'aed deploy model.tflite --out net --live-db-ref running --verify --data ESC-50-master --fold 5',
    'aed deploy model.tflite --out net --verify --serial /dev/ttyACM0 --json',
  ],
  async run({ args, options, output, signal }) {
    const { out, force, verify, data, fold, skipBad = false, serial, deployment, liveDbRef, networkOnly } = options as unknown as Flags
    const settings = parseOptions(deployOptionsSchema, deployment, 'aed deploy')
    const chain = parseOptions(chainSchema, { ...(liveDbRef !== undefined && { liveDbRef }), ...(networkOnly !== undefined && { networkOnly }) }, 'aed deploy')
    if (!verify && (data !== undefined || serial !== undefined)) throw new AedError('USAGE', 'aed deploy: --data and --serial go with --verify', { hint: 'add --verify' })
    if ((fold !== undefined || skipBad) && data === undefined) throw new AedError('USAGE', 'aed deploy: --fold and --skip-bad go with --data', { hint: 'name the folder of clips' })
    const model = await readModel(args[0]!)
    if (!isInt8Graph(model.graph)) throw new AedError('DEPLOY_UNSUPPORTED', `${model.path}: is a float model`, { hint: 'quantize it first: aed quantize' })
    const described = model.card !== null || ['labels', 'audio', 'mel', 'patches'].some((key) => options[key] !== undefined)
    const card = described ? await cardFor(model, options) : null
    const frontEnd = chooseFrontEnd(card, chain)
    if (data !== undefined && !('tables' in frontEnd)) throw new AedError('USAGE', `aed deploy: --data is for the whole chain: ${frontEnd.note}`, { hint: 'add --live-db-ref running, patch or a number' })
    const plan = ['low-ram', 'fast'].includes(settings.plan) ? undefined : await readPlan(settings.plan)
    const head = card && clipHeadOf(model.graph, card, 'tables' in frontEnd ? frontEnd.tables : undefined)
    const vectors = randomVectors(model.graph, card, settings.logits, verify ? VERIFY_INPUTS : 1)
    const [given, made] = [vectors.inputs.slice(0, vectors.inputs.length / vectors.count), vectors.outputs.slice(0, vectors.outputs.length / vectors.count)]
    const selftest = { input: given, output: head ? new Float32Array(made.buffer).subarray(head.linear.features) : made }
    const provenance = { 'SHA-256 of the model': model.sha256! }
    const input: GenerateInput = { graph: model.graph, card, selftest, provenance, plan, ...('tables' in frontEnd && { frontEnd: frontEnd.tables }) }
    const library = generateC(input, settings)
    const { files, report } = library
    const features = 'features' in frontEnd ? frontEnd.features : null
    const checked = verify ? await verifyDeployment({ ...library, graph: model.graph, card, features, vectors, data, fold, skipBad, serial, logits: settings.logits }, { output, signal }) : { verified: null, estimate: null, remarks: [] }
    const found = checked.verified?.chain
    const written = found?.accuracy ? generateC({ ...input, provenance: { ...provenance, ...foundOn(found, `${data!}${fold === undefined ? '' : `, fold ${fold}`}`) } }, settings).files : files
    const complete: Deployment = {
      ...(await measured(files, report, (text) => output.say(text))),
      chain: (await orRemark(() => measureChain(files, { target: settings.target, signal }), () => undefined)) ?? null,
      verified: checked.verified,
      estimate: checked.estimate,
    }
    const noted = { ...complete, notes: [...complete.notes.filter((note) => !note.startsWith('No front end')), ...('note' in frontEnd ? [frontEnd.note] : []), ...checked.remarks] }
    const stated = complete.footprint ? stateStack(written, complete.footprint) : written
    const project = { ...stated, ...emitFirmware(stated, settings.target), 'report.json': `${JSON.stringify(noted, null, 2)}\n`, 'report.html': renderDeploymentHtml(noted) }
    await writeProject(project, out, { force: force === true })
    output.result({ out, ...noted }, summary(out, noted))
  },
}

/** Inputs that `--verify` compares on this machine. */
const VERIFY_INPUTS = 32

interface Flags {
  readonly out: string
  readonly force?: boolean
  readonly verify?: boolean
  readonly data?: string
  readonly fold?: string
  readonly skipBad?: boolean
  readonly serial?: string
  readonly deployment?: object
  readonly liveDbRef?: unknown
  readonly networkOnly?: unknown
}

/** Tables of the front end and the features that they are of, or why there is none: what is deployed is what was evaluated. */
function chooseFrontEnd(card: (ModelCard & { features: NonNullable<ModelCard['features']> }) | null, { liveDbRef, networkOnly }: ChainOptions) {
  if (!card) return { note: 'The model has no feature config: the library is the network alone.' } as const
  if (networkOnly) return { note: 'The library is the network alone, as asked.' } as const
  const { features } = card
  const own = features.mel.dbRef
  if (own === 'clip' && liveDbRef === 'model')
    return { note: "The model's 0 dB is the maximum of a whole clip, which a live stream does not know: the library is the network alone. --live-db-ref running, patch or a number adds the chain with that reference; --verify --data says what it costs." } as const
  if (own !== 'clip' && liveDbRef !== 'model' && liveDbRef !== own)
    throw new AedError('INVALID_OPTION', `aed deploy: --live-db-ref ${String(liveDbRef)}: the model was evaluated with dbRef ${String(own)}, which a live stream knows`, { hint: 'leave the flag out' })
  const used = { ...features, mel: { ...features.mel, dbRef: own === 'clip' ? (liveDbRef as Exclude<typeof own, 'clip'>) : own } }
  const tables = deviceTables(features.audio.sampleRate, used.mel)
  return own === 'clip' ? { tables, features: used, note: `0 dB is ${String(used.mel.dbRef)} on the device, where the model was trained and evaluated with the maximum of the clip: --verify --data says what that costs.` } : { tables, features: used }
}

/** A plan that a user wrote or edited: a file as `planFile` of report.json, or a whole report.json. */
async function readPlan(file: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw fileError(error, file)
  }
  try {
    const value = JSON.parse(text) as { readonly planFile?: unknown } | null
    return value?.planFile ?? value
  } catch (error) {
    throw new AedError('INVALID_OPTION', `${file}: is not JSON`, { hint: 'take low-ram, fast, or a file with the planFile of a report.json', cause: error })
  }
}

/** What the header says of clips that were heard. */
function foundOn({ clips, accuracy, unknown }: ChainVerification, data: string): Record<string, string> {
  return {
    [`accuracy of the chain on ${clips} clips of ${data}`]: String(accuracy!.device),
    ...(unknown?.kept && { 'the same with its thresholds of unknown': `${unknown.kept.device}; ${unknown.device} clips are unknown` }),
  }
}

/** The report with what a compiler says, where the one for the target is there. */
async function measured(files: Readonly<Record<string, string>>, report: DeployReport, say: (text: string) => void): Promise<DeployReport> {
  try {
    return completeReport(report, await measureFootprint(files, { target: report.target }))
  } catch (error) {
    if (!isAedError(error, 'TOOL_NOT_FOUND')) throw error
    say(`note: code and stack are not measured: ${error.message}${error.hint === undefined ? '' : `; ${error.hint}`}`)
    return report
  }
}

function summary(out: string, deployment: Deployment): string {
  const { name, memory, footprint, notes, layers, verified } = deployment
  const plan = planTable({ layers })
  const blocks = headRows(deployment)
  return [
    `${out}: C library '${name}'${footprint ? `, ${footprint.compiler}` : ''}`,
    table(['', 'how known', 'KiB', 'published'], memoryRows(deployment)),
    `the lower bound of this plan's arena is ${(memory.lowerBound / 1024).toFixed(2)} KiB: rows that are needed at the same time`,
    ...(verified?.emulator ? [table(['', 'how known', '', 'published'], timeRows(deployment))] : []),
    ...(deployment.head ? [table(blocks.heading, blocks.rows)] : []),
    table(plan.heading, plan.rows),
    ...verificationLines(deployment),
    ...notes.map((note) => `note: ${note}`),
  ].join('\n')
}

import { readFile } from 'node:fs/promises'
import { AedError, audioOptionsSchema, createRandom, isAedError, melOptionsSchema, parseOptions, patchOptionsSchema, sizeOf, tensorOf, type Graph } from '@aed/core'
import { countEqual } from '@aed/e2e'
import { isInt8Graph } from '@aed/model-miniresnetv2'
import { int8Core } from '@aed/quantize-int8'
import { createReferenceEngine } from '@aed/quantize-int8/engine'
import { completeReport, deployOptionsSchema, generateC, planTable, type DeployReport } from '@aed/stm32-deploy'
import { buildForHost, measureFootprint, runOnHost, writeProject } from '@aed/stm32-deploy/node'
import { fileError } from '@aed/core/node'
import type { CommandModule } from '../commands.ts'
import { cardFor } from '../model-card.ts'
import { readModel } from '../model-file.ts'
import { kib, table } from '../text.ts'

/** Inputs that `--verify` compares. */
const VERIFY_INPUTS = 32

export const deploy: CommandModule = {
  args: [{ syntax: '<MODEL>', description: 'int8 .tflite' }],
  schemas: { deployment: deployOptionsSchema, audio: audioOptionsSchema, mel: melOptionsSchema, patches: patchOptionsSchema },
  flags: [
    { syntax: '--out <DIR>', description: 'folder for the C project', required: true },
    { syntax: '--labels <FILE>', description: 'class names, one a line, for models without a card' },
    { syntax: '--force', description: 'replace a folder that is not empty' },
    { syntax: '--verify', description: 'compile for this machine and compare with the engine' },
  ],
  examples: ['aed deploy model.tflite --out net --name net', 'aed deploy model.tflite --out net --plan fast --ram 24000 --flash 200000', 'aed deploy model.tflite --out net --name net --plan low-ram --verify --json'],
  async run({ args, options, output, signal }) {
    const { out, force, verify, deployment } = options as { out: string; force?: boolean; verify?: boolean; deployment?: object }
    const settings = parseOptions(deployOptionsSchema, deployment, 'aed deploy')
    const model = await readModel(args[0]!)
    if (!isInt8Graph(model.graph)) throw new AedError('DEPLOY_UNSUPPORTED', `${model.path}: is a float model`, { hint: 'quantize it first: aed quantize' })
    const described = model.card !== null || ['labels', 'audio', 'mel', 'patches'].some((key) => options[key] !== undefined)
    const card = described ? await cardFor(model, options) : null
    const vectors = testVectors(int8Core(model.graph), settings.logits, verify ? VERIFY_INPUTS : 1)
    const { count, inputs, outputs, inputSize, outputSize } = vectors
    const selftest = { input: inputs.slice(0, inputSize), output: outputs.slice(0, outputSize) }
    const own = ['low-ram', 'fast'].includes(settings.plan) ? undefined : await readPlan(settings.plan)
    const { files, report } = generateC({ graph: model.graph, card, selftest, plan: own }, settings)
    let verified: { readonly inputs: number; readonly equal: number } | null = null
    if (verify) {
      const built = await buildForHost(files, { signal })
      try {
        verified = { inputs: count, equal: countEqual(await runOnHost(built, inputs, count, { signal }), outputs, outputSize) }
      } finally {
        await built.remove()
      }
      if (verified.equal !== count) throw new AedError('VERIFY_FAILED', `${model.path}: the compiled C equals the engine on ${verified.equal} of ${count} inputs`, { hint: 'please report this as a bug' })
    }
    const complete = { ...(await measured(files, report, settings.target, (text) => output.say(text))), verified }
    await writeProject({ ...files, 'report.json': `${JSON.stringify(complete, null, 2)}\n` }, out, { force: force === true })
    output.result({ out, ...complete }, summary(out, complete))
  },
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

/** The report with what a compiler says, where the one for the target is there. */
async function measured(files: Readonly<Record<string, string>>, report: DeployReport, target: DeployReport['target'], say: (text: string) => void): Promise<DeployReport> {
  try {
    return completeReport(report, await measureFootprint(files, { target }))
  } catch (error) {
    if (!isAedError(error, 'TOOL_NOT_FOUND')) throw error
    say(`note: code and stack are not measured: ${error.message}${error.hint === undefined ? '' : `; ${error.hint}`}`)
    return report
  }
}

/** Random inputs `[count, inputSize]` with the engine's outputs `[count, outputSize]`: the embedded self-test, and what `--verify` compares. */
function testVectors(core: Graph, logits: boolean, count: number) {
  const random = createRandom('test vectors')
  const input = tensorOf(core, core.inputs[0])
  const last = core.nodes.at(-1)
  const outputName = logits && last?.op === 'softmax' ? last.inputs[0]! : core.outputs[0]!
  const [inputSize, outputSize] = [sizeOf(input.shape), sizeOf(tensorOf(core, outputName).shape)]
  const inputs = Int8Array.from({ length: count * inputSize }, () => random.integer(256) - 128)
  const { data } = createReferenceEngine({ ...core, outputs: [outputName] }).run({ dtype: 'int8', shape: [count, ...input.shape.slice(1)], data: inputs })
  return { count, inputs, outputs: data as Int8Array, inputSize, outputSize }
}

function summary(out: string, { name, memory, flash, footprint, notes, verified, layers }: DeployReport & { readonly verified: { readonly inputs: number; readonly equal: number } | null }): string {
  const plan = planTable({ layers })
  const size = (bytes: number | null) => (bytes === null ? 'not measured' : kib(bytes))
  return [
    `${out}: C library '${name}'${footprint ? `, ${footprint.compiler}` : ''}`,
    table(['RAM', 'KiB'], [['arena', size(memory.arena)], ['input', size(memory.input)], ['stack', size(memory.stack)], ['in all', size(memory.total)]]),
    table(['flash', 'KiB'], [['weights', size(flash.weights)], ['tables', size(flash.tables)], ['code', size(flash.code)], ['in all', size(flash.total)]]),
    `the lower bound of this plan's arena is ${kib(memory.lowerBound)} KiB: rows that are needed at the same time`,
    table(plan.heading, plan.rows),
    ...(verified ? [`the same bytes as the engine on ${verified.equal} of ${verified.inputs} inputs`] : []),
    ...notes.map((note) => `note: ${note}`),
  ].join('\n')
}

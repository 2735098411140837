import { connect } from '@aed/core/worker'
import type { Stages } from '@aed/core'
import { digest, stageCases } from '../stage-cases.ts'

// Written out one by one: bundlers find a worker by this very form.
const WORKERS: Record<string, () => Worker> = {
  'dsp-mel': () => new Worker(new URL('@aed/dsp-mel/worker', import.meta.url), { type: 'module' }),
  'model-miniresnetv2': () => new Worker(new URL('@aed/model-miniresnetv2/worker', import.meta.url), { type: 'module' }),
  'quantize-int8': () => new Worker(new URL('@aed/quantize-int8/worker', import.meta.url), { type: 'module' }),
  'eval-cliplevel': () => new Worker(new URL('@aed/eval-cliplevel/worker', import.meta.url), { type: 'module' }),
  'stm32-deploy': () => new Worker(new URL('@aed/stm32-deploy/worker', import.meta.url), { type: 'module' }),
}

async function run(): Promise<Record<string, string>> {
  const digests: Record<string, string> = {}
  for (const [name, cases] of Object.entries(stageCases())) {
    const host = connect<Stages>(WORKERS[name]!())
    for (const { stage, input, options } of cases) digests[`${name}/${stage}`] = await digest(await host.stages[stage]!(input as never, options as never))
    await host.close()
  }
  return digests
}

Object.assign(globalThis, { stageDigests: run() })

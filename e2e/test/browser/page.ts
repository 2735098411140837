import { connect } from '@aed/core/worker'
import type { Stages } from '@aed/core'
import { caseName, digest, RECORDINGS, stageCases } from '../stage-cases.ts'

// Written out one by one: bundlers find a worker by this very form.
const WORKERS: Record<string, () => Worker> = {
  audio: () => new Worker(new URL('@aed/audio/worker', import.meta.url), { type: 'module' }),
  'dsp-mel': () => new Worker(new URL('@aed/dsp-mel/worker', import.meta.url), { type: 'module' }),
  'model-miniresnetv2': () => new Worker(new URL('@aed/model-miniresnetv2/worker', import.meta.url), { type: 'module' }),
  'quantize-int8': () => new Worker(new URL('@aed/quantize-int8/worker', import.meta.url), { type: 'module' }),
  'eval-cliplevel': () => new Worker(new URL('@aed/eval-cliplevel/worker', import.meta.url), { type: 'module' }),
  'stm32-deploy': () => new Worker(new URL('@aed/stm32-deploy/worker', import.meta.url), { type: 'module' }),
}

const GOLDENS = import.meta.glob('../../../packages/audio/test/golden/*.{wav,ogg,opus,flac,mp3}', { query: '?url', import: 'default', eager: true })

const read = async (name: string) => ({ name, bytes: new Uint8Array(await (await fetch(GOLDENS[`../../../packages/audio/test/golden/${name}`]!)).arrayBuffer()) })

async function run(): Promise<Record<string, string>> {
  const digests: Record<string, string> = {}
  for (const [name, cases] of Object.entries(stageCases(await Promise.all(RECORDINGS.map(read))))) {
    const host = connect<Stages>(WORKERS[name]!())
    for (const each of cases) digests[`${name}/${caseName(each)}`] = await digest(await host.stages[each.stage]!(each.input as never, each.options as never))
    await host.close()
  }
  return digests
}

Object.assign(globalThis, { result: run() })

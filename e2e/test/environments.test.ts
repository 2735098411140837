import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { stages as audio } from '@aed/audio'
import type { Stages } from '@aed/core'
import { connect } from '@aed/core/worker'
import { stages as dspMel } from '@aed/dsp-mel'
import { stages as evalClipLevel } from '@aed/eval-cliplevel'
import { stages as model } from '@aed/model-miniresnetv2'
import { stages as quantizeInt8 } from '@aed/quantize-int8'
import { stages as stm32Deploy } from '@aed/stm32-deploy'
import { describeWith } from './needs.ts'
import { caseName, digest, RECORDINGS, stageCases } from './stage-cases.ts'

const PACKAGES: Record<string, Stages> = { audio, 'dsp-mel': dspMel, 'model-miniresnetv2': model, 'quantize-int8': quantizeInt8, 'eval-cliplevel': evalClipLevel, 'stm32-deploy': stm32Deploy }
const GOLDEN = new URL('../../packages/audio/test/golden/', import.meta.url)
const casesNow = () => stageCases(RECORDINGS.map((name) => ({ name, bytes: new Uint8Array(readFileSync(new URL(name, GOLDEN))) })))
const cases = casesNow()
const names = Object.entries(cases).flatMap(([name, list]) => list.map((each) => `${name}/${caseName(each)}`))
const here: Record<string, string> = {}

beforeAll(async () => {
  for (const [name, list] of Object.entries(casesNow())) for (const each of list) here[`${name}/${caseName(each)}`] = await digest(await PACKAGES[name]![each.stage]!(each.input as never, each.options as never))
})

describe('stages in a Node worker thread', () => {
  it.each(Object.keys(cases))('@aed/%s gives the bytes of this thread', async (name) => {
    const entry = createRequire(import.meta.url).resolve(`@aed/${name}/worker`)
    const host = connect<Stages>(new Worker(pathToFileURL(entry.replace(/src\/worker\.ts$/, 'dist/worker.js'))))
    try {
      for (const each of cases[name]!) expect([caseName(each), await digest(await host.stages[each.stage]!(each.input as never, each.options as never))]).toEqual([caseName(each), here[`${name}/${caseName(each)}`]])
    } finally {
      await host.close()
    }
  })
})

describeWith('browser', 'stages in a module worker of headless Chromium', () => {
  const found: Record<string, string> = {}
  beforeAll(() => {
    const script = fileURLToPath(new URL('browser/run.mjs', import.meta.url))
    const { stdout, stderr, status } = spawnSync(process.execPath, [script], { encoding: 'utf8', timeout: 120_000 })
    if (status !== 0) throw new Error(stderr)
    Object.assign(found, JSON.parse(stdout.trim().split('\n').at(-1)!))
  }, 150_000)
  it.each(names)('@aed/%s gives the bytes of this thread', (name) => {
    expect(found[name]).toBe(here[name])
  })
})

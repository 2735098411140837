import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { writeSyntheticEsc10 } from '@aed/datasets'
import { runEsc10 } from '../src/run-esc10.ts'
import type { Esc10Report } from '../src/esc10-report.ts'
import { describeWithDir, has } from './needs.ts'

const dir = mkdtempSync(path.join(os.tmpdir(), 'aed-e2e-'))
const at = (...parts: string[]) => path.join(dir, ...parts)
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** The report as written, without what may differ from run to run. */
function written(out: string): string {
  const { timings, ...rest } = JSON.parse(readFileSync(at(out, 'report.json'), 'utf8')) as Esc10Report
  expect(Object.keys(timings).length).toBeGreaterThan(5)
  return JSON.stringify(rest)
}

describe('runEsc10 on the synthetic set', () => {
  const options = { data: at('data'), folds: '1,2', epochs: 12, calibrationPatches: 40, jobs: 2 }
  let report: Esc10Report

  beforeAll(async () => {
    await writeSyntheticEsc10(at('data'), {})
    report = await runEsc10({ ...options, out: at('first'), cache: at('cache-1') })
  }, 180_000)

  it('says that the data is synthetic and that no backbone was given', () => {
    expect(report.schema).toBe('aed-esc10/1')
    expect(report.data).toMatchObject({ synthetic: true })
    expect(report.data.classes).toHaveLength(10)
    expect(report.notes.join(' ')).toMatch(/synthetic.*seeded initial values/s)
    expect(report.models[0]).toMatchObject({ stacks: 1, backbone: null, parameters: 126_410 })
  })

  it('learns far more than the 10 % of chance, in float and in int8', () => {
    const [model] = report.models
    expect(model!.folds.map(({ fold }) => fold)).toEqual([1, 2])
    for (const { patch, clip } of model!.folds) for (const accuracy of [patch.float, patch.int8, clip.float, clip.int8]) expect(accuracy).toBeGreaterThan(0.4)
    expect(model!.mean.clip.float).toBeCloseTo((model!.folds[0]!.clip.float + model!.folds[1]!.clip.float) / 2, 12)
  })

  it('compiles a C library that gives the bytes of the engine on every test patch', () => {
    const [model] = report.models
    if (!has('cc')) expect(model!.cBytesEqual).toBeNull()
    else {
      expect(model!.cBytesEqual).toBe(true)
      for (const { cBytesEqual } of model!.folds) expect(cBytesEqual!.patches).toBe(cBytesEqual!.of)
    }
    expect(model!.memory.ram.total).toBeLessThan(66.98 * 1024)
    for (const file of ['model/model.json', 'model/aed.json', 'model.tflite', 'c/include/aed_fold_1.h', 'c/CMakeLists.txt']) expect([file, existsSync(at('first/1-stack/fold-1', file))]).toEqual([file, true])
  })

  it('writes a page that needs no other file', () => {
    const html = readFileSync(at('first/report.html'), 'utf8')
    expect(html).toContain('<svg')
    expect(html).toContain('data:image/png;base64,')
    expect(html).not.toMatch(/(?:src|href)="https?:/)
  })

  it('gives the same report to the byte from another cache, and from the cache', async () => {
    await runEsc10({ ...options, out: at('second'), cache: at('cache-2'), jobs: 1 })
    expect(written('second')).toBe(written('first'))
    await runEsc10({ ...options, out: at('third'), cache: at('cache-1') })
    expect(written('third')).toBe(written('first'))
  }, 240_000)

  it('stops between two units of work and goes on from the cache', async () => {
    const abort = new AbortController()
    const run = runEsc10({ ...options, out: at('stopped'), cache: at('cache-3') }, { signal: abort.signal, onStep: ({ step, state, progress }) => step.startsWith('audio') && state === 'progress' && progress!.done > 20 && abort.abort() })
    await expect(run).rejects.toMatchObject({ code: 'ABORTED' })
    expect(existsSync(at('stopped'))).toBe(false)
    expect(readdirSync(at('cache-3', 'features-1')).length).toBeGreaterThan(0)
  }, 60_000)
})

describe('runEsc10 with wrong input', () => {
  it.each([
    [{ data: '/nowhere' }, 'FILE_NOT_FOUND'],
    [{ folds: '9' }, 'INVALID_OPTION'],
    [{ stacks: '3' }, 'INVALID_OPTION'],
    [{ backbone: '/nowhere.h5' }, 'FILE_NOT_FOUND'],
    [{ epochs: 0 }, 'INVALID_OPTION'],
  ])('%j: %s, and no output folder', async (wrong, code) => {
    await expect(runEsc10({ data: at('data'), ...(wrong as object), out: at('wrong'), cache: at('cache-1') })).rejects.toMatchObject({ code })
    expect(existsSync(at('wrong'))).toBe(false)
  }, 60_000)
})

describeWithDir('AED_ESC10_DIR', 'runEsc10 on the real clips', (data) => {
  describeWithDir('AED_BACKBONES', 'with the pretrained backbone', (backbone) => {
    it('recognises most clips of fold 1, and int8 loses little', async () => {
      const report = await runEsc10({ data, backbone, folds: '1', out: at('real'), cache: at('cache-real') })
      expect(report.data).toMatchObject({ synthetic: false, clips: 400, recordings: 304, patches: 2093 })
      const [model] = report.models
      expect(model!.mean.clip.float).toBeGreaterThan(0.75)
      expect(model!.mean.clip.int8).toBeGreaterThan(model!.mean.clip.float - 0.05)
      expect(model!.cBytesEqual).toBe(has('cc') ? true : null)
    }, 300_000)
  })
})

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, it } from '@jest/globals'
import { createRandom, type PatchScores } from '@aed/core'
import { classCurves, evaluate, evaluateOpenSet } from '@aed/eval-cliplevel'
import { EVALUATION_REPORT_SCHEMA, renderEvaluationHtml, worstClips, type EvaluationMedia } from '@aed/report'
import { describeWith } from './needs.ts'

const classes = Array.from({ length: 9 }, (_, c) => `a class with a long name ${c}`)
const CLIPS = 45

function scores(seed: string): PatchScores {
  const random = createRandom(seed)
  const values = new Float32Array(CLIPS * 3 * classes.length)
  for (let row = 0; row < CLIPS * 3; row++) {
    const one = values.subarray(row * classes.length, (row + 1) * classes.length).map((_value, c) => random.uniform() + (Math.floor(row / 3) % classes.length === c ? 0.5 : 0))
    const sum = one.reduce((a, b) => a + b, 0)
    values.set(one.map((value) => value / sum), row * classes.length)
  }
  return { classes, clips: Array.from({ length: CLIPS }, (_, i) => ({ id: `clip-${i}.wav`, label: classes[i % classes.length]!, source: `${i >> 1}`, fold: null })), clipOfPatch: Int32Array.from({ length: CLIPS * 3 }, (_, i) => Math.floor(i / 3)), scores: values }
}

/** The page of an evaluation with two clips that were decided wrongly, their sound a second long. */
async function page(): Promise<string> {
  const known = scores('known')
  const evaluation = evaluate(known, { resamples: 50 })
  const worst = worstClips(evaluation, 2)
  const clip = { samples: Float32Array.from({ length: 16000 }, (_, i) => (i % 40) / 80), sampleRate: 16000 }
  const logMel = { dtype: 'float32' as const, shape: [64, 50], data: new Float32Array(3200).fill(-20) }
  const media: EvaluationMedia = { clips: new Map(worst.map(({ id }) => [id, { clip, logMel, scores: known.scores.slice(0, 3 * classes.length) }])), period: 0.76, patchLength: 1 }
  return renderEvaluationHtml(
    { schema: EVALUATION_REPORT_SCHEMA, model: 'a-model-with-a-long-name-and-no-blanks-in-it', data: 'data', version: '0', evaluation, curves: classCurves(known), openSet: evaluateOpenSet({ known, outside: scores('outside') }, { maxFalseAccepts: 0.1 }), comparison: null, worst, skipped: [], leaky: null },
    media,
  )
}

interface Look {
  readonly color: string
  readonly backgroundColor: string
  readonly nav: boolean
  readonly audio: boolean
  readonly pictures: boolean
  readonly wider: number
}
interface Found {
  readonly outside: readonly string[]
  readonly stops: readonly { readonly tag: string; readonly text: string; readonly ring: boolean; readonly inside: boolean }[]
  readonly played: { readonly duration: number; readonly paused: boolean } | null
  readonly skippedTo: string
  readonly looks: Readonly<Record<'light' | 'dark' | 'narrow' | 'paper', Look>>
  readonly pages: number
}

describeWith('browser', 'the report of an evaluation, in headless Chromium', () => {
  let found: Found
  beforeAll(async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'aed-report-page-'))
    try {
      writeFileSync(path.join(folder, 'report.html'), await page())
      const { stdout, stderr, status } = spawnSync(process.execPath, [fileURLToPath(new URL('report-page/run.mjs', import.meta.url)), path.join(folder, 'report.html')], { encoding: 'utf8', timeout: 90_000 })
      if (status !== 0) throw new Error(stderr)
      found = JSON.parse(stdout.trim().split('\n').at(-1)!) as Found
    } finally {
      rmSync(folder, { recursive: true })
    }
  }, 120_000)

  it('asks for nothing outside itself and says nothing on the console', () => expect(found.outside).toEqual([]))

  it('is read by keyboard: a skip link first, then sections and players, each seen and ringed where it has the focus', () => {
    expect(found.stops.map(({ text }) => text)).toEqual(['Skip to the figures', 'Figures', 'Classes', 'Curves', 'Outside', 'Clips', expect.stringMatching(/^play clip-/), expect.stringMatching(/^play clip-/)])
    expect(found.stops.filter(({ ring, inside }) => !ring || !inside)).toEqual([])
    expect(found.skippedTo).toBe('#figures')
  })

  it('plays the sound of a clip by the space bar', () => expect(found.played).toEqual({ duration: 1, paused: false }))

  it('is dark on dark screens, fits a narrow one, and is black on white without controls on paper', () => {
    const { light, dark, narrow, paper } = found.looks
    expect([light.backgroundColor, dark.backgroundColor]).toEqual(['rgb(255, 255, 255)', 'rgb(20, 24, 29)'])
    expect([light.wider, dark.wider, narrow.wider, paper.wider]).toEqual([0, 0, 0, 0])
    expect(paper).toMatchObject({ color: 'rgb(0, 0, 0)', backgroundColor: 'rgb(255, 255, 255)', nav: false, audio: false, pictures: true })
    expect(found.pages).toBeGreaterThan(1)
  })
})

import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { createRandom, type PatchScores } from '@aed/core'
import { classCurves, compareScores, evaluate, evaluateOpenSet } from '@aed/eval-cliplevel'
import { Ajv } from 'ajv'
import { reportSchema } from '../scripts/schema.mjs'
import { EVALUATION_REPORT_SCHEMA, evaluationJunit, evaluationMarkdown, renderEvaluationHtml, worstClips, type EvaluationMedia, type EvaluationReport } from './index.ts'

const classes = ['dog', 'rain & wind', 'a "saw"']

function scores(seed: string): PatchScores {
  const random = createRandom(seed)
  const clips = Array.from({ length: 24 }, (_, i) => ({ id: `clip <${i}>`, label: classes[i % 3]!, source: `r${i >> 1}`, fold: null }))
  const clipOfPatch = Int32Array.from({ length: 69 }, (_, i) => Math.floor(i / 3)) // the last clip has no patch
  const values = Float32Array.from({ length: 207 }, (_, i) => random.uniform() + (Math.floor(i / 9) % 3 === i % 3 ? 0.4 : 0))
  for (let row = 0; row < 207; row += 3) {
    const sum = values[row]! + values[row + 1]! + values[row + 2]!
    for (let c = 0; c < 3; c++) values[row + c]! /= sum
  }
  return { classes, clips, clipOfPatch, scores: values }
}

function report(multiLabel = false): EvaluationReport {
  const [first, second] = [scores('first'), scores('second')]
  const evaluation = evaluate(first, { resamples: 50, multiLabel })
  return {
    schema: EVALUATION_REPORT_SCHEMA,
    model: 'model <1>',
    data: 'a | b',
    version: '0.1.0',
    evaluation,
    curves: classCurves(first, { multiLabel }),
    openSet: multiLabel ? null : evaluateOpenSet({ known: first, outside: second }, { maxFalseAccepts: 0.1 }),
    comparison: multiLabel ? null : { ...compareScores({ first, second }, { resamples: 50 }), second: 'other.tflite', leaky: { clips: 1, of: 24 } },
    worst: worstClips(evaluation, 4),
    skipped: [{ id: 'broken.wav', message: 'is damaged' }],
    leaky: { clips: 2, of: 24 },
  }
}

describe('report.schema.json', () => {
  const schema = readFileSync(new URL('../report.schema.json', import.meta.url), 'utf8')
  it('is what scripts/schema.mjs makes of the types', () => expect(schema).toBe(reportSchema()), 120_000)

  it.each([false, true])('holds for reports, multi-label: %s, and not for others', (multiLabel) => {
    const validate = new Ajv({ strict: false }).compile(JSON.parse(schema) as object)
    const json = JSON.parse(JSON.stringify(report(multiLabel))) as Record<string, unknown>
    validate(json)
    expect(validate.errors).toBeNull()
    expect(validate({ ...json, curves: [{ class: 'dog', roc: 0 }] })).toBe(false)
    expect(validate({ ...json, more: 1 })).toBe(false)
  })
})

describe('worstClips', () => {
  it('gives the wrong clips, the surest first', () => {
    const { worst, evaluation } = report()
    expect(worst.length).toBeGreaterThan(0)
    for (const { label, estimated } of worst) expect(estimated).not.toBe(label)
    expect(worst.map(({ score }) => score ?? -1)).toEqual(worst.map(({ score }) => score ?? -1).toSorted((a, b) => b - a))
    expect(worstClips(evaluation, 100)).toHaveLength(evaluation.clip.correct.filter((right) => !right).length)
  })
})

describe('renderEvaluationHtml', () => {
  it('is one page with every part, nothing from the network, and names escaped', async () => {
    const one = report()
    const clip = { samples: Float32Array.from({ length: 1600 }, (_, i) => (i % 100) / 200), sampleRate: 16_000 }
    const logMel = { dtype: 'float32' as const, shape: [4, 10], data: new Float32Array(40).fill(-20) }
    const media: EvaluationMedia = { clips: new Map([[one.worst[0]!.id, { clip, logMel, scores: scores('first').scores.slice(0, 9) }]]), period: 0.76, patchLength: 1 }
    const html = await renderEvaluationHtml(one, media)
    expect(html).not.toMatch(/(src|href)="https?:|<script|<link|@import/)
    expect(html).not.toContain('clip <')
    expect(html).toMatch(/Clip accuracy <b>\d+\.\d % \[\d+\.\d, \d+\.\d\]<\/b>/)
    for (const part of ['Leaky:', 'no fair comparison', 'broken.wav', 'id="classes"', 'id="curves"', 'id="open-set"', 'id="comparison"', 'id="clips"', 'What is not defined', 'rain &amp; wind', 'audio controls', 'data:audio/wav;base64,UklGR', 'aria-label="waveform"', 'data:image/png;base64,']) expect(html).toContain(part)
    expect(html.match(/<svg/g)!.length).toBeGreaterThanOrEqual(7)
  })

  it('needs no media, and shows mAP of multi-label scores', async () => {
    const html = await renderEvaluationHtml(report(true))
    expect(html).toMatch(/mAP <b>\d/)
    expect(html).not.toContain('<audio')
  })
})

describe('evaluationMarkdown and evaluationJunit', () => {
  it('state the figure with its interval, escaped for tables', () => {
    const text = evaluationMarkdown(report())
    expect(text).toMatch(/^### model <1> on a \\\| b\n\n\*\*Clip accuracy \d+\.\d % \[\d+\.\d, \d+\.\d\]\*\*/)
    expect(text).toContain('**Leaky**')
  })

  it('fail what was asked for and is not so', () => {
    const one = report()
    const xml = evaluationJunit(one, 0.999)
    expect(xml).toContain('failures="4"')
    expect(xml).toContain('name="aed eval: model &lt;1&gt; on a | b"')
    const good = { ...one, leaky: null, skipped: [], evaluation: { ...one.evaluation, clipsWithoutPatches: [] } }
    expect(evaluationJunit(good, one.evaluation.clip.accuracy)).toContain('failures="0"')
  })
})

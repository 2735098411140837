import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { createRandom, sinPi, tensor, type Tensor } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { bandEnvelopes, envelopeLevels, logMelLevels, logMelModulation, logMelMoments, logMelSpectrogram } from '../src/index.ts'
import { codeOf, expectClose, readNpy } from './goldens.ts'

const DIR = fileURLToPath(new URL('temporal/', import.meta.url))
const { cases } = JSON.parse(readFileSync(path.join(DIR, 'MANIFEST.json'), 'utf8')) as { cases: readonly { kind: Kind; input: string; file: string }[] }
type Kind = 'bandEnvelopes' | 'envelopeLevels' | 'logMelLevels' | 'logMelModulation' | 'logMelMoments'

/** What float32 rounding and another order of float64 sums may leave. */
const TOLERANCE = { abs: 1e-6, rel: 1e-6 }
/** What float32 operations leave of those that run along a stream; a level of an envelope that lies at the border of two may be the other one. */
const TOLERANCES: Readonly<Record<Kind, typeof TOLERANCE>> = { bandEnvelopes: TOLERANCE, envelopeLevels: { abs: 2e-3, rel: 1e-3 }, logMelLevels: { abs: 2e-5, rel: 1e-5 }, logMelModulation: TOLERANCE, logMelMoments: TOLERANCE }

const run: Readonly<Record<Kind, (input: Tensor<'float32'>) => Float32Array>> = {
  bandEnvelopes: ({ data }) => bandEnvelopes({ samples: data, sampleRate: 16000 }),
  envelopeLevels: ({ data }) => envelopeLevels({ samples: data, sampleRate: 16000 }),
  logMelLevels: (input) => logMelLevels(input),
  logMelModulation: (input) => logMelModulation(input),
  logMelMoments: (input) => logMelMoments(input),
}

describe('temporal statistics: golden files of numpy and scipy', () => {
  it('are there', () => {
    for (const kind of Object.keys(run)) expect(cases.filter((item) => item.kind === kind).length).toBeGreaterThan(2)
  })

  it.each(cases)('$kind of $input', ({ kind, input, file }) => {
    expectClose(run[kind](readNpy(path.join(DIR, input), 'float32')), readNpy(path.join(DIR, file), 'float64').data, TOLERANCES[kind])
  })

  it('refuse what they cannot work with', () => {
    const samples = new Float32Array(5000)
    expect(codeOf(() => bandEnvelopes({ samples, sampleRate: 8000 }))).toBe('INVALID_INPUT')
    expect(codeOf(() => bandEnvelopes({ samples: samples.subarray(0, 3967), sampleRate: 16000 }))).toBe('INVALID_INPUT')
    expect(codeOf(() => bandEnvelopes({ samples: samples.fill(NaN, 9, 10), sampleRate: 16000 }))).toBe('INVALID_INPUT')
    expect(codeOf(() => envelopeLevels({ samples, sampleRate: 8000 }))).toBe('INVALID_INPUT')
    expect(codeOf(() => envelopeLevels({ samples, sampleRate: 16000 }))).toBe('INVALID_INPUT')
    expect(codeOf(() => logMelLevels(tensor('float32', [20, 50], new Float32Array(1000))))).toBe('INVALID_INPUT')
    expect(codeOf(() => logMelModulation(tensor('float32', [40, 50], new Float32Array(2000))))).toBe('INVALID_INPUT')
    expect(codeOf(() => logMelModulation(tensor('float32', [64, 5], new Float32Array(320))))).toBe('INVALID_INPUT')
    expect(codeOf(() => logMelMoments(tensor('float32', [64, 0], new Float32Array(0))))).toBe('INVALID_INPUT')
  })
})

const python = process.env['AED_PYTHON']
const suite = python ? describe : describe.skip

suite(`temporal statistics live${python ? '' : ' (skipped: AED_PYTHON is not set)'}`, () => {
  it('8 clips of random length and modulation', () => {
    const random = createRandom('temporal live')
    const clips = Array.from({ length: 8 }, () => {
      const [rate, carrier] = [random.between(0.5, 40), random.between(100, 5000)]
      const samples = Float32Array.from({ length: 4000 + random.integer(40000) }, (_, i) => {
        const t = i / 16000
        return (0.6 * sinPi(2 * carrier * t) + 0.3 * random.normal()) * (1.05 + sinPi(2 * rate * t))
      })
      return { samples, logMel: logMelSpectrogram({ samples, sampleRate: 16000 }, {}) }
    })
    const script = fileURLToPath(new URL('../../../tools/golden/make_temporal_goldens.py', import.meta.url))
    const input = JSON.stringify(clips.map(({ samples, logMel }) => ({ samples: [...samples], logMel: [...logMel.data], bands: 64 })))
    const { stdout, stderr, status } = spawnSync(python!, [script, '--live'], { input, encoding: 'utf8', maxBuffer: 1 << 28 })
    if (status !== 0) throw new Error(stderr)
    const expected = JSON.parse(stdout) as Record<Kind, number[]>[]
    for (const [i, { samples, logMel }] of clips.entries()) {
      expectClose(bandEnvelopes({ samples, sampleRate: 16000 }), expected[i]!.bandEnvelopes, TOLERANCE)
      expectClose(envelopeLevels({ samples, sampleRate: 16000 }), expected[i]!.envelopeLevels, TOLERANCES.envelopeLevels)
      expectClose(logMelLevels(logMel), expected[i]!.logMelLevels, TOLERANCES.logMelLevels)
      expectClose(logMelModulation(logMel), expected[i]!.logMelModulation, TOLERANCE)
      expectClose(logMelMoments(logMel), expected[i]!.logMelMoments, TOLERANCE)
    }
  })
})

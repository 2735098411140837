import { spawnSync } from 'node:child_process'
import { createRandom, type MelOptions } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { codeOf, expectClose, LINEAR } from './goldens.ts'
import { createMelPlan } from '../src/index.ts'

const python = process.env['AED_PYTHON']
if (!python && process.env['AED_REQUIRE']?.split(',').includes('python')) throw new Error('AED_REQUIRE names python, but AED_PYTHON is not set')
const suite = python ? describe : describe.skip

/** Reads cases as JSON, writes librosa's mel spectrogram of each, in float64, or null where it raises. */
const SCRIPT = `
import json, sys, warnings
import librosa, numpy as np
warnings.simplefilter('ignore')
out = []
for c in json.load(sys.stdin):
    o = c['options']
    try:
        s = librosa.feature.melspectrogram(y=np.float64(c['samples']), sr=c['sampleRate'], n_fft=o['nFft'], hop_length=o['hopLength'], win_length=o['winLength'],
            window=o['window'], center=o['center'], pad_mode=o['padMode'], power=float(o['power']), n_mels=o['nMels'], fmin=o['fmin'], fmax=o['fmax'],
            htk=o['melScale'] == 'htk', norm=o['melNorm'], dtype=np.float64)
        out.append(dict(frames=s.shape[1], values=s.ravel().tolist()))
    except librosa.util.exceptions.ParameterError:
        out.append(None)
json.dump(out, sys.stdout)
`

suite(`random options against librosa${python ? '' : ' (skipped: AED_PYTHON is not set)'}`, () => {
  it('200 cases: the same frames, values within 1e-6, an error where librosa raises', () => {
    const random = createRandom('librosa-live')
    const pick = <T>(...values: T[]): T => values[random.integer(values.length)]!
    const cases = Array.from({ length: 200 }, () => {
      const nFft = pick(2, 3, 5, 16, 25, 48, 64, 81, 100, 128, 240, 256, 300, 512)
      const sampleRate = pick(8000, 16000, 22050, 44100)
      const options: Partial<MelOptions> = {
        nFft,
        hopLength: pick(1 + random.integer(nFft), nFft >> 1 || 1, nFft, 2 * nFft),
        winLength: pick(null, 1 + random.integer(nFft)),
        window: pick('hann', 'hamming', 'blackman', 'rectangular'),
        center: pick(true, true, false),
        padMode: pick('constant', 'reflect', 'edge'),
        power: pick(1, 2),
        nMels: 1 + random.integer(20),
        fmin: pick(0, random.between(1, 1000)),
        fmax: pick(null, random.between(1100, 0.6 * sampleRate)),
        melNorm: pick('slaney', null),
        melScale: pick('slaney', 'htk'),
      }
      const length = pick(1 + random.integer(20), nFft * pick(1, 2, 3), 1 + random.integer(1500))
      return { sampleRate, options, samples: Float32Array.from({ length }, () => random.normal()) }
    })
    const input = JSON.stringify(cases.map((item) => ({ ...item, samples: [...item.samples] })))
    const { stdout, stderr, status } = spawnSync(python!, ['-c', SCRIPT], { input, encoding: 'utf8', maxBuffer: 1 << 28 })
    if (status !== 0) throw new Error(stderr)
    const results = JSON.parse(stdout) as ({ frames: number; values: number[] } | null)[]
    let raised = 0
    for (const [i, { sampleRate, options, samples }] of cases.entries()) {
      const expected = results[i] ?? null
      const plan = createMelPlan(sampleRate, options)
      if (expected === null) {
        raised++
        expect(codeOf(() => plan.melPower(samples))).toBe('INVALID_INPUT')
        continue
      }
      expect(plan.frames(samples.length)).toBe(expected.frames)
      expectClose(plan.melPower(samples), expected.values, { ...LINEAR, abs: 1e-13 * Math.max(...expected.values) })
    }
    expect(raised).toBeGreaterThan(0)
    expect(raised).toBeLessThan(100)
  })
})

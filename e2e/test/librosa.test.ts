import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { isAedError, patchStep, type FeatureConfig } from '@aed/core'
import { loadClip } from '@aed/audio'
import { createMelPlan, cutPatches, melFilterBank } from '@aed/dsp-mel'
import { describeWithDir, has } from './needs.ts'

// Features of all real clips beside those that librosa makes, in float64, of the very same samples.

const PATCHES = { patchLength: 50, patchOverlap: 0.25 } as const
/** Clips take these in turn, at the rate that stands there; the first is the default. */
const FRONT_ENDS: readonly { readonly sampleRate: number; readonly mel: Partial<FeatureConfig['mel']> }[] = [
  { sampleRate: 16000, mel: {} },
  { sampleRate: 16000, mel: { nFft: 512, hopLength: 160, winLength: 400, window: 'hamming', center: false, melScale: 'htk', melNorm: null, nMels: 40 } },
  { sampleRate: 22050, mel: { nFft: 960, hopLength: 441, window: 'blackman', padMode: 'reflect', power: 1, fmin: 0, fmax: null } },
  { sampleRate: 44100, mel: { nFft: 2048, hopLength: 1024, padMode: 'edge', nMels: 128, fmin: 50, fmax: 16000, topDb: 60 } },
]
/** Below this part of the clip's largest value float64 itself is noise: the transforms round differently. */
const NOISE = 1e-15
const BATCH = 50

/** First line: JSON of the cases; then their samples, float32. Out: per case a line of JSON, then mel and dB, float64. */
const SCRIPT = `
import json, sys
import librosa, numpy as np
source, sink = sys.stdin.buffer, sys.stdout.buffer
for c in json.loads(source.readline()):
    o = c['mel']
    y = np.frombuffer(source.read(4 * c['length']), dtype='<f4').astype(np.float64)
    mel = librosa.feature.melspectrogram(y=y, sr=c['sampleRate'], n_fft=o['nFft'], hop_length=o['hopLength'], win_length=o['winLength'],
        window=o['window'], center=o['center'], pad_mode=o['padMode'], power=float(o['power']), n_mels=o['nMels'], fmin=o['fmin'], fmax=o['fmax'],
        htk=o['melScale'] == 'htk', norm=o['melNorm'], dtype=np.float64)
    to_db = librosa.power_to_db if o['power'] == 2 else librosa.amplitude_to_db
    amin = o['amin'] if o['power'] == 2 else np.sqrt(o['amin'])
    db = to_db(mel, ref=np.max, amin=amin, top_db=o['topDb'])
    step = c['step']
    patches = librosa.util.frame(db, frame_length=c['patchLength'], hop_length=step).shape[-1] if mel.shape[1] >= c['patchLength'] else 0
    sink.write(json.dumps(dict(frames=mel.shape[1], patches=patches)).encode() + b'\\n')
    sink.write(mel.astype('<f8').tobytes() + db.astype('<f8').tobytes())
`

const FILTERS = `
import json, sys
import librosa, numpy as np
for c in json.load(sys.stdin):
    o = c['mel']
    weights = librosa.filters.mel(sr=c['sampleRate'], n_fft=o['nFft'], n_mels=o['nMels'], fmin=o['fmin'], fmax=o['fmax'], htk=o['melScale'] == 'htk', norm=o['melNorm'])
    sys.stdout.buffer.write(weights.astype('<f8').tobytes())
`

/** Options, and the lengths from 1 on for which frames and patches are counted. */
const SHORT: readonly { readonly mel: Partial<FeatureConfig['mel']>; readonly lengths: number }[] = [
  ...([64, 60, 75] as const).flatMap((nFft) =>
    (['constant', 'reflect', 'edge'] as const).map((padMode) => ({ mel: { nFft, hopLength: 20, padMode, nMels: 8 }, lengths: 400 })),
  ),
  { mel: { nFft: 64, hopLength: 33, center: false, nMels: 8 }, lengths: 600 },
  { mel: { nFft: 75, hopLength: 90, winLength: 50, center: false, nMels: 8 }, lengths: 600 },
  { mel: {}, lengths: 1700 },
]
const SHORT_PATCHES = { patchLength: 6, patchOverlap: 0.5 } as const

/** Per case and length the frames and patches, −1 where librosa raises. */
const COUNTS = `
import json, sys, warnings
import librosa, numpy as np
warnings.simplefilter('ignore')
def count(f):
    try: return f().shape[-1]
    except librosa.util.exceptions.ParameterError: return -1
    except ValueError: return -1
answer = []
for c in json.load(sys.stdin):
    o = c['mel']
    for length in range(1, c['lengths'] + 1):
        y = np.ones(length)
        frames = count(lambda: librosa.stft(y, n_fft=o['nFft'], hop_length=o['hopLength'], win_length=o['winLength'], center=o['center'], pad_mode=o['padMode']))
        patches = 0 if frames < c['patchLength'] else count(lambda: librosa.util.frame(np.ones((1, frames)), frame_length=c['patchLength'], hop_length=c['step']))
        answer.append([frames, patches])
print(json.dumps(answer))
`

function python(script: string, input: Buffer): Buffer {
  const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' }
  const { stdout, stderr, status } = spawnSync(process.env['AED_PYTHON']!, ['-c', script], { input, env, maxBuffer: 2 ** 30 })
  if (status !== 0) throw new Error(stderr.toString())
  return stdout
}

/** So many float64 from `at` on, wherever that lies. */
const float64 = (bytes: Buffer, at: number, length: number) => new Float64Array(Uint8Array.prototype.slice.call(bytes, at, at + 8 * length).buffer)

/** Largest distances of two spectrograms; relative ones leave out what lies below float64's noise. */
function distances(actual: ArrayLike<number>, expected: Float64Array): { absolute: number; relative: number } {
  let [absolute, relative, largest] = [0, 0, 0]
  for (const value of expected) largest = Math.max(largest, Math.abs(value))
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(actual[i]! - expected[i]!)
    absolute = Math.max(absolute, distance)
    if (distance > NOISE * largest) relative = Math.max(relative, distance / Math.abs(expected[i]!))
    if (Number.isNaN(distance)) return { absolute: NaN, relative: NaN }
  }
  return { absolute, relative }
}

describe('short signals', () => {
  const withPython = has('python') ? it : it.skip

  withPython('give the frames and patches of librosa for every length; where it raises, an error with a code', () => {
    const plans = SHORT.map(({ mel }) => createMelPlan(16000, mel))
    const step = patchStep({ ...SHORT_PATCHES, includeLastPatch: false })
    const cases = SHORT.map(({ lengths }, i) => ({ mel: plans[i]!.options, lengths, step, patchLength: SHORT_PATCHES.patchLength }))
    const expected = JSON.parse(python(COUNTS, Buffer.from(JSON.stringify(cases))).toString()) as [number, number][]
    const actual = SHORT.flatMap(({ lengths }, i) =>
      Array.from({ length: lengths }, (_, index): [number, number] => {
        const plan = plans[i]!
        try {
          const data = plan.logMel(new Float32Array(index + 1).fill(1))
          const frames = data.length / plan.options.nMels
          return [frames, cutPatches({ dtype: 'float32', shape: [plan.options.nMels, frames], data }, SHORT_PATCHES).shape[0]!]
        } catch (error) {
          if (!isAedError(error)) throw error
          return [-1, 0]
        }
      }),
    )
    expect(expected.some(([frames]) => frames < 0)).toBe(true)
    expect(actual).toEqual(expected)
  }, 120_000)
})

describeWithDir('AED_ESC10_DIR', 'log-mel of all ESC-10 clips', (dir) => {
  const withPython = has('python') ? it : it.skip

  withPython('filterbanks equal librosa\'s within 1e-7', () => {
    const plans = FRONT_ENDS.map(({ sampleRate, mel }) => createMelPlan(sampleRate, mel))
    const expected = python(FILTERS, Buffer.from(JSON.stringify(plans.map(({ sampleRate, options }) => ({ sampleRate, mel: options })))))
    let at = 0
    for (const { sampleRate, options } of plans) {
      const { nFft, nMels, fmin, fmax, melScale, melNorm } = options
      const { data } = melFilterBank({ sampleRate, nFft, nMels, fmin, fmax, melScale, melNorm })
      expect(distances(data, float64(expected, at, data.length)).absolute).toBeLessThan(1e-7)
      at += 8 * data.length
    }
    expect(at).toBe(expected.length)
  })

  withPython('400 clips: the frames and patches of librosa, linear mel within 1e-6, dB within 1e-4', async () => {
    const names = readdirSync(path.join(dir, 'audio')).filter((name) => name.endsWith('.ogg')).sort()
    expect(names).toHaveLength(400)
    const plans = FRONT_ENDS.map(({ sampleRate, mel }) => createMelPlan(sampleRate, mel))
    const worst = { relative: 0, decibels: 0 }
    for (let first = 0; first < names.length; first += BATCH) {
      const cases = await Promise.all(
        names.slice(first, first + BATCH).map(async (name, i) => {
          const plan = plans[(first + i) % plans.length]!
          const { clip } = await loadClip({ bytes: new Uint8Array(readFileSync(path.join(dir, 'audio', name))), name }, { sampleRate: plan.sampleRate })
          return { name, plan, samples: clip.samples }
        }),
      )
      const step = patchStep({ ...PATCHES, includeLastPatch: false })
      const header = cases.map(({ plan, samples }) => ({ sampleRate: plan.sampleRate, mel: plan.options, length: samples.length, step, patchLength: PATCHES.patchLength }))
      const bytes = cases.map(({ samples }) => new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength))
      const answer = python(SCRIPT, Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), ...bytes]))
      let at = 0
      for (const { name, plan, samples } of cases) {
        const end = answer.indexOf(10, at)
        const { frames, patches } = JSON.parse(answer.subarray(at, end).toString()) as { frames: number; patches: number }
        const size = frames * plan.options.nMels
        const mel = float64(answer, end + 1, size)
        const decibels = float64(answer, end + 1 + 8 * size, size)
        at = end + 1 + 16 * size
        expect([name, plan.frames(samples.length)]).toEqual([name, frames])
        const ours = plan.logMel(samples)
        expect([name, cutPatches({ dtype: 'float32', shape: [plan.options.nMels, frames], data: ours }, PATCHES).shape[0]]).toEqual([name, patches])
        worst.relative = Math.max(worst.relative, distances(plan.melPower(samples), mel).relative)
        worst.decibels = Math.max(worst.decibels, distances(ours, decibels).absolute)
      }
      expect(at).toBe(answer.length)
    }
    expect(worst.relative).toBeLessThan(1e-6)
    expect(worst.decibels).toBeLessThan(1e-4)
  }, 240_000)
})

import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { decodeNpy, inThread } from '@aed/core'
import { worst } from '../test/goldens.ts'
import { int16Bytes, wavBytes } from '../test/wav-bytes.ts'
import { decodeAudio } from './decode.ts'
import { mixDown } from './mix-down.ts'
import { loadClip, prepareClip, repeatTo } from './prepare-clip.ts'
import { resample } from './resample.ts'
import { findLoudIntervals } from './silence.ts'
import { stages } from './stages.ts'

const sine = (length: number, sampleRate: number) => Float32Array.from({ length }, (_, i) => 0.5 * Math.sin((2 * Math.PI * 440 * i) / sampleRate))

describe('mixDown', () => {
  it('takes the mean of the channels', () => {
    expect(mixDown({ channels: [Float32Array.of(1, 0), Float32Array.of(0, 0.5), Float32Array.of(0.5, 1)], sampleRate: 8000 })).toEqual({ samples: Float32Array.of(0.5, 0.5), sampleRate: 8000 })
  })

  it('refuses channels of different lengths', () => {
    expect(() => mixDown({ channels: [new Float32Array(2), new Float32Array(3)], sampleRate: 1 })).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
  })
})

describe('repeatTo', () => {
  it('tiles to exactly the length asked for, and leaves longer clips as they are', () => {
    const clip = { samples: Float32Array.of(1, 2, 3), sampleRate: 4 }
    expect(repeatTo(clip, 2).samples).toEqual(Float32Array.of(1, 2, 3, 1, 2, 3, 1, 2))
    expect(repeatTo(clip, 0.5).samples).toEqual(clip.samples)
  })
})

describe('prepareClip', () => {
  it('cuts at the own rate, mixes, resamples, cuts silence, then repeats', () => {
    const channel = new Float32Array(11 * 44100)
    channel.set(sine(22050, 44100), 44100) // half a second of sound from 1 s on
    const { samples, sampleRate } = prepareClip({ channels: [channel, channel], sampleRate: 44100 })
    expect({ sampleRate, length: samples.length }).toEqual({ sampleRate: 16000, length: 32000 })
    // Frames of 0.2 s around 1.0, 1.2 and 1.4 s hear it: 0.6 s stay, tiled to 2 s.
    expect(samples.slice(0, 9600)).toEqual(samples.slice(9600, 19200))
    expect(samples.subarray(6400, 8000).some((x) => Math.abs(x) > 0.4)).toBe(true)
    expect(samples.subarray(8100, 9600).every((x) => Math.abs(x) < 1e-3)).toBe(true)
  })

  it('takes the first maxDuration seconds', () => {
    expect(prepareClip({ samples: sine(96000, 8000), sampleRate: 8000 }, { minDuration: null }).samples).toHaveLength(160000)
    expect(prepareClip({ samples: sine(96000, 8000), sampleRate: 8000 }, { maxDuration: null, minDuration: null }).samples).toHaveLength(192000)
  })

  it('returns the samples as they are when all steps are off', () => {
    const samples = sine(1000, 16000)
    const { samples: out } = prepareClip({ samples, sampleRate: 16000 }, { maxDuration: null, trimSilenceDb: null, minDuration: null })
    expect(out).toEqual(samples)
    expect(out).not.toBe(samples)
  })

  it('refuses empty clips, samples that are not finite and unknown options', () => {
    expect(() => prepareClip({ samples: new Float32Array(0), sampleRate: 16000 })).toThrow(expect.objectContaining({ code: 'AUDIO_EMPTY' }))
    expect(() => prepareClip({ samples: Float32Array.of(0, Infinity), sampleRate: 16000 })).toThrow(expect.objectContaining({ code: 'INVALID_INPUT', message: expect.stringContaining('sample 1 ') }))
    expect(() => prepareClip({ samples: sine(9, 9), sampleRate: 9 }, { trimDb: 3 } as never)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })
})

describe('loadClip', () => {
  it('takes the part of a recording that is meant', async () => {
    const data = Uint8Array.from({ length: 64_000 }, (_, i) => (i * 37) % 251) // 2 s, 16 kHz, 16 bits
    const bytes = wavBytes({ data })
    const options = { trimSilenceDb: null, minDuration: null }
    const whole = await loadClip({ bytes, name: 'a.wav' }, options)
    const part = await loadClip({ bytes, name: 'a.wav', segment: { start: 0.5, end: 1.25 } }, options)
    expect(part.clip.samples).toEqual(whole.clip.samples.slice(8_000, 20_000))
    expect(part.duration).toBe(0.75)
    expect((await loadClip({ bytes, name: 'a.wav', segment: { start: 1.5, end: null } }, options)).clip.samples).toEqual(whole.clip.samples.slice(24_000))
    expect((await loadClip({ bytes, name: 'a.wav', segment: { start: 0.5, end: null } }, { ...options, maxDuration: 1 })).duration).toBe(1)
    await expect(loadClip({ bytes, name: 'a.wav', segment: { start: 2, end: 3 } })).rejects.toMatchObject({ code: 'INVALID_INPUT', message: 'a.wav: a segment begins at 2 s, the recording ends at 2 s' })
    await expect(loadClip({ bytes, name: 'a.wav', segment: { start: 2, end: 1 } })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })

  it('gives clip, duration and warnings, also as a stage', async () => {
    const bytes = wavBytes({ data: int16Bytes(...sine(8000, 16000).map((x) => 32767 * x)), dataLength: 0xffffffff })
    const loaded = await loadClip({ bytes, name: 'a.wav' })
    expect(loaded).toMatchObject({ duration: 0.5, warnings: [expect.stringContaining('the header says')], clip: { sampleRate: 16000, samples: { length: 32000 } } })
    expect(await inThread(stages).stages.loadClip({ bytes, name: 'a.wav' }, {})).toEqual(loaded)
  })

  it('warns of a silent recording', async () => {
    const { warnings } = await loadClip({ bytes: wavBytes({ data: new Uint8Array(6400) }), name: 'a.wav' })
    expect(warnings).toEqual(['the recording is silent: every sample is 0'])
  })
})

const goldens = process.env['AED_GOLDENS'] ?? ''
const esc10 = process.env['AED_ESC10_DIR'] ?? ''
/** Both are needed; without them the tests on librosa's own output for real clips are skipped. */
const onRealClips = goldens && esc10 ? describe : describe.skip

onRealClips('prepareClip on real clips (AED_GOLDENS, AED_ESC10_DIR)', () => {
  interface Chain {
    readonly source: string
    readonly wave: string
    readonly intervals: readonly (readonly [number, number])[]
    readonly final_samples: number
  }
  const audioFile = (name: string) => new Uint8Array(readFileSync(path.join(esc10, 'audio', name)))
  const npy = (name: string) => decodeNpy(new Uint8Array(readFileSync(path.join(goldens, 'dsp', name)))).data as Float32Array
  const { chains } = (goldens ? JSON.parse(readFileSync(path.join(goldens, 'dsp', 'index.json'), 'utf8')) : { chains: [] }) as { chains: readonly Chain[] }
  const options = { trimSilenceDb: 60, trimFrameLength: 3200 }

  /** Decibels of mel bands, relative to the loudest, of frames of 1024 samples every 320: a plain DFT, with librosa's own filter bank. */
  function logMel(samples: Float32Array): Float64Array {
    const bank = npy('melbank_base.npy')
    const cosine = Float64Array.from({ length: 1024 }, (_, i) => Math.cos((2 * Math.PI * i) / 1024))
    const frames = Array.from({ length: 24 }, (_, t) => Math.floor((t * (samples.length - 1024)) / 23))
    const mel = new Float64Array(64 * frames.length)
    frames.forEach((start, t) => {
      for (let bin = 1; bin < 481; bin++) {
        let re = 0
        let im = 0
        for (let i = 0; i < 1024; i++) {
          const x = samples[start + i]! * (0.5 - 0.5 * cosine[i]!)
          re += x * cosine[(bin * i) & 1023]!
          im += x * cosine[(bin * i + 256) & 1023]!
        }
        for (let band = 0; band < 64; band++) mel[band * frames.length + t]! += bank[band * 513 + bin]! * (re * re + im * im)
      }
    })
    const loudest = mel.reduce((a, b) => Math.max(a, b))
    return mel.map((power) => 10 * Math.log10(Math.max(power, 1e-10) / loudest))
  }

  it.each(chains.filter(({ source }) => source.endsWith('.ogg')))('$source: intervals as librosa, log-mel within 0.1 dB (95th percentile above −60 dB)', async ({ source, wave, intervals, final_samples }) => {
    const decoded = await decodeAudio(audioFile(source), { name: source, maxDuration: 10 })
    const clip = resample(mixDown(decoded), 16000)
    const expected = npy(wave)
    expect(clip.samples).toHaveLength(expected.length)
    expect(findLoudIntervals(clip, options)).toEqual(intervals)
    expect(findLoudIntervals({ samples: expected, sampleRate: 16000 }, options)).toEqual(intervals)
    expect(prepareClip(decoded).samples).toHaveLength(final_samples)
    const found = logMel(clip.samples)
    const reference = logMel(expected)
    const differences = [...reference.keys()].filter((i) => reference[i]! > -60).map((i) => Math.abs(found[i]! - reference[i]!)).sort((a, b) => a - b)
    expect(differences.length).toBeGreaterThan(100)
    expect(differences[Math.floor(0.95 * differences.length)]).toBeLessThan(0.1)
  })

  it('passes all 400 clips, which make the 2,093 patches of the published configuration', async () => {
    const patchesPerClip: Record<number, number> = {}
    let warnings = 0
    for (const name of readdirSync(path.join(esc10, 'audio'))) {
      const loaded = await loadClip({ bytes: audioFile(name), name })
      const frames = 1 + Math.floor(loaded.clip.samples.length / 320)
      const patches = 1 + Math.floor((frames - 50) / 38)
      patchesPerClip[patches] = (patchesPerClip[patches] ?? 0) + 1
      warnings += loaded.warnings.length
    }
    expect(warnings).toBe(0)
    expect(patchesPerClip).toEqual({ 2: 45, 3: 30, 4: 14, 5: 14, 6: 295, 8: 1, 9: 1 })
  }, 300_000) // 13 s alone on a core, many times that on a busy machine

  it('finds every page loss in a real clip', async () => {
    const name = readdirSync(path.join(esc10, 'audio'))[0]!
    const bytes = audioFile(name)
    expect(worst((await decodeAudio(bytes)).channels[0]!, (await decodeAudio(bytes)).channels[0]!).difference).toBe(0)
    for (const part of [0.1, 0.5, 0.9, 0.999]) await expect(decodeAudio(bytes.slice(0, Math.floor(part * bytes.length)), { name })).rejects.toMatchObject({ code: 'AUDIO_DAMAGED' })
  })
})

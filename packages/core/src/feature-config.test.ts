import { describe, expect, it } from '@jest/globals'
import { audioOptionsSchema, featureConfig, melOptionsSchema, patchOptionsSchema, patchStep } from './feature-config.ts'
import { describeOptions } from './options.ts'

/** The front end of the published models. */
const published = {
  audio: { sampleRate: 16000, maxDuration: 10, trimSilenceDb: 60, trimFrameLength: 3200, minDuration: 2 },
  mel: {
    nFft: 1024,
    hopLength: 320,
    winLength: null,
    window: 'hann',
    center: true,
    padMode: 'constant',
    power: 2,
    nMels: 64,
    fmin: 20,
    fmax: 7500,
    melNorm: 'slaney',
    melScale: 'slaney',
    dbRef: 'clip',
    amin: 1e-10,
    topDb: 80,
  },
  patches: { patchLength: 50, patchOverlap: 0.25, includeLastPatch: false },
}

describe('featureConfig', () => {
  it("is the published models' where nothing is said", () => {
    expect(featureConfig()).toEqual(published)
    expect(featureConfig({ mel: {} })).toEqual(published)
  })

  it('keeps what is said, survives JSON, and is complete then', () => {
    const config = featureConfig({ audio: { trimSilenceDb: null }, mel: { nMels: 40, dbRef: 1 } })
    expect(config).toEqual({ ...published, audio: { ...published.audio, trimSilenceDb: null }, mel: { ...published.mel, nMels: 40, dbRef: 1 } })
    expect(featureConfig(JSON.parse(JSON.stringify(config)))).toEqual(config)
  })

  it('gives each call an object of its own', () => {
    expect(featureConfig()).not.toBe(featureConfig())
    expect(featureConfig().mel).not.toBe(featureConfig().mel)
  })

  for (const [input, message] of [
    [{ mel: { nFft: 0 } }, 'feature config: mel.nFft takes at least 2, got 0'],
    [{ mel: { power: 3 } }, 'feature config: mel.power takes 2 or 1, got 3'],
    [{ patches: { patchOverlap: 1 } }, 'feature config: patches.patchOverlap takes at most 0.999999, got 1'],
    [{ mels: {} }, 'feature config: mels is not an option'],
  ] as const)
    it(`says: ${message}`, () => {
      expect(() => featureConfig(input)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', message }))
    })
})

describe('the schemas of the front end', () => {
  it('describe every option, and have no name twice: flags are made of them', () => {
    const all = [audioOptionsSchema, melOptionsSchema, patchOptionsSchema].flatMap((schema) => describeOptions(schema))
    for (const { description } of all) expect(description).not.toBe('')
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length)
  })
})

describe('patchStep', () => {
  it('rounds the overlap down: 50 frames with 0.25 give 38', () => {
    const step = (patchLength: number, patchOverlap: number) => patchStep({ patchLength, patchOverlap, includeLastPatch: false })
    expect([step(50, 0.25), step(50, 0), step(96, 0.5), step(1, 0.999999), step(50, 0.999999)]).toEqual([38, 50, 48, 1, 1])
  })
})

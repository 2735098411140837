import { readFileSync } from 'node:fs'
import { describe, expect, it, jest } from '@jest/globals'
import { createRandom, isAedError, type Random } from '@aed/core'
import { goldenBytes } from '../test/goldens.ts'
import { decodeAudio, type DecodedAudio } from './decode.ts'

jest.spyOn(console, 'error').mockImplementation(() => undefined) // the decoders complain there

/** A cut, a wrong bit, a wrong stretch, a missing and a doubled one. */
function mutate(clean: Uint8Array, random: Random): Uint8Array {
  const at = random.integer(clean.length)
  const length = 1 + random.integer(64)
  const bytes = clean.slice()
  switch (random.integer(5)) {
    case 0:
      return clean.slice(0, Math.max(1, at))
    case 1:
      bytes[at]! ^= 1 << random.integer(8)
      return bytes
    case 2:
      for (let i = at; i < Math.min(clean.length, at + length); i++) bytes[i] = random.integer(256)
      return bytes
    case 3:
      return new Uint8Array(Buffer.concat([clean.subarray(0, at), clean.subarray(at + length)]))
    default:
      return new Uint8Array(Buffer.concat([clean.subarray(0, at + length), clean.subarray(at)]))
  }
}

/** What became of a file: the code of its error, `warned`, or whether its samples are those of the clean one. */
async function outcome(bytes: Uint8Array, clean: DecodedAudio): Promise<string> {
  try {
    const { channels, sampleRate, warnings } = await decodeAudio(bytes, { name: 'x' })
    if (warnings.length > 0) return 'warned'
    const same = sampleRate === clean.sampleRate && channels.length === clean.channels.length && channels.every((channel, c) => Buffer.from(channel.buffer).equals(Buffer.from(clean.channels[c]!.buffer)))
    return same ? 'same samples' : 'other samples'
  } catch (error) {
    if (!isAedError(error)) throw error
    if (error.code === 'AUDIO_DAMAGED') expect(error.message).toMatch(/^x: byte \d+: /)
    return error.code
  }
}

const FILES = ['vorbis_mono.ogg', 'opus_mono.opus', 'flac_8_mono.flac', 'flac_24_mono.flac', 'mp3_mono.mp3', 'mp3_stereo.mp3']

describe('decodeAudio on damaged files', () => {
  it.each(FILES)('%s: 500 mutations give an error, a warning or the right samples', async (file) => {
    const bytes = goldenBytes(file)
    const clean = await decodeAudio(bytes)
    const random = createRandom(file)
    const found = new Map<string, number>()
    for (let k = 0; k < 500; k++) {
      const what = await outcome(mutate(bytes, random), clean)
      found.set(what, (found.get(what) ?? 0) + 1)
    }
    // An MP3 file whose information frame is overwritten is a file without one: nothing is left to check it by.
    expect(found.get('other samples') ?? 0).toBeLessThanOrEqual(file.endsWith('mp3') ? 1 : 0)
    expect(found.get('AUDIO_DAMAGED')!).toBeGreaterThan(file.endsWith('mp3') ? 200 : 450)
  })

  it.each(FILES)('%s: every truncation is an error', async (file) => {
    const bytes = goldenBytes(file)
    const clean = await decodeAudio(bytes)
    for (let length = 1; length < bytes.length; length += 1 + (length >> 4)) expect(await outcome(bytes.slice(0, length), clean)).toBe('AUDIO_DAMAGED')
    for (let cut = 1; cut < 30; cut++) expect(await outcome(bytes.slice(0, bytes.length - cut), clean)).toBe('AUDIO_DAMAGED')
  })
})

describe('the decoders', () => {
  it('are loaded when they are needed: no static import leads to them', () => {
    const seen = new Set<string>()
    const packages = new Set<string>()
    const visit = (file: URL) => {
      if (seen.has(file.href)) return
      seen.add(file.href)
      const source = readFileSync(file, 'utf8')
      for (const [, type, target] of source.matchAll(/^(?:import|export) (type )?.*from '(.+)'$/gm)) {
        if (type) continue
        if (target!.startsWith('.')) visit(new URL(target!, file))
        else packages.add(target!)
      }
    }
    visit(new URL('./index.ts', import.meta.url))
    expect(seen.size).toBeGreaterThan(10)
    expect([...packages].filter((name) => !name.startsWith('@aed/')).sort()).toEqual(['valibot'])
  })
})

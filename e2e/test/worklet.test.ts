import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, it } from '@jest/globals'
import { describeWith } from './needs.ts'
import { RATES } from './worklet-cases.ts'

interface Found {
  readonly rendered: Record<string, { readonly frames: number; readonly patches: number; readonly framesEqual: boolean; readonly patchesEqual: boolean }>
  readonly microphone: { readonly contextRate: number; readonly live: number; readonly loudest: number; readonly framesEqual: boolean }
  readonly opened: unknown
  readonly failures: unknown
  readonly compiles: boolean
}

describeWith('browser', 'features in the audio thread of headless Chromium', () => {
  let found: Found
  beforeAll(() => {
    const script = fileURLToPath(new URL('browser/run.mjs', import.meta.url))
    const { stdout, stderr, status } = spawnSync(process.execPath, [script, 'worklet'], { encoding: 'utf8', timeout: 120_000 })
    if (status !== 0) throw new Error(stderr)
    found = JSON.parse(stdout.trim().split('\n').at(-1)!) as Found
  }, 150_000)

  it.each(RATES)('a context of %i Hz: frames and patches equal the batch of the same samples to the bit', (rate) => {
    const { frames, patches, ...equal } = found.rendered[rate]!
    expect(equal).toEqual({ framesEqual: true, patchesEqual: true })
    expect(frames).toBe(1 + Math.floor(Math.ceil((51_200 * 16_000) / rate) / 320))
    expect(patches).toBeGreaterThan(4)
  })

  it("a device's live sound, resampled from its own rate: frames equal the batch of what a tap beside the node heard", () => {
    expect(found.microphone).toMatchObject({ framesEqual: true })
    expect(found.microphone.contextRate).not.toBe(16_000)
    expect(found.microphone.live).toBeGreaterThanOrEqual(60)
    expect(found.microphone.loudest).toBeGreaterThan(0.1)
  })

  it('openMicrophone gives frames and closes what it opened', () => {
    expect(found.opened).toEqual({ frames: true, state: 'closed', warnings: [] })
  })

  it('has the WebAssembly kernels', () => {
    expect(found.compiles).toBe(true)
  })

  it('says what is wrong by code', () => {
    expect(found.failures).toEqual({
      withoutModule: 'INVALID_STATE',
      clipReference: 'INVALID_OPTION',
      noReceiver: 'INVALID_OPTION',
      noWorklet: 'IO_FAILED',
      notFinite: 'INVALID_INPUT resample: sample 0 takes a finite number, got NaN',
    })
  })
})

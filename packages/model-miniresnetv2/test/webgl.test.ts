import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from '@jest/globals'
import { distance, npy } from './support.ts'

const { AED_GOLDENS: goldens = '', AED_BACKBONES: backbones = '', AED_CHROMIUM: chromium = 'chromium', AED_REQUIRE: required = '' } = process.env
const FILES = ['miniresnetv2_1_stacks_backbone', 'miniresnetv2_2_stacks_backbone', 'pooled_miniresnetv2_1_stacks_backbone', 'pooled_miniresnetv2_2_stacks_backbone']

const hasChromium = spawnSync(chromium, ['--version'], { stdio: 'ignore' }).status === 0
if (!hasChromium && required.split(',').includes('browser')) throw new Error(`AED_REQUIRE names browser, but '${chromium}' does not run`)
const withAll = goldens && backbones && hasChromium ? describe : describe.skip

interface Embedded {
  readonly shape: number[]
  readonly data: number[]
  readonly backend: string
  readonly tensors: number
}

withAll('the published backbones by WebGL in headless Chromium (skipped without AED_GOLDENS, AED_BACKBONES and Chromium)', () => {
  it('give the embeddings of Keras within 1e-3, and leave no tensor behind', () => {
    const script = fileURLToPath(new URL('browser/run.mjs', import.meta.url))
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, path.join(goldens, 'models/inputs.npy'), ...FILES.map((file) => path.join(backbones, `${file}.h5`))], {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
      timeout: 280_000,
    })
    if (status !== 0) throw new Error(stderr)
    const found = JSON.parse(stdout) as Embedded[]
    expect(found).toHaveLength(FILES.length)
    FILES.forEach((file, i) => {
      const { shape, data, backend, tensors } = found[i]!
      const expected = npy(goldens, `models/${file}_emb.npy`)
      expect([file, backend, tensors, shape]).toEqual([file, 'webgl', 0, expected.shape])
      expect(distance(data, expected.data)).toBeLessThan(1e-3)
    })
  }, 300_000)
})

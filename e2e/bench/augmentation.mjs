// Augmentation and features of 400 clips by ten recipes, on one core and on two; the recordings are decoded once before, as in use.
// There is no peer that does the same: the bar is the speed-up. Clips: AED_ESC10_DIR, else 400 synthetic ones of 5 s. Each run has a process of its own: all of it, this thread
// and the collector's included, is kept on one core by taskset; where there is none (macOS, Windows), one worker is measured, which leaves these to another core.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { featureConfig } from '@aed/core'
import { readDataset, writeSyntheticEsc10 } from '@aed/datasets'
import { augmentedPatches, withRunContext } from '@aed/e2e'

const MASKS = [{ name: 'frequencyMask' }, { name: 'timeMask' }]
/** Ten recipes as training uses them, JSON: changes of the sound, then of its log-mel; together every step but that of background sound, which needs clips. */
const RECIPES = [
  [['speed', 'gain', 'noise'], MASKS],
  [['shift', 'gain', 'noise'], [{ name: 'melShift' }, ...MASKS]],
  [['polarity', 'speed', 'clipping'], [{ name: 'equalize' }, { name: 'gain' }]],
  [['betweenClass', 'gain'], MASKS],
  [['betweenClass', 'speed', 'shift'], [{ name: 'noise' }]],
  [['speed', 'noise', 'polarity'], [{ name: 'mix' }, ...MASKS]],
  [['shift', 'speed', 'gain'], [{ name: 'mix' }, { name: 'equalize' }]],
  [['gain', 'noise', 'clipping'], [{ name: 'melShift' }, { name: 'noise' }]],
  [['betweenClass', 'noise', 'shift'], [{ name: 'gain' }, ...MASKS]],
  [['speed', 'shift', 'noise'], [{ name: 'melShift' }, { name: 'equalize' }, { name: 'gain' }, ...MASKS]],
].map(([waveform, features]) => ({ waveform: waveform.map((step) => ({ step, ...(step === 'noise' && { color: 'pink' }) })), features }))

/** In this process: decoded clips are kept, what is made of them is not: another seed each time. */
async function run(data, clipCount, cache, jobs, seed, recipes) {
  const { name, clips: all } = await readDataset(data)
  const clips = all.slice(0, clipCount)
  return withRunContext({ cache, jobs }, async (context) => {
    const start = performance.now()
    let patches = 0
    for (const { waveform, features } of recipes) {
      const recipe = { waveform: { seed, steps: waveform }, features: { seed, steps: features } }
      for await (const copy of augmentedPatches(clips, featureConfig(), { recipe, copies: 1 }, context)) patches += copy.patches.shape[0]
    }
    return { name, clips: clips.length, patches, seconds: (performance.now() - start) / 1000, mib: process.resourceUsage().maxRSS / 1024 }
  })
}

export async function benchAugmentation(clipCount = 400) {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'aed-bench-augmentation-'))
  try {
    const data = process.env.AED_ESC10_DIR ?? path.join(dir, 'data')
    if (!process.env.AED_ESC10_DIR) await writeSyntheticEsc10(data, { clips: clipCount })
    const inProcess = (before, jobs, seed) => {
      const [command, ...rest] = [...before, process.execPath, fileURLToPath(import.meta.url), data, clipCount, dir, jobs, seed].map(String)
      return JSON.parse(execFileSync(command, rest, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }))
    }
    await run(data, clipCount, dir, 2, 0, RECIPES.slice(0, 1)) // decodes
    const pinned = process.platform === 'linux'
    const one = inProcess(pinned ? ['taskset', '-c', '0'] : [], 1, 1)
    const two = inProcess([], 2, 2)
    const ratio = one.seconds / two.seconds
    console.log(`${one.name}: augmentation and features of ${one.clips} clips × ${RECIPES.length} recipes, ${one.patches} patches`)
    console.log(`${pinned ? 'one core' : 'one worker'} ${one.seconds.toFixed(1)} s, two ${two.seconds.toFixed(1)} s: ${ratio.toFixed(2)} × (bar 1.7 ×); ${two.mib.toFixed(0)} MiB at most, workers included`)
  } finally {
    rmSync(dir, { recursive: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [data, clipCount, cache, jobs, seed] = process.argv.slice(2)
  console.log(JSON.stringify(await run(data, Number(clipCount), cache, Number(jobs), Number(seed), RECIPES)))
}

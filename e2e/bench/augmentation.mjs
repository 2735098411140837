// Augmentation and features of 400 clips by ten recipes, in one worker and in two; the recordings are decoded once before, as in use.
// There is no peer that does the same: the bar is the speed-up. Clips: AED_ESC10_DIR, else 400 synthetic ones of 5 s.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { featureConfig } from '@aed/core'
import { readDataset, writeSyntheticEsc10 } from '@aed/datasets'
import { augmentedPatches, withRunContext } from '@aed/e2e'

/** Ten recipes of a step or two each, as JSON: every step of waveforms and of features that needs no clip of background sound. */
const RECIPES = [
  { waveform: { steps: [{ step: 'gain' }, { step: 'polarity' }] } },
  { waveform: { steps: [{ step: 'noise', color: 'pink' }] } },
  { waveform: { steps: [{ step: 'shift' }, { step: 'clipping', probability: 0.2 }] } },
  { waveform: { steps: [{ step: 'speed' }] } },
  { waveform: { steps: [{ step: 'betweenClass' }] } },
  { waveform: { steps: [{ step: 'noise' }] }, features: { steps: [{ name: 'gain' }] } },
  { features: { steps: [{ name: 'frequencyMask' }, { name: 'timeMask' }] } },
  { features: { steps: [{ name: 'melShift' }, { name: 'equalize' }] } },
  { features: { steps: [{ name: 'noise' }] } },
  { features: { steps: [{ name: 'mix' }] } },
]

export async function benchAugmentation(clipCount = 400) {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'aed-bench-augmentation-'))
  try {
    const data = process.env.AED_ESC10_DIR ?? path.join(dir, 'data')
    if (!process.env.AED_ESC10_DIR) await writeSyntheticEsc10(data, { clips: clipCount })
    const dataset = await readDataset(data)
    const clips = dataset.clips.slice(0, clipCount)
    /** Decoded clips are kept, what is made of them is not: another seed each time. */
    const run = (jobs, seed, recipes = RECIPES) =>
      withRunContext({ cache: dir, jobs }, async (context) => {
        const start = performance.now()
        let patches = 0
        for (const { waveform = { steps: [] }, features = { steps: [] } } of recipes) {
          const recipe = { waveform: { seed, ...waveform }, features: { seed, ...features } }
          for await (const copy of augmentedPatches(clips, featureConfig(), { recipe, copies: 1 }, context)) patches += copy.patches.shape[0]
        }
        return { seconds: (performance.now() - start) / 1000, patches }
      })
    await run(2, 0, RECIPES.slice(0, 1))
    const one = await run(1, 1)
    const two = await run(2, 2)
    const ratio = one.seconds / two.seconds
    console.log(`${dataset.name}: augmentation and features of ${clips.length} clips × ${RECIPES.length} recipes, ${one.patches} patches`)
    console.log(`one worker ${one.seconds.toFixed(1)} s, two ${two.seconds.toFixed(1)} s: ${ratio.toFixed(2)} × (bar 1.7 ×); ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB at most, workers included`)
  } finally {
    rmSync(dir, { recursive: true })
  }
}

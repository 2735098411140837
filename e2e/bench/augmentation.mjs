// Augmentation and features of 400 clips × 10 copies by one recipe with every kind of step, in one worker and in two; the recordings are decoded once before, as in use.
// There is no peer that does the same: the bar is the speed-up. Clips: AED_ESC10_DIR, else 400 synthetic ones of 5 s.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { featureConfig } from '@aed/core'
import { readDataset, writeSyntheticEsc10 } from '@aed/datasets'
import { augmentedPatches, withRunContext } from '@aed/e2e'

const recipe = {
  waveform: { seed: 1, steps: [{ step: 'speed' }, { step: 'gain' }, { step: 'noise', color: 'pink' }, { step: 'shift' }, { step: 'betweenClass', probability: 0.5 }, { step: 'polarity' }, { step: 'clipping', probability: 0.2 }] },
  features: { seed: 1, steps: [{ name: 'melShift' }, { name: 'equalize' }, { name: 'noise' }, { name: 'frequencyMask' }, { name: 'timeMask' }] },
}

export async function benchAugmentation(clipCount = 400, copies = 10) {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'aed-bench-augmentation-'))
  try {
    const data = process.env.AED_ESC10_DIR ?? path.join(dir, 'data')
    if (!process.env.AED_ESC10_DIR) await writeSyntheticEsc10(data, { clips: clipCount })
    const dataset = await readDataset(data)
    const clips = dataset.clips.slice(0, clipCount)
    /** Decoded clips are kept, what is made of them is not: another seed each time. */
    const run = (jobs, seed, count) =>
      withRunContext({ cache: dir, jobs }, async (context) => {
        const start = performance.now()
        let patches = 0
        const options = { recipe: { ...recipe, waveform: { ...recipe.waveform, seed } }, copies: count }
        for await (const copy of augmentedPatches(clips, featureConfig(), options, context)) patches += copy.patches.shape[0]
        return { seconds: (performance.now() - start) / 1000, patches }
      })
    await run(2, 0, 1)
    const one = await run(1, 1, copies)
    const two = await run(2, 2, copies)
    const ratio = one.seconds / two.seconds
    console.log(`${dataset.name}: augmentation and features of ${clips.length} clips × ${copies} copies, ${one.patches} patches`)
    console.log(`one worker ${one.seconds.toFixed(1)} s, two ${two.seconds.toFixed(1)} s: ${ratio.toFixed(2)} × (bar 1.7 ×); ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB at most, workers included`)
  } finally {
    rmSync(dir, { recursive: true })
  }
}

// An evaluation with 1,000 resamples at the scale of ESC-50, then every metric at that of FSD50K (1,000,000 patches of 200 classes).
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createRandom } from '@aed/core'
import { evaluate } from '@aed/eval-cliplevel'

const random = createRandom('bench')
const timed = (run) => {
  const start = performance.now()
  run()
  return (performance.now() - start) / 1000
}
const rssGib = () => process.resourceUsage().maxRSS / 2 ** 20

/** Scores of rows that sum to 1, as softmax gives them. */
function softScores(items, classes) {
  const scores = new Float32Array(items * classes)
  for (let start = 0; start < scores.length; start += classes) {
    let sum = 0
    for (let i = start; i < start + classes; i++) sum += scores[i] = random.uint32() / 2 ** 32
    for (let i = start; i < start + classes; i++) scores[i] /= sum
  }
  return scores
}

const names = (count) => Array.from({ length: count }, (_, c) => `class ${c}`)

/** One kind of labels, in a process of its own: its peak of memory is not that of what ran before. */
function atScale(kind) {
  const multiLabel = kind === 'multi-label'
  const [items, classes, perClip] = [1_000_000, 200, 20]
  const scores = softScores(items, classes)
  const clips = Array.from({ length: items / perClip }, (_, i) => ({
    id: `${i}`,
    label: `class ${i % classes}`,
    source: `${i >> 1}`,
    fold: null,
    ...(multiLabel && { labels: [`class ${i % classes}`, `class ${(i + 7) % classes}`] }),
  }))
  const clipOfPatch = Int32Array.from({ length: items }, (_, i) => Math.floor(i / perClip))
  const seconds = timed(() => evaluate({ classes: names(classes), clips, clipOfPatch, scores }, { resamples: 1, multiLabel }))
  console.log(`every metric of 1,000,000 patches x 200 classes, ${kind}: ${seconds.toFixed(1)} s (bar: 10 s), peak ${rssGib().toFixed(2)} GiB (bar: 1.5)`)
}

if (process.argv[2]) atScale(process.argv[2])
else {
  const [items, classes] = [2000, 50]
  const clips = Array.from({ length: items }, (_, i) => ({ id: `${i}`, label: `class ${i % classes}`, source: `${i >> 1}`, fold: null }))
  const scores = { classes: names(classes), clips, clipOfPatch: Int32Array.from({ length: items * 12 }, (_, i) => Math.floor(i / 12)), scores: softScores(items * 12, classes) }
  const seconds = timed(() => evaluate(scores, { resamples: 1000 }))
  console.log(`evaluate with 1,000 resamples, ESC-50 (2,000 clips, 24,000 patches): ${seconds.toFixed(2)} s (bar: 2 s)`)
  for (const kind of ['single-label', 'multi-label']) spawnSync(process.execPath, [fileURLToPath(import.meta.url), kind], { stdio: 'inherit' })
}

// Ranking metrics at the scale of FSD50K (1,000,000 patches of 200 classes), then an evaluation with 1,000 resamples at that of ESC-50.
import { createRandom } from '@aed/core'
import { evaluate, rankingMetrics } from '@aed/eval-cliplevel'

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

{
  const [items, classes] = [2000, 50]
  const clips = Array.from({ length: items }, (_, i) => ({ id: `${i}`, label: `class ${i % classes}`, source: `${i >> 1}`, fold: null }))
  const scores = { classes: names(classes), clips, clipOfPatch: Int32Array.from({ length: items * 12 }, (_, i) => Math.floor(i / 12)), scores: softScores(items * 12, classes) }
  const seconds = timed(() => evaluate(scores, { resamples: 1000 }))
  console.log(`evaluate with 1,000 resamples, ESC-50 (2,000 clips, 24,000 patches): ${seconds.toFixed(2)} s (bar: 2 s)`)
}

{
  const [items, classes, perClip] = [1_000_000, 200, 20]
  const scores = softScores(items, classes)
  const clips = Array.from({ length: items / perClip }, (_, i) => ({ id: `${i}`, label: `class ${i % classes}`, source: `${i >> 1}`, fold: null }))
  const clipOfPatch = Int32Array.from({ length: items }, (_, i) => Math.floor(i / perClip))
  const figures = timed(() => evaluate({ classes: names(classes), clips, clipOfPatch, scores }, { resamples: 1000 }))
  const targets = new Uint8Array(items * classes)
  for (let i = 0; i < items; i++) targets[i * classes + (clipOfPatch[i] % classes)] = 1
  const ranking = timed(() => rankingMetrics({ classes: names(classes), scores, targets }))
  console.log(`1,000,000 patches x 200 classes: evaluate ${figures.toFixed(1)} s, ranking metrics ${ranking.toFixed(1)} s, together ${(figures + ranking).toFixed(1)} s (bar: 10 s), peak ${rssGib().toFixed(2)} GiB (bar: 1.5)`)
}

// A training run in a folder, as users have it: `node killed-run.mjs MODEL OUT`. Says `epoch N` on stdout; a test kills it.
import { readFile } from 'node:fs/promises'
import { toModelFiles } from '@aed/model-miniresnetv2'
import { loadModelFolder, openRunFolder } from '@aed/model-miniresnetv2/node'
import { trainModel } from '@aed/model-miniresnetv2/train'

const [, , folder, out] = process.argv
const model = await loadModelFolder(folder)
const clips = JSON.parse(await readFile(`${folder}.clips.json`, 'utf8')).map(({ shape, data, labels }) => ({ labels, spectrograms: [{ dtype: 'float32', shape, data: Float32Array.from(data) }] }))
const run = await openRunFolder(out, ['model.json', 'aed.json', 'group1-shard1of1.bin', 'curves.jsonl'], true)
let curves = ''
const options = { epochs: 14, probeEpochs: 2, samplesPerEpoch: 48, batchSize: 8, emaDecay: 0.9, labelSmoothing: 0.1, augment: [{ name: 'mix', probability: 0.7 }, { name: 'noise' }] }
const trained = await trainModel({ model, classes: model.card.classes, clips }, options, {
  resume: run.resume,
  onHistory(history) {
    curves = history.map((epoch) => `${JSON.stringify(epoch)}\n`).join('')
    console.log(`epoch ${history.length}`)
  },
  onCheckpoint: (bytes) => run.save(bytes, { 'curves.jsonl': curves }),
})
await run.finish({ ...toModelFiles({ ...trained.model, card: model.card }), 'curves.jsonl': curves })

// Makes the weights that @aed/model-miniresnetv2 ships: node tools/make-weights.mjs --data ESC-50 --backbones DIR --out packages/model-miniresnetv2/models [--work DIR] [--cache DIR]
// Build first. Takes about six minutes on two cores; stopped, it goes on from the checkpoint in --work.
import { parseArgs } from 'node:util'
import { createSteps, makeWeights, withRunContext } from '@aed/e2e'

const text = { type: 'string' }
const { values } = parseArgs({ options: { data: text, backbones: text, out: text, work: { ...text, default: 'out/weights' }, cache: text } })
const missing = ['data', 'backbones', 'out'].filter((name) => !values[name])
if (missing.length > 0) throw new Error(`missing: ${missing.map((name) => `--${name}`).join(', ')}`)
const steps = createSteps(7, ({ step, state, elapsed }) => state === 'end' && console.error(`${step}: ${(elapsed / 1000).toFixed(1)} s`))
console.log(JSON.stringify(await withRunContext({ cache: values.cache ?? null }, (context) => makeWeights(values, context, steps)), null, 2))

// Makes the weights that @aed/model-miniresnetv2 ships: node tools/make-weights.mjs --data ESC-50 --backbones DIR --out packages/model-miniresnetv2/models [--stacks 2] [--work DIR] [--cache DIR]
// Build first. Takes about six minutes on two cores for one stack; stopped, it goes on from the checkpoint in --work.
import { parseArgs } from 'node:util'
import { createSteps, makeWeights, withRunContext } from '@aed/e2e'

const text = { type: 'string' }
const { values } = parseArgs({ options: { data: text, backbones: text, out: text, work: { ...text, default: 'out/weights' }, stacks: { ...text, default: '1' }, cache: text } })
const missing = ['data', 'backbones', 'out'].filter((name) => !values[name])
if (missing.length > 0) throw new Error(`missing: ${missing.map((name) => `--${name}`).join(', ')}`)
if (!['1', '2'].includes(values.stacks)) throw new Error(`--stacks takes 1 or 2, got ${values.stacks}`)
const steps = createSteps(7, ({ step, state, elapsed }) => state === 'end' && console.error(`${step}: ${(elapsed / 1000).toFixed(1)} s`))
console.log(JSON.stringify(await withRunContext({ cache: values.cache ?? null }, (context) => makeWeights({ ...values, stacks: Number(values.stacks) }, context, steps)), null, 2))

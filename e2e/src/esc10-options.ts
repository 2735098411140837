import * as v from 'valibot'
import { option, type OptionsOf } from '@aed/core'

/** Options of the ESC-10 pipeline: `aed esc10`, `npm run esc10`. */
export const esc10OptionsSchema = v.strictObject({
  data: option.textOrNone(null, 'folder laid out like ESC-50; none: AED_ESC10_DIR, the cache, or the synthetic set'),
  stacks: option.choice(['1', '2', 'both'], '1', 'network size'),
  backbone: option.textOrNone(null, 'Keras .h5 file, a folder of the published ones, or the name of one (aed backbone get); none: seeded initial values'),
  folds: option.text('all', 'test folds, comma-separated, or all'),
  out: option.text('out/esc10', 'folder for report, models and C libraries'),
  seed: option.integer(0, 'seed of everything random', { min: 0, max: 2 ** 31 }),
  epochs: option.integer(40, 'epochs of training at most', { min: 1 }),
  calibrationPatches: option.integer(200, 'training patches that the int8 ranges are taken from', { min: 1 }),
  allowLeaks: option.boolean(false, 'take folds that share recordings; every figure is then marked leaky'),
  skipBad: option.boolean(false, 'leave out clips that cannot be read, and name them in the report'),
  jobs: option.integer(0, 'worker threads; 0: one per core', { min: 0, max: 256 }),
  cache: option.textOrNone(null, 'folder of intermediate results; none: AED_CACHE_DIR or the user’s cache'),
})

export type Esc10Options = OptionsOf<typeof esc10OptionsSchema>

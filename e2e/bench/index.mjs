import { benchAugmentation } from './augmentation.mjs'

await benchAugmentation(...process.argv.slice(2).map(Number))

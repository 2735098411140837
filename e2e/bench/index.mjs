import { benchAugmentation } from './augmentation.mjs'
import { benchFeatures } from './features.mjs'

await benchFeatures()
await benchAugmentation(...process.argv.slice(2).map(Number))

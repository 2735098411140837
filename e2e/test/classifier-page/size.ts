import { AudioClassifier } from '@aed/model-miniresnetv2'

// What a page needs that classifies recordings, and no more.
Object.assign(globalThis, { AudioClassifier })

export { createMelTransform } from './mel-transform.ts'

export type { MelTransformOptions, SampleFormat } from './mel-transform.ts'

import type { ErrorCode, MelOptions, PatchOptions } from '@aed/core'

/** Under which name the processor is registered. */
export const PROCESSOR = 'aed-mel'

/** What the node hands to its processor; options complete and valid. */
export interface ProcessorOptions {
  readonly sampleRate: number
  readonly mel: MelOptions
  readonly patches: PatchOptions
  readonly frames: boolean
  readonly wholePatches: boolean
}

/** From the processor. */
export type FromProcessor =
  | { readonly type: 'frame'; readonly data: Float32Array; readonly index: number }
  | { readonly type: 'patch'; readonly data: Float32Array; readonly index: number; readonly firstFrame: number }
  | { readonly type: 'finished' }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string; readonly hint?: string | undefined }

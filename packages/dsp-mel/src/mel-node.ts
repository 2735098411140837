import { AedError, melOptionsSchema, parseOptions, patchOptionsSchema } from '@aed/core'
import type { MelOptionsInput } from './mel-plan.ts'
import { createMelStream, type OnFrame } from './mel-stream.ts'
import { createPatchStream, type OnPatch } from './patch-stream.ts'
import type { PatchOptionsInput } from './patches.ts'
import { PROCESSOR, type FromProcessor, type ProcessorOptions } from './worklet/messages.ts'

/** Options of {@link createMelNode}. */
export interface MelNodeOptions {
  /** Of the features, in Hz; where the context has another, the processor resamples. */
  readonly sampleRate: number
  /** `dbRef` is `'running'`, a number or null, of patches also `'patch'`: the maximum of a whole clip is not known in live sound. */
  readonly mel: MelOptionsInput
  readonly patches?: PatchOptionsInput
  /** Takes each frame; the array is the receiver's own. */
  readonly onFrame?: OnFrame
  /** Takes each patch; the array is the receiver's own. */
  readonly onPatch?: OnPatch
  /** Told once when the processor fails: `INVALID_OPTION` where a resampler is missing, `INVALID_INPUT` for samples that are not finite. Without it the error is reported as uncaught. */
  readonly onError?: (error: AedError) => void
}

/** Frames of what is connected to `node`. */
export interface MelNode {
  /** One input, mixed down to one channel; no output. */
  readonly node: AudioWorkletNode
  /** As those of `MelStream`. */
  readonly warnings: readonly string[]
  /** Ends the signal: the last frames, then done. The node takes nothing more. */
  readonly finish: () => Promise<void>
}

/**
 * An `AudioWorkletNode` that gives log-mel frames or patches of what is connected to it: those of {@link createMelStream} and {@link createPatchStream}, computed and
 * resampled in the audio thread, so that a busy page delays them but loses none. Its module, which calls `registerMelProcessor` of `@aed/dsp-mel/worklet`, must be there:
 * `await context.audioWorklet.addModule(url)`.
 * @throws AedError as {@link createMelStream}; `INVALID_OPTION` for `dbRef: 'clip'` or when nobody takes frames or patches, `INVALID_STATE` when the module is not there
 */
export function createMelNode(context: BaseAudioContext, { sampleRate, mel: melInput, patches: patchInput = {}, onFrame, onPatch, onError }: MelNodeOptions): MelNode {
  const mel = parseOptions(melOptionsSchema, melInput, 'mel')
  const patches = parseOptions(patchOptionsSchema, patchInput, 'patches')
  if (!onFrame && !onPatch) throw new AedError('INVALID_OPTION', 'mel node: takes onFrame, onPatch or both')
  if (mel.dbRef === 'clip')
    throw new AedError('INVALID_OPTION', "mel node: dbRef 'clip' is the maximum of a whole clip, which live sound does not know", { hint: "choose 'running' or a number, or 'patch' for patches" })
  // Here for the errors and warnings of the options: those of the processor would come later and elsewhere.
  const nothing = () => undefined
  const warnings = (onFrame ? createMelStream(sampleRate, mel, nothing) : createPatchStream(sampleRate, { mel, patches }, nothing)).warnings
  if (onPatch && onFrame) createPatchStream(sampleRate, { mel, patches }, nothing)

  const processorOptions: ProcessorOptions = { sampleRate, mel, patches, frames: onFrame !== undefined, wholePatches: onPatch !== undefined }
  const node = startProcessor(context, processorOptions)
  let finished = nothing as () => void
  let failed = false
  const fail = (error: AedError) => {
    if (failed) return
    failed = true
    if (onError) onError(error)
    else reportError(error)
    finished()
  }
  node.onprocessorerror = () => fail(new AedError('INVALID_STATE', 'mel node: the processor stopped unexpectedly'))
  node.port.onmessage = ({ data: message }: MessageEvent<FromProcessor>) => {
    if (message.type === 'frame') onFrame?.(message.data, message.index)
    else if (message.type === 'patch') onPatch?.(message.data, message.index, message.firstFrame)
    else if (message.type === 'finished') finished()
    else fail(new AedError(message.code, message.message, message.hint === undefined ? {} : { hint: message.hint }))
  }
  let end: Promise<void> | undefined
  return {
    node,
    warnings,
    finish: () =>
      (end ??= new Promise((resolve) => {
        finished = resolve
        if (failed) resolve()
        else node.port.postMessage('finish')
      })),
  }
}

function startProcessor(context: BaseAudioContext, processorOptions: ProcessorOptions): AudioWorkletNode {
  try {
    return new AudioWorkletNode(context, PROCESSOR, { numberOfInputs: 1, numberOfOutputs: 0, channelCount: 1, channelCountMode: 'explicit', processorOptions })
  } catch (error) {
    throw new AedError('INVALID_STATE', `mel node: the audio context has no processor '${PROCESSOR}'`, { hint: 'load a module that calls registerMelProcessor with audioWorklet.addModule first', cause: error })
  }
}

import { AedError, isAedError } from '@aed/core'
import { createMelNode, type MelNodeOptions } from './mel-node.ts'

/** Options of {@link openMicrophone}. */
export interface MicrophoneOptions extends MelNodeOptions {
  /** Where the module lies that calls `registerMelProcessor`. */
  readonly worklet: string | URL
  /** Which microphone, and what the browser does to its sound; default: any, and nothing, since echo cancellation and automatic gain change what a model hears. */
  readonly constraints?: MediaTrackConstraints
}

/** A microphone that is open. */
export interface Microphone {
  readonly context: AudioContext
  /** As those of `MelStream`. */
  readonly warnings: readonly string[]
  /** Gives the last frames, then closes microphone and context. */
  stop(): Promise<void>
}

/**
 * Frames or patches of a microphone, in a browser: asks for it, and starts an `AudioContext` of the device's own rate with {@link createMelNode}.
 * To be called where the user did something: browsers start no sound otherwise.
 * @throws AedError (rejects) as {@link createMelNode}; `IO_FAILED` when there is no microphone, the user or the system refuses it, or the worklet's module does not load
 */
export async function openMicrophone({ worklet, constraints = {}, ...options }: MicrophoneOptions): Promise<Microphone> {
  const media = await attempt('no microphone was opened', () =>
    navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false, ...constraints } }),
  )
  const context = new AudioContext()
  const close = async () => {
    for (const track of media.getTracks()) track.stop()
    await context.close()
  }
  try {
    await attempt(`the worklet's module ${worklet.toString()} does not load`, () => context.audioWorklet.addModule(worklet))
    const { node, warnings, finish } = createMelNode(context, options)
    const source = context.createMediaStreamSource(media)
    source.connect(node)
    await context.resume()
    let stopped: Promise<void> | undefined
    const stop = async () => {
      source.disconnect()
      await finish()
      await close()
    }
    return { context, warnings, stop: () => (stopped ??= stop()) }
  } catch (error) {
    await close()
    throw error
  }
}

async function attempt<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isAedError(error)) throw error
    throw new AedError('IO_FAILED', `microphone: ${what}: ${(error as Error).message}`, { hint: 'allow the microphone, on a page of https or localhost', cause: error })
  }
}

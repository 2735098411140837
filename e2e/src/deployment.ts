import { createRandom, LEVEL_LAGS, patchStep, type FeatureConfig } from '@aed/core'
import { estimateCycles, TARGETS, type CycleEstimate, type DeployReport, type InstructionKind } from '@aed/stm32-deploy'
import { profileNetwork, profileStream, type ChainFootprint, type Device } from '@aed/stm32-deploy/node'
import type { ChainVerification, LayerVerification, NetworkVerification } from './verify-deployment.ts'

/** What `aed deploy` knows of a library: `report.json`. */
export interface Deployment extends DeployReport {
  /** The chain around the network; null without its front end or without the compiler. */
  readonly chain: ChainFootprint | null
  readonly verified: Verification | null
  /** ESTIMATED for the target; null where it was not verified on its emulated core. */
  readonly estimate: DeploymentEstimate | null
}

/** What was compared. Inputs of this machine's run stand at the top. */
export interface Verification {
  readonly inputs: number
  readonly equal: number
  /** Of every layer on this machine; null where nothing was compiled. */
  readonly layers: LayerVerification | null
  readonly emulator: NetworkVerification | null
  readonly serial: NetworkVerification | null
  readonly chain: ChainVerification | null
}

export interface DeploymentEstimate {
  /** A run of the network. */
  readonly network: CycleEstimate
  /** A frame of the front end; null without it. */
  readonly frame: CycleEstimate | null
  /** All that listening takes from one result to the next, once a stream is under way: frames, network, and what its clip head takes of frames and samples and for its scores; null without a front end. */
  readonly period: CycleEstimate | null
  /** The same for a second: part of it that the core computes, and the energy for that; null without a front end. */
  readonly second: { readonly load: number; readonly millijoules: number | null } | null
}

/**
 * Estimates cycles on the target from what its emulated core executes.
 * @param input int8, one input of the network
 * @param features null without a front end
 * @returns null for a target without timings
 */
export async function estimateDeployment(device: Device, { target, head }: DeployReport, input: Int8Array, features: FeatureConfig | null): Promise<DeploymentEstimate | null> {
  const { timing } = TARGETS[target]
  const profile = timing && (await profileNetwork(device, input))
  if (!timing || !profile) return null
  const network = estimateCycles(profile, timing)
  if (!features) return { network, frame: null, period: null, second: null }
  const { mel, audio, patches } = features
  const stretch = listeningPeriod(head, features)
  const random = createRandom('frames')
  // As many samples as give so many frames and no more.
  const samplesOf = (frames: number) => Math.max(mel.nFft, mel.hopLength) - (mel.center ? mel.nFft / 2 : 0) + (frames - 1) * mel.hopLength
  const sound = Int16Array.from({ length: samplesOf(stretch.until) }, () => 3000 * random.normal())
  const listening = async (frames: number) => estimateCycles((await profileStream(device, sound.subarray(0, samplesOf(frames)), Math.min(2048, mel.hopLength)))!, timing)
  const few = Math.min(20, patches.patchLength - 1)
  const frame = divided(await listening(few), few)
  const whole = await listening(stretch.until)
  const period = stretch.from === 0 ? whole : less(whole, await listening(stretch.from))
  const seconds = ((stretch.until - stretch.from) * mel.hopLength) / audio.sampleRate
  return { network, frame, period, second: { load: period.milliseconds / 1000 / seconds, millijoules: period.millijoules && period.millijoules / seconds } }
}

/**
 * Frames of a stream from after one result to the next, all lags of a clip head being full by then; of clips that are too short for that a whole clip.
 * @param head null without a clip head of statistics
 */
export function listeningPeriod(head: DeployReport['head'], { patches }: FeatureConfig): { readonly from: number; readonly until: number } {
  const step = head?.patchStep ?? patchStep(patches)
  const lags = head?.blocks.some(({ kind }) => kind === 'logMelLevels') === true ? LEVEL_LAGS : 0
  const from = patches.patchLength + step * Math.max(0, Math.ceil((lags - patches.patchLength) / step))
  const clip = head?.clipFrames ?? Infinity
  return from + step <= clip ? { from, until: from + step } : { from: 0, until: clip }
}

/** What a longer run takes beyond a shorter one that begins like it. */
function less(whole: CycleEstimate, part: CycleEstimate): CycleEstimate {
  const cycles = whole.cycles - part.cycles
  return {
    instructions: whole.instructions - part.instructions,
    mix: Object.fromEntries(Object.entries(whole.mix).map(([kind, count]) => [kind, count - part.mix[kind as InstructionKind]])) as CycleEstimate['mix'],
    coreCycles: whole.coreCycles - part.coreCycles,
    busCycles: whole.busCycles - part.busCycles,
    misses: whole.misses - part.misses,
    missCycles: whole.missCycles - part.missCycles,
    cycles,
    milliseconds: whole.milliseconds - part.milliseconds,
    millijoules: whole.millijoules === null || part.millijoules === null ? null : whole.millijoules - part.millijoules,
    error: (whole.error * whole.cycles - part.error * part.cycles) / cycles,
  }
}

function divided(estimate: CycleEstimate, by: number): CycleEstimate {
  const part = (value: number) => Math.round(value / by)
  const { instructions, mix, coreCycles, busCycles, misses, missCycles, cycles, milliseconds, millijoules } = estimate
  return {
    ...estimate,
    instructions: part(instructions),
    mix: Object.fromEntries(Object.entries(mix).map(([kind, count]) => [kind, part(count)])) as CycleEstimate['mix'],
    coreCycles: part(coreCycles),
    busCycles: part(busCycles),
    misses: part(misses),
    missCycles: part(missCycles),
    cycles: part(cycles),
    milliseconds: milliseconds / by,
    millijoules: millijoules && millijoules / by,
  }
}

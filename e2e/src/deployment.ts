import { createRandom, patchPeriod, type FeatureConfig } from '@aed/core'
import { estimateCycles, TARGETS, type CycleEstimate, type DeployReport } from '@aed/stm32-deploy'
import { profileFrames, profileNetwork, type ChainFootprint, type Device } from '@aed/stm32-deploy/node'
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
  /** A second of listening: part of it that the core computes, and the energy for that; null without a front end. */
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
  if (!features) return { network, frame: null, second: null }
  const { mel, audio, patches } = features
  const frames = Math.min(20, patches.patchLength - 1)
  const random = createRandom('frames')
  // As many samples as give so many frames and no more.
  const samples = Int16Array.from({ length: mel.nFft / (mel.center ? 2 : 1) + (frames - 1) * mel.hopLength }, () => 3000 * random.normal())
  const all = estimateCycles((await profileFrames(device, samples, mel.hopLength))!, timing)
  const frame = divided(all, frames)
  const perSecond = { frames: audio.sampleRate / mel.hopLength, patches: head ? audio.sampleRate / (head.patchStep * mel.hopLength) : 1 / patchPeriod(features) }
  const load = (perSecond.frames * frame.milliseconds + perSecond.patches * network.milliseconds) / 1000
  const millijoules = frame.millijoules === null || network.millijoules === null ? null : perSecond.frames * frame.millijoules + perSecond.patches * network.millijoules
  return { network, frame, second: { load, millijoules } }
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

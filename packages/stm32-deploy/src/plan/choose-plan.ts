import { AedError } from '@aed/core'
import type { Network } from '../network.ts'
import type { Plan, Planned } from './plan.ts'
import { networkConstants, planSmallest, speedUp } from './plan.ts'

/** What the memory plan favours, and what it may take. */
export interface PlanGoal {
  readonly favours: 'low-ram' | 'fast'
  /** Most bytes of arena and input together; null: as much as the goal is worth. */
  readonly ram: number | null
  /** Most bytes of weights and tables; null: no more than the least. */
  readonly flash: number | null
}

/** Without a limit of its own the fast plan takes at most this many times the arena of the smallest one: beyond, little is gained. */
const FAST_ARENA = 1.5

/**
 * The fastest plan that fits: within the memory of the smallest one, or within the limits given.
 * @throws AedError `BUDGET_TOO_SMALL` when the smallest plan exceeds a limit: what is missing, and what takes it
 */
export function choosePlan(network: Network, { favours, ram, flash }: PlanGoal): Planned {
  const arena = ram === null ? null : ram - network.input.size
  const usual = planSmallest(network)
  const smallest = arena !== null && usual.plan.bytes > arena ? planSmallest(network, true) : usual
  const constants = networkConstants(smallest.network)
  if (arena !== null && smallest.plan.bytes > arena)
    throw new AedError('BUDGET_TOO_SMALL', `ram: the smallest plan takes ${smallest.plan.bytes + network.input.size} B, ${smallest.plan.bytes - arena} B more than ${ram!}: ${network.input.size} B of input and an arena of ${smallest.plan.bytes} B, fullest at ${describeFullest(smallest)}`, {
      hint: 'allow more RAM, or make the widest of these layers narrower',
    })
  if (flash !== null && constants > flash)
    throw new AedError('BUDGET_TOO_SMALL', `flash: weights and tables take ${constants} B, ${constants - flash} B more than ${flash}: ${describeConstants(smallest.network)}`, { hint: 'allow more flash, or use a smaller model' })
  const limits = { arena: favours === 'low-ram' ? smallest.plan.bytes : (arena ?? Math.floor(FAST_ARENA * smallest.plan.bytes)), constants: flash ?? constants }
  return speedUp(smallest, limits)
}

/** The call at which most bytes are held, and what holds them. */
function describeFullest({ network, plan }: Planned): string {
  const { step, buffers } = fullestStep(plan)
  const { layer, call } = plan.steps[step]!
  const { op, name } = network.layers[layer]!
  return `call ${call + 1} of ${op} '${name}': ${buffers.map(({ name: of, kind, slots, bytes }) => `${kind === 'rows' ? `${slots} row${slots === 1 ? '' : 's'}` : kind} of '${of}' ${bytes} B`).join(', ')}`
}

/** The step at which most is held, with the buffers that hold it, largest first. */
function fullestStep({ buffers, steps }: Plan) {
  const heldAt = (step: number) => buffers.filter(({ live }) => live.some(({ from, to }) => from <= step && step <= to))
  let best = { step: 0, bytes: -1 }
  steps.forEach((_, step) => {
    const bytes = heldAt(step).reduce((sum, buffer) => sum + buffer.bytes, 0)
    if (bytes > best.bytes) best = { step, bytes }
  })
  return { step: best.step, buffers: heldAt(best.step).toSorted((a, b) => b.bytes - a.bytes) }
}

/** The layers with most constants. */
function describeConstants({ layers }: Network): string {
  const sizes = layers.map((layer) => ({ layer, bytes: networkConstants({ layers: [layer] }) })).toSorted((a, b) => b.bytes - a.bytes)
  return sizes.slice(0, 3).map(({ layer: { op, name }, bytes }) => `${op} '${name}' ${bytes} B`).join(', ')
}

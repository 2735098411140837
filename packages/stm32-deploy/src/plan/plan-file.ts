import { AedError, parseOptions } from '@aed/core'
import * as v from 'valibot'
import type { Layer, Network } from '../network.ts'
import { planWith, smallestWays, withWay, type Planned } from './plan.ts'
import { listedOrders } from './schedule.ts'

/** Version of {@link PlanFile}. */
export const PLAN_SCHEMA = 'aed-plan/1'

const planFileSchema = v.strictObject({
  schema: v.literal(PLAN_SCHEMA),
  layers: v.array(v.strictObject({ name: v.string(), kernel: v.string(), columns: v.optional(v.number()), inputs: v.optional(v.array(v.string())) })),
})

/** The decisions of a plan, which a user can edit: everything else follows from them. */
export interface PlanFile {
  readonly schema: typeof PLAN_SCHEMA
  readonly layers: readonly {
    readonly name: string
    readonly kernel: string
    /** Columns that a convolution gathers at once. */
    readonly columns?: number | undefined
    /** Tensors in the order in which their rows are asked for; of layers with more than one. */
    readonly inputs?: readonly string[] | undefined
  }[]
}

/** @throws AedError `INVALID_OPTION` for what is no plan */
export function parsePlanFile(value: unknown, where: string): PlanFile {
  return parseOptions(planFileSchema, value, where)
}

/** The decisions of a plan, layers in the order of their first calls. */
export function planFileOf({ network, plan }: Planned): PlanFile {
  const order = [...new Set(plan.steps.map(({ layer }) => layer))]
  return {
    schema: PLAN_SCHEMA,
    layers: order.map((index) => {
      const { name, kernel, columns, inputs } = network.layers[index]!
      return { name, kernel, ...(columns !== undefined && { columns }), ...(inputs.length > 1 && { inputs: plan.orders[index]!.map((position) => network.storages[inputs[position]!]!.name) }) }
    }),
  }
}

/**
 * A plan as a file decides it; layers that it does not name are computed in the way of least memory.
 * @throws AedError `INVALID_OPTION` for layers, kernels, columns or inputs that the network does not have
 */
export function planFromFile(network: Network, file: PlanFile): Planned {
  const smallest = smallestWays(network)
  const layers = [...smallest.layers]
  const orders = [...listedOrders(layers)]
  for (const decision of file.layers) {
    const index = layers.findIndex(({ name }) => name === decision.name)
    if (index < 0) throw new AedError('INVALID_OPTION', `plan: no layer is named '${decision.name}'`, { hint: `layers are ${layers.map(({ name }) => `'${name}'`).join(', ')}` })
    layers[index] = inWayOf(network.layers[index]!, decision)
    orders[index] = orderOf(network, layers[index], decision.inputs, orders[index]!)
  }
  const planned = { ...smallest, layers }
  return { network: planned, plan: planWith(planned, orders) }
}

function inWayOf(layer: Layer, { kernel, columns }: PlanFile['layers'][number]): Layer {
  const ways = layer.ways ?? [layer]
  const found = ways.find((way) => way.kernel === kernel && (columns === undefined || way.columns === columns))
  if (found) return withWay(layer, found)
  const offered = ways.map((way) => `${way.kernel}${way.columns === undefined ? '' : ` with ${way.columns} columns`}`)
  const refused = layer.proof?.refused ?? []
  throw new AedError('INVALID_OPTION', `plan: ${layer.op} '${layer.name}' cannot be computed by ${kernel}${columns === undefined ? '' : ` with ${columns} columns`}${refused.length > 0 ? ` (${refused.join('; ')})` : ''}`, {
    hint: `take ${offered.join(', ')}`,
  })
}

function orderOf(network: Network, layer: Layer, names: readonly string[] | undefined, listed: readonly number[]): readonly number[] {
  if (names === undefined) return listed
  const tensors = layer.inputs.map((storage) => network.storages[storage]!.name)
  const left = [...listed]
  const order = names.map((name) => {
    const at = left.findIndex((position) => tensors[position] === name)
    return at < 0 ? -1 : left.splice(at, 1)[0]!
  })
  if (left.length > 0 || order.includes(-1))
    throw new AedError('INVALID_OPTION', `plan: ${layer.op} '${layer.name}' reads ${tensors.map((name) => `'${name}'`).join(' and ')}, got ${names.map((name) => `'${name}'`).join(' and ')}`, { hint: 'name each input once, the one asked for first in front' })
  return order
}

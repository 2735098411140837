import type { Layer, Network, Way } from '../network.ts'
import { buffersOf, type Buffers } from './buffers.ts'
import { place, type Placement } from './place.ts'
import { listedOrders, schedule, type InputOrders, type Step } from './schedule.ts'

/** When each row is made and where it lies. */
export interface Plan extends Buffers, Placement {
  readonly steps: readonly Step[]
  /** For each layer the order in which rows of its inputs are asked for. */
  readonly orders: InputOrders
}

/** A network whose layers are computed in chosen ways, and its plan. */
export interface Planned {
  readonly network: Network
  readonly plan: Plan
}

export interface Limits {
  /** Most bytes of the arena. */
  readonly arena: number
  /** Most bytes of weights and tables. */
  readonly constants: number
}

/** Bytes of weights and tables of one way. */
export const constantsOf = ({ tables }: Pick<Way, 'tables'>): number => tables.reduce((bytes, { data }) => bytes + data.byteLength, 0)

/** Bytes of weights and tables of a network. */
export const networkConstants = ({ layers }: Pick<Network, 'layers'>): number => layers.reduce((bytes, layer) => bytes + constantsOf(layer), 0)

/** A layer computed in one of its ways. */
export const withWay = (layer: Layer, way: Way): Layer => ({ ...layer, work: undefined, columns: undefined, passes: undefined, ...way })

export function planWith(network: Network, orders: InputOrders): Plan {
  const steps = schedule(network, orders)
  const buffers = buffersOf(network, steps, orders)
  return { steps, orders, ...buffers, ...place(buffers.buffers) }
}

const workOf = ({ work }: Way) => work?.bytes ?? 0

/**
 * Every layer in the way that needs least memory, of those the one with fewest constants, of those the fastest.
 * @param fallbacks whether the slow ways count too
 */
export function smallestWays(network: Network, fallbacks = false): Network {
  const smaller = (a: Way, b: Way) => workOf(a) - workOf(b) || constantsOf(a) - constantsOf(b) || a.cost - b.cost
  const smallest = (ways: readonly Way[]) => ways.filter(({ fallback }) => fallbacks || fallback !== true).toSorted(smaller)[0]!
  return { ...network, layers: network.layers.map((layer) => (layer.ways ? withWay(layer, smallest(layer.ways)) : layer)) }
}

/**
 * The plan of least memory: rows are made on demand, and where a layer has two inputs the one whose rows are asked for first is chosen by trying
 * both, layer after layer, until no change helps.
 */
export function planSmallest(network: Network, fallbacks = false): Planned {
  const smallest = smallestWays(network, fallbacks)
  let orders = listedOrders(smallest.layers)
  let best = planWith(smallest, orders)
  for (let improved = true; improved; ) {
    improved = false
    for (const [index, order] of orders.entries()) {
      if (order.length < 2) continue
      const flipped = orders.with(index, order.toReversed())
      const found = planWith(smallest, flipped)
      if (found.bytes < best.bytes) {
        best = found
        orders = flipped
        improved = true
      }
    }
  }
  return { network: smallest, plan: best }
}

/**
 * Faster ways of layers, the largest gain first, as long as they fit into the limits. Exact where no two compete for the same bytes, as scratch of
 * different layers does not; the choice of what to buy with a budget of constants is greedy.
 */
export function speedUp({ network, plan }: Planned, limits: Limits): Planned {
  let [best, found] = [network, plan]
  let constants = networkConstants(network)
  const candidates = network.layers
    .flatMap((layer, index) => (layer.ways ?? []).map((way) => ({ index, way, gain: layer.cost - way.cost })))
    .filter(({ gain }) => gain > 0)
    .toSorted((a, b) => b.gain - a.gain || constantsOf(a.way) - constantsOf(b.way) || workOf(a.way) - workOf(b.way))
  for (const { index, way } of candidates) {
    const layer = best.layers[index]!
    const total = constants + constantsOf(way) - constantsOf(layer)
    if (way.cost >= layer.cost || total > limits.constants) continue
    const tried = { ...best, layers: best.layers.with(index, withWay(layer, way)) }
    if (buffersOf(tried, found.steps, found.orders).peak > limits.arena) continue
    const planned = planWith(tried, found.orders)
    if (planned.bytes > limits.arena) continue
    ;[best, found, constants] = [tried, planned, total]
  }
  return { network: best, plan: found }
}

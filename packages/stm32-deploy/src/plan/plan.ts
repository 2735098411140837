import type { Network } from '../network.ts'
import { buffersOf, type Buffers } from './buffers.ts'
import { place, type Placement } from './place.ts'
import { listedOrders, schedule, type InputOrders, type Step } from './schedule.ts'

/** When each row is made and where it lies. */
export interface Plan extends Buffers, Placement {
  readonly steps: readonly Step[]
}

function planWith(network: Network, orders: InputOrders): Plan {
  const steps = schedule(network, orders)
  const buffers = buffersOf(network, steps, orders)
  return { steps, ...buffers, ...place(buffers.buffers) }
}

/**
 * The plan of least memory: rows are made on demand, and where a layer has two inputs the one whose rows are asked for first is chosen by trying
 * both, layer after layer, until no change helps.
 */
export function planLowRam(network: Network): Plan {
  let orders = listedOrders(network.layers)
  let best = planWith(network, orders)
  for (let improved = true; improved; ) {
    improved = false
    for (const [index, order] of orders.entries()) {
      if (order.length < 2) continue
      const flipped = orders.with(index, order.toReversed())
      const found = planWith(network, flipped)
      if (found.bytes < best.bytes) {
        best = found
        orders = flipped
        improved = true
      }
    }
  }
  return best
}

import { AedError, type GraphNode } from '@aed/core'
import type { Slots } from '../head/plan-head.ts'
import { formatLines, sizeOfLines, type Lowering } from './lowering.ts'

/** A tensor of which statistics are taken, and where in the clip's state they go. */
export interface Tap extends Slots {
  readonly tensor: string
  readonly rowPool: number
  readonly zeroPoint: number
}

/**
 * A layer that takes the rows of a tensor into the statistics of a clip, and writes nothing.
 * @returns the node that makes the tensor
 * @throws AedError `DEPLOY_UNSUPPORTED` for the network's input
 */
export function lowerTap(lowering: Lowering, { tensor, rowPool, zeroPoint, sums, squares, maxima }: Tap): GraphNode {
  const maker = lowering.makerOf(tensor)
  if (!maker) throw new AedError('DEPLOY_UNSUPPORTED', `graph '${lowering.graph.name}': tap '${tensor}' is not made by a node`)
  const lines = lowering.lines(maker, tensor)
  const pools = lines.height / rowPool
  const name = rowPool === 1 ? tensor : `${tensor}@${rowPool}`
  lowering.layers.push({
    name: `statistics of ${name}`,
    op: 'statistics',
    summary: `${formatLines(lines)}${rowPool === 1 ? '' : `, sums of ${rowPool} rows`}`,
    kernel: rowPool === 1 ? 'tap_statistics_s8' : 'pooled_tap_statistics_s8',
    inputs: [lines.storage],
    output: lowering.sink(`statistics of ${name}`, pools),
    inPlace: [],
    calls: Array.from({ length: pools }, (_, pool) => ({ reads: [{ from: pool * rowPool, to: (pool + 1) * rowPool }], writes: { from: pool, to: pool + 1 }, complete: pool + 1 })),
    indexStep: 1,
    parameters: { in: { ring: lines }, zero_point: zeroPoint, ...(rowPool > 1 && { row_pool: rowPool }) },
    tables: [],
    arguments: [{ storage: lines.storage }, { state: 'sums', at: sums }, { state: 'squares', at: squares }, { state: rowPool === 1 ? 'maxima' : 'wide_maxima', at: maxima }],
    macs: 0,
    cost: 7 * sizeOfLines(lines),
  })
  return maker
}

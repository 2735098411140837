import { createRandom, sizeOf, type Graph } from '@aed/core'
import { generateC } from '../src/generate-c.ts'
import { buildForHost, runOnHost, type HostBuildOptions } from '../src/node/host-build.ts'
import { runLiterally } from './literal-engine.ts'

const PATTERNS = 3

type PlanOptions = Parameters<typeof generateC>[1]

/** The fastest plan that there is: transformed filters wherever they are proven. */
export const FASTEST: PlanOptions = { plan: 'fast', flash: 1_000_000_000 }

/** Inputs of a graph: random values, all smallest, all largest. */
export function testInputs(size: number, seed: number): Int8Array {
  const random = createRandom(seed)
  const inputs = new Int8Array(PATTERNS * size)
  for (let i = 0; i < size; i++) inputs[i] = random.integer(256) - 128
  return inputs.fill(-128, size, 2 * size).fill(127, 2 * size)
}

/** What the literal engine makes of the test inputs. */
export function expectedOutputs(graph: Graph, inputs: Int8Array, output = graph.outputs[0]!): Int8Array {
  const size = inputs.length / PATTERNS
  return Int8Array.from(Array.from({ length: PATTERNS }, (_, k) => [...runLiterally(graph, inputs.slice(k * size, (k + 1) * size)).get(output)!]).flat())
}

/** Bytes of the generated C and of the literal engine for the same inputs. */
export async function compare(graph: Graph, options: HostBuildOptions = { sanitize: true }, plan: PlanOptions = {}) {
  const { files } = generateC({ graph, card: null }, plan)
  const inputs = testInputs(sizeOf(graph.tensors[graph.inputs[0]!]!.shape), 1)
  const build = await buildForHost(files, options)
  try {
    return { generated: await runOnHost(build, inputs, PATTERNS), literal: expectedOutputs(graph, inputs) }
  } finally {
    await build.remove()
  }
}

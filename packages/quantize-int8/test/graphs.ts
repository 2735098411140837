import { createRandom, GraphBuilder, sizeOf, tensor, type Graph, type Tensor } from '@aed/core'
import { createFloatExecutor } from '../src/float-executor.ts'
import { largestDifference } from './compare.ts'

/** Seeded values of a shape. */
export function randomTensor(shape: readonly number[], seed: number): Tensor<'float32'> {
  const random = createRandom(seed)
  return tensor('float32', shape, Float32Array.from({ length: sizeOf(shape) }, () => random.normal()))
}

/** A graph builder with an input `x` `[1, 4, 5, 3]` and short ways to add constants and layers. */
export class SmallGraph extends GraphBuilder {
  readonly x = this.input('x', [1, 4, 5, 3])

  values(name: string, shape: readonly number[]): string {
    return this.constant(name, 'float32', shape, randomTensor(shape, shape.length + name.length).data)
  }

  conv(name: string, x: string, bias = true): string {
    return this.conv2d(name, x, this.values(`${name}/w`, [2, 3, 3, 3]), bias ? this.values(`${name}/b`, [2]) : undefined)
  }
}

/** Largest difference between what two graphs of equal inputs and outputs compute on two items. */
export function outputDifference(a: Graph, b: Graph): number {
  const input = randomTensor([2, ...a.tensors[a.inputs[0]!]!.shape.slice(1)], 77)
  return largestDifference(createFloatExecutor(b).run(input).data, createFloatExecutor(a).run(input).data)
}

export const opsOf = (graph: Graph): string[] => graph.nodes.map(({ op, name }) => `${op} ${name}`)

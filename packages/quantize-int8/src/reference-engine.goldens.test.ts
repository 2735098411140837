import { tensor, type Tensor } from '@aed/core'
import { expect, it } from '@jest/globals'
import { countDifferences, countUnequal } from '../test/compare.ts'
import { golden, goldenArray, readNpz, withGoldens } from '../test/goldens.ts'
import { createReferenceEngine, type Int8Values } from './reference-engine.ts'
import { readTflite } from './tflite/read.ts'

interface GoldenGraph {
  readonly operators: readonly { readonly outputs: readonly [number] }[]
  readonly tensors: readonly { readonly index: number; readonly name: string }[]
}

withGoldens("createReferenceEngine on files of TensorFlow's converter", () => {
  for (const stacks of ['s1', 's2'])
    for (const variant of ['int8', 'int8out'])
      it(`gives the 16 outputs of ${stacks}_${variant}.tflite, byte for byte`, () => {
        const { graph } = readTflite(golden(`${stacks}_${variant}.tflite`), stacks)
        const output = createReferenceEngine(graph).run(goldenArray(`${stacks}_${variant}_in.npy.gz`))
        expect(countDifferences(output, goldenArray(`${stacks}_${variant}_out_ref.npy.gz`))).toBe(0)
      })

  for (const stacks of ['s1', 's2'])
    it(`gives every intermediate tensor of ${stacks}_int8.tflite`, () => {
      const { graph } = readTflite(golden(`${stacks}_int8.tflite`), stacks)
      const { operators } = JSON.parse(new TextDecoder().decode(golden(`${stacks}_int8_graph.json`))) as GoldenGraph
      const dump = readNpz(golden(`${stacks}_int8_tensors.npz`))
      const inputs = goldenArray(`${stacks}_int8_in.npy.gz`) as Tensor<'int8'>
      const size = inputs.data.length / 16
      const engine = createReferenceEngine(graph)
      let compared = 0
      for (const item of [0, 1]) {
        const made = new Map<string, Int8Values>()
        engine.trace(tensor('int8', [1, ...inputs.shape.slice(1)], inputs.data.slice(item * size, (item + 1) * size)), (name, values) => made.set(name, values.slice()))
        graph.nodes.forEach((node, i) => {
          const wanted = dump.get(`in${item}_t${String(operators[i]!.outputs[0]).padStart(3, '0')}`)!
          const different = countUnequal(made.get(node.outputs[0]!)!, wanted.data as ArrayLike<number>)
          expect({ node: node.name, different }).toEqual({ node: node.name, different: 0 })
          compared += wanted.data.length > 0 ? 1 : 0
        })
      }
      expect(compared).toBe(2 * operators.length)
    })
})

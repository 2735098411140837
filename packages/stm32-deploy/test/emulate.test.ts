import { sizeOf } from '@aed/core'
import { expect, it } from '@jest/globals'
import { generateC } from '../src/generate-c.ts'
import { runOnEmulator } from '../src/node/emulate.ts'
import { everyKernel, miniResNet, randomGraph } from './networks.ts'
import { expectedOutputs, testInputs } from './run-generated.ts'
import { describeWith } from './tools.ts'

describeWith(['arm-none-eabi-gcc', 'qemu-system-arm'], 'runOnEmulator', () => {
  it.each([['every kernel', everyKernel()], ...Array.from({ length: 6 }, (_, seed) => [`random graph ${seed}`, randomGraph(seed)] as const)])('gives the bytes of the literal engine: %s', async (_, graph) => {
    const inputs = testInputs(sizeOf(graph.tensors[graph.inputs[0]!]!.shape), 1)
    const { outputs } = await runOnEmulator(generateC({ graph, card: null }).files, inputs, 3)
    expect(outputs).toEqual(expectedOutputs(graph, inputs))
  })

  it('MiniResNetV2 of one stack: equal bytes with the DSP kernels, in at most 22 million instructions', async () => {
    const graph = miniResNet(1)
    const inputs = testInputs(3200, 1)
    const { outputs, instructions } = await runOnEmulator(generateC({ graph, card: null }).files, inputs, 3)
    expect(outputs).toEqual(expectedOutputs(graph, inputs))
    expect(Math.max(...instructions)).toBeLessThan(22e6)
  })

  it('INVALID_INPUT for inputs that are not whole', async () => {
    await expect(runOnEmulator(generateC({ graph: everyKernel(), card: null }).files, new Int8Array(5), 1)).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  })
})

import { sizeOf } from '@aed/core'
import { expect, it } from '@jest/globals'
import { addInstructions, generateC } from '../src/index.ts'
import { runOnEmulator } from '../src/node/emulate.ts'
import { everyKernel, miniResNet, randomGraph } from './networks.ts'
import { expectedOutputs, FASTEST, testInputs } from './run-generated.ts'
import { describeWith } from './tools.ts'

describeWith(['arm-none-eabi-gcc', 'qemu-system-arm'], 'runOnEmulator', () => {
  it.each([['every kernel', everyKernel()], ...Array.from({ length: 6 }, (_, seed) => [`random graph ${seed}`, randomGraph(seed)] as const)])('gives the bytes of the literal engine: %s', async (_, graph) => {
    const inputs = testInputs(sizeOf(graph.tensors[graph.inputs[0]!]!.shape), 1)
    const { outputs } = await runOnEmulator(generateC({ graph, card: null }).files, inputs, 3)
    expect(outputs).toEqual(expectedOutputs(graph, inputs))
  })

  it.each(Array.from({ length: 4 }, (_, seed) => seed))('gives them with the fastest plan: graph %d of channels in fours', async (seed) => {
    const graph = randomGraph(seed, 4)
    const inputs = testInputs(sizeOf(graph.tensors[graph.inputs[0]!]!.shape), 1)
    const { outputs } = await runOnEmulator(generateC({ graph, card: null }, FASTEST).files, inputs, 3)
    expect(outputs).toEqual(expectedOutputs(graph, inputs))
  })

  it.each([
    ['low-ram', {}, 19.5e6],
    ['fast, with all the flash it can use', FASTEST, 18e6],
  ] as const)('MiniResNetV2 of one stack, %s: equal bytes with the DSP kernels, few instructions', async (_, plan, most) => {
    const graph = miniResNet(1)
    const inputs = testInputs(3200, 1)
    const { outputs, instructions } = await runOnEmulator(generateC({ graph, card: null }, plan).files, inputs, 3)
    expect(outputs).toEqual(expectedOutputs(graph, inputs))
    expect(Math.max(...instructions)).toBeLessThan(most)
  })

  it('counts each layer alone: as often the same, in all what the run takes without the hook, but for a few a call', async () => {
    const { files, report } = generateC({ graph: miniResNet(1), card: null })
    const emulation = await runOnEmulator(files, testInputs(3200, 1), 3, { perLayer: report.layers.length })
    const { layers, instructions } = addInstructions(report, emulation)
    expect(instructions).toBe(Math.max(...emulation.instructions))
    for (const { name, instructions: count, calls } of layers) expect([name, count! >= 10 * calls]).toEqual([name, true])
    const sum = layers.reduce((all, layer) => all + layer.instructions!, 0)
    expect(Math.abs(sum - instructions!)).toBeLessThan(20 * report.steps + 100)
    // The two convolutions of one shape with ReLU take the same, whatever the data, but for the switch that calls them.
    const [, first, second] = layers.filter(({ summary }) => summary === '1x1 stride 1: [16, 13, 64] -> [16, 13, 64]').map((layer) => layer.instructions!).toSorted((a, b) => a - b)
    expect(second! - first!).toBeLessThanOrEqual(4 * 16)
  })

  it('INVALID_INPUT for inputs that are not whole', async () => {
    await expect(runOnEmulator(generateC({ graph: everyKernel(), card: null }).files, new Int8Array(5), 1)).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  })
})

import { sizeOf } from '@aed/core'
import { expect, it } from '@jest/globals'
import { addInstructions, generateC } from '../src/index.ts'
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

  it('counts each layer alone: as often the same, in all what the run takes without the hook, but for a few a call', async () => {
    const { files, report } = generateC({ graph: miniResNet(1), card: null })
    const emulation = await runOnEmulator(files, testInputs(3200, 1), 3, { perLayer: report.layers.length })
    const { layers, instructions } = addInstructions(report, emulation)
    expect(instructions).toBe(Math.max(...emulation.instructions))
    for (const { name, instructions: count, calls } of layers) expect([name, count! >= 10 * calls]).toEqual([name, true])
    const sum = layers.reduce((all, layer) => all + layer.instructions!, 0)
    expect(Math.abs(sum - instructions!)).toBeLessThan(20 * report.steps + 100)
    // Two convolutions of one shape take the same, whatever the data.
    const twins = layers.filter(({ summary }) => summary === '1x1 stride 1: [16, 13, 64] -> [16, 13, 64]').map((layer) => layer.instructions!)
    expect(twins.length).toBe(3)
    expect(Math.max(...twins) - Math.min(...twins)).toBeLessThanOrEqual(2 * 16)
  })

  it('INVALID_INPUT for inputs that are not whole', async () => {
    await expect(runOnEmulator(generateC({ graph: everyKernel(), card: null }).files, new Int8Array(5), 1)).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  })
})

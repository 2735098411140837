import { expect, it } from '@jest/globals'
import { everyKernel, randomGraph } from './networks.ts'
import { compare, FASTEST } from './run-generated.ts'
import { describeWith } from './tools.ts'

describeWith(['cc'], 'generated C of random graphs', () => {
  it.concurrent.each(Array.from({ length: 8 }, (_, seed) => seed))('graph %d: the bytes of the literal engine, no undefined behaviour', async (seed) => {
    const { generated, literal } = await compare(randomGraph(seed))
    expect(generated).toEqual(literal)
  })

  it.concurrent.each(Array.from({ length: 6 }, (_, seed) => 100 + seed))('graph %d of channels in fours, fastest plan: the bytes of the literal engine, no undefined behaviour', async (seed) => {
    const { generated, literal } = await compare(randomGraph(seed, 4), undefined, FASTEST)
    expect(generated).toEqual(literal)
  })

  it('a graph that calls every kernel, optimised: the bytes of the literal engine', async () => {
    const { generated, literal } = await compare(everyKernel(), {}, FASTEST)
    expect(generated).toEqual(literal)
  })
})

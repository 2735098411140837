import { describe, expect, it } from '@jest/globals'
import { patches, smallNetwork } from '../test/networks.ts'
import { graphToDot, graphToJson } from './graph-text.ts'
import { quantize } from './quantize.ts'

const { graph } = quantize({ graph: smallNetwork(), calibration: patches(2, 24, 20, 3) }, { reportPatches: 1 })

describe('graphToJson', () => {
  it('holds every node and tensor, and of large constants their size and range', () => {
    const { nodes, tensors } = JSON.parse(graphToJson(graph)) as { nodes: { name: string }[]; tensors: { name: string; data?: unknown }[] }
    expect(nodes.map(({ name }) => name)).toEqual(graph.nodes.map(({ name }) => name))
    expect(tensors).toHaveLength(Object.keys(graph.tensors).length)
    expect(tensors.find(({ name }) => name === 'stem/w')!.data).toEqual({ length: 392, min: -127, max: 127 })
    expect(tensors.find(({ name }) => name === 'stem/b')!.data).toHaveLength(8)
  })
})

describe('graphToDot', () => {
  it('draws operators, and tensors between them', () => {
    const dot = graphToDot({ ...graph, name: 'a "name"' })
    expect(dot.split('\n')[0]).toBe('digraph "a \\"name\\"" {')
    expect(dot).toContain('[label="conv2d\\nstem\\nweights [8, 7, 7, 1]\\nstride 2 x 2, valid"]')
    expect(dot).toMatch(/in0 -> n0 \[label="int8 \[1, 24, 20, 1\], scale 0\.\d+, zero point \d+"\]/)
    expect(dot.match(/ -> /g)).toHaveLength(graph.nodes.reduce((sum, { inputs }) => sum + inputs.filter((name) => !graph.tensors[name]!.data).length, 1))
  })
})

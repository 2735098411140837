import { isAedError, tensor } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { patches, smallNetwork } from '../test/networks.ts'
import { stages } from './stages.ts'

describe('stages', () => {
  it('quantizes, writes, reads and runs, each on plain data that survives a structured clone', async () => {
    const float = smallNetwork()
    const calibration = patches(4, 24, 20, 3)
    const quantized = structuredClone(stages.quantize({ graph: float, calibration }, { outputType: 'float32' }))
    const bytes = stages.writeTflite({ graph: quantized.graph }, {})
    expect(bytes.buffer.byteLength).toBe(bytes.length)
    const { graph } = structuredClone(stages.readTflite({ bytes, name: 'small.tflite' }, {}))
    expect(graph).toEqual(quantized.graph)
    const input = tensor('int8', [1, 24, 20, 1], new Int8Array(480))
    const scores = stages.runInt8({ graph, input }, {})
    expect([scores.dtype, scores.shape]).toEqual(['float32', [1, 5]])
    const same = await stages.runInt8Wasm({ graph, input }, {})
    expect(same).toEqual(scores)
    expect(same.data.buffer.byteLength).toBe(20)
    expect(stages.runFloat({ graph: float, input: calibration }, {}).shape).toEqual([4, 5])
  })

  it('refuses unknown options in every stage', async () => {
    const options = { misspelt: 1 } as never
    const graph = smallNetwork()
    const input = patches(1, 24, 20, 3)
    const calls = [
      () => stages.quantize({ graph, calibration: input }, options),
      () => stages.runFloat({ graph, input }, options),
      () => stages.runInt8({ graph, input }, options),
      () => stages.runInt8Wasm({ graph, input }, options),
      () => stages.readTflite({ bytes: new Uint8Array(0), name: 'm' }, options),
      () => stages.writeTflite({ graph }, options),
    ]
    for (const call of calls) {
      let code: unknown
      try {
        await call()
      } catch (error) {
        code = isAedError(error) && error.code
      }
      expect(code).toBe('INVALID_OPTION')
    }
  })
})

import { describe, expect, it } from '@jest/globals'
import { argMax, ARRAY_OF, formatShape, sizeOf, tensor, zeros, type DType } from './tensor.ts'

describe('tensor', () => {
  it('holds the values that it is given, without a copy', () => {
    const data = Float32Array.of(1, 2, 3, 4, 5, 6)
    expect(tensor('float32', [2, 3], data)).toEqual({ dtype: 'float32', shape: [2, 3], data })
    expect(tensor('float32', [2, 3], data).data).toBe(data)
  })

  it('refuses a shape of another size with INVALID_INPUT', () => {
    expect(() => tensor('int8', [2, 2], new Int8Array(3))).toThrow(expect.objectContaining({ code: 'INVALID_INPUT', message: 'a tensor of shape [2, 2] holds 4 elements, got 3' }))
  })
})

describe('zeros', () => {
  it('makes the array type of each element type, 0-d and empty ones included', () => {
    for (const dtype of Object.keys(ARRAY_OF) as DType[]) {
      expect(zeros(dtype, [2, 3]).data).toEqual(new ARRAY_OF[dtype](6))
      expect(zeros(dtype, []).data).toHaveLength(1)
      expect(zeros(dtype, [4, 0]).data).toHaveLength(0)
    }
  })
})

describe('sizeOf and formatShape', () => {
  it('count elements and print shapes', () => {
    expect([sizeOf([]), sizeOf([5]), sizeOf([2, 0, 3]), sizeOf([1, 64, 50, 1])]).toEqual([1, 5, 0, 3200])
    expect([formatShape([]), formatShape([1, 64])]).toEqual(['[]', '[1, 64]'])
  })
})

describe('argMax', () => {
  it('gives the first of the largest values, in a window where asked', () => {
    expect(argMax([1, 3, 3, 2])).toBe(1)
    expect(argMax(Float32Array.of(9, 1, 2, 8), 1, 2)).toBe(1)
    expect(argMax([-2, -1, -3])).toBe(1)
    expect(argMax([7], 0)).toBe(0)
  })
})

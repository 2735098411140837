import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { decodeNpy, encodeNpy } from './npy.ts'
import { ARRAY_OF, tensor, type DType, type Tensor } from './tensor.ts'

const DTYPES = Object.keys(ARRAY_OF) as DType[]

/** A file with any header and data. */
function npy(header: string, data: Uint8Array = new Uint8Array(0), version = 1): Uint8Array {
  const size = version === 1 ? [header.length & 255, header.length >> 8] : [header.length & 255, header.length >> 8, 0, 0]
  return Uint8Array.from([0x93, ...Buffer.from('NUMPY'), version, 0, ...size, ...Buffer.from(header, 'latin1'), ...data])
}
const header = (descr: string, shape: string, order = 'False') => `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`

/** The extremes of each type, and what floats hold beside numbers. */
const extremes: { readonly [D in DType]: Tensor<D> } = {
  float32: tensor('float32', [2, 3], Float32Array.of(0, -0, NaN, Infinity, 3.4028234663852886e38, 1e-45)),
  float64: tensor('float64', [5], Float64Array.of(-Infinity, NaN, 5e-324, 1.7976931348623157e308, 0.1)),
  int8: tensor('int8', [3], Int8Array.of(-128, 0, 127)),
  uint8: tensor('uint8', [1, 2, 1], Uint8Array.of(0, 255)),
  int16: tensor('int16', [2, 1], Int16Array.of(-32768, 32767)),
  int32: tensor('int32', [2], Int32Array.of(-2147483648, 2147483647)),
  int64: tensor('int64', [2], BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n)),
}

describe('encodeNpy and decodeNpy', () => {
  for (const dtype of DTYPES)
    it(`keep ${dtype}: its extremes, a 0-d array and an empty one`, () => {
      const ArrayOf = ARRAY_OF[dtype]
      for (const x of [extremes[dtype], tensor(dtype, [], new ArrayOf(1)), tensor(dtype, [0], new ArrayOf(0)), tensor(dtype, [3, 0, 2], new ArrayOf(0))]) {
        const bytes = encodeNpy(x)
        expect(decodeNpy(bytes)).toEqual(x)
        expect((bytes.length - x.data.byteLength) % 64).toBe(0)
      }
    })

  it('write the bytes that numpy.save does', () => {
    const bytes = encodeNpy(tensor('float32', [2, 2], Float32Array.of(1.5, -2, 0, 3e-40)))
    const text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }".padEnd(117) + '\n'
    expect(Buffer.from(bytes).toString('hex')).toBe(`934e554d505901007600${Buffer.from(text).toString('hex')}0000c03f000000c00000000047440300`)
  })

  it('encode a view on a part of a buffer as that part', () => {
    const x = tensor('int16', [2], Int16Array.of(1, 2, 3, 4).subarray(1, 3))
    expect(decodeNpy(encodeNpy(x)).data).toEqual(Int16Array.of(2, 3))
  })
})

describe('decodeNpy', () => {
  const data = new Uint8Array(Float32Array.of(1, 2).buffer)

  it('reads a Buffer at any offset into memory of its own', () => {
    const file = npy(header('<f4', '(2,)'), data)
    const shifted = Buffer.concat([Buffer.alloc(3), file]).subarray(3)
    const { data: found } = decodeNpy(shifted)
    expect(found).toEqual(Float32Array.of(1, 2))
    expect(found.buffer.byteLength).toBe(8)
    shifted.fill(0)
    expect(found).toEqual(Float32Array.of(1, 2))
  })

  it('reads versions 2 and 3, native order, and one dimension in Fortran order', () => {
    for (const version of [2, 3]) expect(decodeNpy(npy(header('<f4', '(2,)'), data, version)).shape).toEqual([2])
    expect(decodeNpy(npy(header('=f4', '(2, 1)'), data)).shape).toEqual([2, 1])
    expect(decodeNpy(npy(header('<f4', '(2,)', 'True'), data)).shape).toEqual([2])
  })

  const good = npy(header('<f4', '(2,)'), data)
  const bad: readonly (readonly [what: string, bytes: Uint8Array, message: RegExp])[] = [
    ['an empty file', new Uint8Array(0), /not a .npy file/],
    ['another format', Uint8Array.from({ length: 64 }, (_, i) => i), /not a .npy file/],
    ['a file that ends in the magic', good.slice(0, 8), /not a .npy file/],
    ['a file that ends in the header', good.slice(0, 40), /the header is cut off/],
    ['a header length beyond the file', Uint8Array.from([...good.slice(0, 6), 2, 0, 255, 255, 255, 255, 0, 0]), /the header is cut off/],
    ['an unknown version', Uint8Array.from(good, (byte, i) => (i === 6 ? 9 : byte)), /version 9/],
    ['missing data', good.slice(0, -1), /needs 8 bytes, the file holds 7/],
    ['surplus data', Uint8Array.from([...good, 0]), /needs 8 bytes, the file holds 9/],
    ['Fortran order', npy(header('<f4', '(1, 2)', 'True'), data), /Fortran order/],
    ['big-endian values', npy(header('>f4', '(2,)'), data), /type '>f4'/],
    ['objects', npy(header('|O', '(1,)'), data), /type '\|O'/],
    ['records', npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", data), /lacks descr/],
    ['a negative dimension', npy(header('<f4', '(-2,)'), data), /lacks descr, fortran_order or shape/],
    ['a dimension beyond all memory beside an empty one', npy(header('<f4', '(0, 99999999999999999999)')), /needs/],
    ['dimensions whose product overflows', npy(header('<f4', '(4294967296, 4294967296, 4294967296)'), data), /needs/],
    ['two numbers in one dimension', npy(header('<f4', '(1 2,)'), data), /needs NaN bytes/],
  ]
  for (const [what, bytes, message] of bad)
    it(`refuses ${what} with NPY_INVALID`, () => {
      expect(() => decodeNpy(bytes, 'x.npy')).toThrow(expect.objectContaining({ code: 'NPY_INVALID', message: expect.stringMatching(message) }))
      expect(() => decodeNpy(bytes, 'x.npy')).toThrow(/^x\.npy: /)
    })
})

const python = process.env['AED_PYTHON']
if (!python && process.env['AED_REQUIRE']?.split(',').includes('python')) throw new Error('AED_REQUIRE names python, but AED_PYTHON is not set')
const withPython = python ? describe : describe.skip
withPython(python ? 'numpy' : 'numpy (skipped: AED_PYTHON is not set)', () => {
  it('writes files that decodeNpy reads, and reads what encodeNpy writes', () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'aed-npy-'))
    try {
      for (const dtype of DTYPES) writeFileSync(path.join(dir, `${dtype}.npy`), encodeNpy(extremes[dtype]))
      const script = `
import sys, numpy as np
for name in ${JSON.stringify(DTYPES)}:
    x = np.load(f"{sys.argv[1]}/{name}.npy")
    assert x.dtype == np.dtype(name), (x.dtype, name)
    np.save(f"{sys.argv[1]}/{name}_back.npy", x)
    np.save(f"{sys.argv[1]}/{name}_0d.npy", x.ravel()[1])
    np.save(f"{sys.argv[1]}/{name}_wide.npy", np.zeros((2, 0), x.dtype))
`
      const { status, stderr } = spawnSync(python!, ['-c', script, dir], { encoding: 'utf8' })
      expect([status, stderr]).toEqual([0, ''])
      const read = (name: string) => decodeNpy(readFileSync(path.join(dir, `${name}.npy`)), name)
      for (const dtype of DTYPES) {
        expect(read(`${dtype}_back`)).toEqual(extremes[dtype])
        expect(read(`${dtype}_0d`)).toEqual({ dtype, shape: [], data: extremes[dtype].data.slice(1, 2) })
        expect(read(`${dtype}_wide`)).toMatchObject({ dtype, shape: [2, 0] })
      }
    } finally {
      rmSync(dir, { recursive: true })
    }
  })
})

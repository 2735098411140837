import { describe, expect, it, jest } from '@jest/globals'
import { isAedError } from '@aed/core'
import { createFloatExecutor } from '@aed/quantize-int8'
import { distance, golden, goldenJson } from '../../test/support.ts'
import { readKerasH5 } from './h5.ts'

interface Tiny {
  readonly shape: number[]
  readonly patches: number[]
  readonly scores: number[]
}

/** The file with one text replaced by another of equal length. */
function edited(from: string, to: string): Uint8Array {
  const bytes = golden('tiny.h5')
  const at = Buffer.from(bytes.buffer).indexOf(from)
  if (at < 0 || from.length !== to.length) throw new Error(`cannot replace ${from}`)
  bytes.set(new TextEncoder().encode(to), at)
  return bytes
}

const codeAndMessage = (bytes: Uint8Array) => {
  try {
    readKerasH5(bytes, 'x.h5')
  } catch (error) {
    if (isAedError(error)) return `${error.code} ${error.message}`
    throw error
  }
  return 'none'
}

describe('readKerasH5', () => {
  it('reads every supported layer: scores equal numpy’s float64 within 1e-6', () => {
    const { shape, patches, scores } = goldenJson('tiny.json') as Tiny
    const model = readKerasH5(golden('tiny.h5'), 'tiny.h5')
    expect(model.architecture).toMatchObject({ kind: 'other', stacks: null, inputShape: [6, 5, 2], parameters: 52 + 16 + 144 + 48 + 15 })
    const found = createFloatExecutor(model.graph).run({ dtype: 'float32', shape, data: Float32Array.from(patches) })
    expect(found.shape).toEqual([4, 3])
    expect(distance(found.data, scores)).toBeLessThan(1e-6)
  })

  it('reads bytes that lie within a larger buffer', () => {
    const bytes = golden('tiny.h5')
    const larger = new Uint8Array(bytes.length + 13)
    larger.set(bytes, 7)
    expect(readKerasH5(larger.subarray(7, 7 + bytes.length), 'x').network.layers).toHaveLength(20)
  })

  it('names a layer that it does not know', () => {
    expect(codeAndMessage(edited('"class_name": "Dropout"', '"class_name": "Lambda1"'))).toMatch(/^MODEL_UNSUPPORTED x\.h5: layer 'dropout' is of class 'Lambda1'/)
  })

  it('says layer, expected and got where a weight has another shape', () => {
    expect(codeAndMessage(edited('"kernel_size": [3, 2]', '"kernel_size": [3, 5]'))).toBe("MODEL_MISMATCH x.h5: layer 'stem', kernel: expected shape [3, 5, 2, 4], got [3, 2, 2, 4]")
  })

  it('refuses values that are not finite', () => {
    const bytes = golden('tiny.h5')
    const kernel = readKerasH5(bytes, 'x').weights['head/kernel']!.data
    const at = Buffer.from(bytes.buffer).indexOf(Buffer.from(kernel.buffer))
    new DataView(bytes.buffer).setFloat32(at, NaN, true)
    expect(codeAndMessage(bytes)).toMatch(/^MODEL_INVALID x\.h5: layer 'head', kernel: holds a value that is not finite/)
  })

  it('refuses what is no HDF5 file, and one that is cut off anywhere', () => {
    expect(codeAndMessage(new Uint8Array())).toMatch(/^MODEL_INVALID x\.h5: not an HDF5 file/)
    expect(codeAndMessage(new Uint8Array(1000).fill(65))).toMatch(/^MODEL_INVALID x\.h5: not an HDF5 file/)
    const bytes = golden('tiny.h5')
    for (const length of [96, 1000, bytes.length >> 1, bytes.length - 1]) expect(codeAndMessage(bytes.subarray(0, length))).toMatch(/^MODEL_INVALID x\.h5: the file is cut off/)
  })

  it('answers damaged bytes with an error of its own or reads past them, and prints nothing', () => {
    const warn = jest.spyOn(console, 'warn')
    const whole = golden('tiny.h5')
    for (let at = 96; at < whole.length; at += 197) {
      const bytes = whole.slice()
      bytes.fill(0xff, at, at + 3)
      expect(codeAndMessage(bytes)).toMatch(/^(none$|MODEL_(INVALID|UNSUPPORTED|MISMATCH) )/)
    }
    expect(warn).not.toHaveBeenCalled()
    warn.mockRestore()
  })
})

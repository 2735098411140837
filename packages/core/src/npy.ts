import { AedError } from './errors.ts'
import { ARRAY_OF, formatShape, sizeOf, type DType, type Tensor } from './tensor.ts'

const DESCR: Record<DType, string> = { float32: '<f4', float64: '<f8', int8: '|i1', uint8: '|u1', int16: '<i2', int32: '<i4', int64: '<i8' }
const DTYPE_OF = new Map(Object.entries(DESCR).map(([dtype, descr]) => [descr, dtype as DType]))
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]

/**
 * Bytes of a `.npy` file, version 1.0, little-endian, C order.
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function encodeNpy({ dtype, shape, data }: Tensor): Uint8Array<ArrayBuffer> {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
  const text = `{'descr': '${DESCR[dtype]}', 'fortran_order': False, 'shape': ${tuple}, }`
  const header = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11) + '\n'
  const bytes = new Uint8Array(10 + header.length + data.byteLength)
  bytes.set([...MAGIC, 1, 0, header.length & 255, header.length >> 8])
  bytes.set(new TextEncoder().encode(header), 10)
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 10 + header.length)
  return bytes
}

/**
 * Reads a `.npy` file into a tensor of its own memory.
 * @param name how errors call the file
 * @throws AedError `NPY_INVALID` for damaged headers, Fortran order, big-endian or unsupported types, missing or surplus bytes
 */
export function decodeNpy(bytes: Uint8Array, name = 'the .npy file'): Tensor {
  const fail = (what: string, hint?: string) => new AedError('NPY_INVALID', `${name}: ${what}`, hint === undefined ? {} : { hint })
  if (bytes.length < 12 || MAGIC.some((byte, i) => bytes[i] !== byte)) throw fail('not a .npy file')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const version = bytes[6]!
  if (version < 1 || version > 3) throw fail(`version ${version} of the format is not known`)
  const wide = version >= 2
  const start = wide ? 12 : 10
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true)
  if (start + length > bytes.length) throw fail('the header is cut off')
  const header = new TextDecoder('latin1').decode(bytes.subarray(start, start + length))
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1]
  const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1]
  const tuple = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1]
  if (descr === undefined || order === undefined || tuple === undefined) throw fail('the header lacks descr, fortran_order or shape')
  const dtype = DTYPE_OF.get(descr.replace(/^=/, '<'))
  if (!dtype) throw fail(`elements of type '${descr}' are not supported`, `save one of ${Object.keys(DESCR).join(', ')}`)
  const shape = tuple.split(',').filter((part) => part.trim()).map(Number)
  if (order === 'True' && shape.length > 1) throw fail('the array is in Fortran order', 'save numpy.ascontiguousarray(x)')
  const ArrayOf = ARRAY_OF[dtype]
  const wanted = sizeOf(shape) * ArrayOf.BYTES_PER_ELEMENT
  const found = bytes.length - start - length
  if (!shape.every(Number.isSafeInteger) || wanted !== found) throw fail(`shape ${formatShape(shape)} of ${dtype} needs ${wanted} bytes, the file holds ${found}`)
  const copy = new Uint8Array(found) // not bytes.slice(): that of a Node Buffer shares memory
  copy.set(bytes.subarray(start + length))
  return { dtype, shape, data: new ArrayOf(copy.buffer) }
}

import { AedError } from '@aed/core'
import { FILE_IDENTIFIER, SCALAR_SIZES, TABLES, type Field, type ScalarType, type TableName, type TableValue } from './schema.ts'

const VECTOR_ARRAYS = {
  bool: Uint8Array, int8: Int8Array, uint8: Uint8Array, int32: Int32Array, uint32: Uint32Array, float32: Float32Array, int64: BigInt64Array, uint64: BigUint64Array,
} as const satisfies Record<ScalarType, unknown>

/** Reads tables of one file, each access checked. */
export interface Decoder {
  root(): TableValue<'Model'>
  /** @param path how errors call the table */
  table<N extends TableName>(name: N, position: number, path: string): TableValue<N>
}

/**
 * Decodes FlatBuffers tables as the schema describes them. JavaScript has no verifier, so nothing is trusted: every offset, table and
 * vector is checked against the file before it is read, and the work is bounded by the file's size: a file whose offsets lead many
 * times to the same bytes is refused. The schema's tables do not nest in themselves, so there are no endless chains.
 * @throws AedError `MODEL_INVALID` with table and field
 */
export function createDecoder(bytes: Uint8Array, fileName: string): Decoder {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = bytes.length
  const fail = (path: string, what: string) =>
    new AedError('MODEL_INVALID', `${fileName}: ${path}: ${what}`, { hint: 'the .tflite file is damaged or truncated; fetch or export it again' })

  // Vtables and strings may be shared, all else is read once in an honest file.
  let budget = 16 * length + 4096
  const spend = (path: string, cost: number) => {
    budget -= cost
    if (budget < 0) throw fail(path, `the file's ${length} bytes are referred to over and over`)
  }
  const need = (path: string, position: number, size: number, what: string) => {
    if (position < 0 || position + size > length) throw fail(path, `${what} at byte ${position} with ${size} bytes is outside of the file's ${length} bytes`)
  }

  const readScalar = (type: ScalarType, position: number): number => {
    switch (type) {
      case 'bool':
        return view.getUint8(position) === 0 ? 0 : 1
      case 'int8':
        return view.getInt8(position)
      case 'uint8':
        return view.getUint8(position)
      case 'int32':
        return view.getInt32(position, true)
      case 'uint32':
        return view.getUint32(position, true)
      case 'float32':
        return view.getFloat32(position, true)
      case 'int64':
        return Number(view.getBigInt64(position, true))
      case 'uint64':
        return Number(view.getBigUint64(position, true))
    }
  }
  /** Position that the offset at `position` leads to. */
  const follow = (path: string, position: number): number => {
    const target = position + view.getUint32(position, true)
    need(path, target, 4, 'what its offset leads to')
    return target
  }
  /** First element and count of a vector whose length and elements lie inside the file. */
  const vectorAt = (path: string, position: number, size: number): { start: number; count: number } => {
    const count = view.getUint32(position, true)
    if (count * size > length - position - 4) throw fail(path, `a vector of ${count} elements of ${size} bytes at byte ${position} is outside of the file's ${length} bytes`)
    return { start: position + 4, count }
  }

  const readField = (field: Field, position: number, path: string): unknown => {
    if (field.kind === 'scalar') return readScalar(field.type, position)
    const target = follow(path, position)
    switch (field.kind) {
      case 'union':
        return target
      case 'table':
        return table(field.table as TableName, target, path)
      case 'string': {
        const { start, count } = vectorAt(path, target, 1)
        spend(path, count)
        return new TextDecoder().decode(bytes.subarray(start, start + count))
      }
      case 'vector': {
        const { start, count } = vectorAt(path, target, SCALAR_SIZES[field.type])
        if (field.type === 'uint8') return bytes.subarray(start, start + count)
        spend(path, count * SCALAR_SIZES[field.type])
        return new VECTOR_ARRAYS[field.type](bytes.slice(start, start + count * SCALAR_SIZES[field.type]).buffer)
      }
      case 'tables': {
        const { start, count } = vectorAt(path, target, 4)
        spend(path, count * 4)
        return Array.from({ length: count }, (_, i) => table(field.table as TableName, follow(`${path}[${i}]`, start + 4 * i), `${path}[${i}]`))
      }
    }
  }

  const table = <N extends TableName>(name: N, position: number, path: string): TableValue<N> => {
    need(path, position, 4, `table ${name}`)
    const vtable = position - view.getInt32(position, true)
    need(path, vtable, 4, `the vtable of ${name}`)
    const vtableSize = view.getUint16(vtable, true)
    const tableSize = view.getUint16(vtable + 2, true)
    if (vtableSize < 4 || vtableSize % 2 !== 0) throw fail(path, `the vtable of ${name} has an impossible size of ${vtableSize} bytes`)
    need(path, vtable, vtableSize, `the vtable of ${name}`)
    need(path, position, tableSize, `table ${name}`)
    spend(path, 4 + vtableSize)
    const fields = Object.entries<Field>(TABLES[name]).map(([key, field]) => {
      const entry = 4 + 2 * field.id
      const offset = entry + 2 <= vtableSize ? view.getUint16(vtable + entry, true) : 0
      if (offset === 0) return [key, field.kind === 'scalar' ? field.default : undefined]
      const size = field.kind === 'scalar' ? SCALAR_SIZES[field.type] : 4
      if (offset < 4 || offset + size > tableSize) throw fail(`${path}.${key}`, `the field is outside of its table ${name} of ${tableSize} bytes`)
      return [key, readField(field, position + offset, `${path}.${key}`)]
    })
    return Object.fromEntries(fields) as TableValue<N>
  }

  return {
    root() {
      if (length < 16) throw fail('Model', `${length} bytes are no .tflite file`)
      const identifier = String.fromCharCode(...bytes.subarray(4, 8))
      if (identifier !== FILE_IDENTIFIER) throw fail('Model', `not a .tflite file: bytes 4 to 8 are not '${FILE_IDENTIFIER}'`)
      return table('Model', follow('Model', 0), 'Model')
    },
    table,
  }
}

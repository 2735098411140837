import type { Builder, Offset } from 'flatbuffers'
import { SCALAR_SIZES, TABLES, type Field, type ScalarType, type TableName } from './schema.ts'

type Elements = { readonly length: number; readonly [index: number]: number | bigint }

/** What a field takes: numbers, texts, vectors, and the offsets of tables that were written before. */
export type EncodableField = number | string | Elements | undefined

/** A table's fields by name; fields that are left out keep their defaults. */
export type Encodable<N extends TableName> = { readonly [K in keyof (typeof TABLES)[N]]?: EncodableField }

function addElement(builder: Builder, type: ScalarType, value: number | bigint): void {
  switch (type) {
    case 'bool':
    case 'int8':
    case 'uint8':
      builder.addInt8(Number(value))
      break
    case 'int32':
    case 'uint32':
      builder.addInt32(Number(value))
      break
    case 'float32':
      builder.addFloat32(Number(value))
      break
    case 'int64':
    case 'uint64':
      builder.addInt64(BigInt(value))
      break
  }
}

function writeVector(builder: Builder, type: ScalarType, values: Elements, align: number): Offset {
  builder.startVector(SCALAR_SIZES[type], values.length, align)
  for (let i = values.length - 1; i >= 0; i--) addElement(builder, type, values[i]!)
  return builder.endVector()
}

function addScalar(builder: Builder, id: number, type: ScalarType, value: number, standard: number): void {
  switch (type) {
    case 'bool':
    case 'int8':
    case 'uint8':
      builder.addFieldInt8(id, value, standard)
      break
    case 'int32':
    case 'uint32':
      builder.addFieldInt32(id, value, standard)
      break
    case 'float32':
      builder.addFieldFloat32(id, value, standard)
      break
    case 'int64':
    case 'uint64':
      builder.addFieldInt64(id, BigInt(value), BigInt(standard))
      break
  }
}

/** Writes one table with its strings and vectors, children before parents as FlatBuffers wants it. @returns its offset */
export function encodeTable<N extends TableName>(builder: Builder, name: N, values: Encodable<N>): Offset {
  const fields = Object.entries<Field>(TABLES[name]).flatMap(([key, field]) => {
    const value = (values as Record<string, EncodableField>)[key]
    if (value === undefined) return []
    if (typeof value === 'string') return [{ field, value: builder.createString(value) }]
    if (typeof value === 'number') return [{ field, value }]
    const type = field.kind === 'vector' ? field.type : 'uint32'
    if (field.kind === 'tables') return [{ field, value: writeOffsets(builder, value as readonly Offset[]) }]
    return [{ field, value: writeVector(builder, type, value, field.kind === 'vector' ? (field.align ?? SCALAR_SIZES[type]) : 4) }]
  })
  builder.startObject(1 + Math.max(-1, ...Object.values<Field>(TABLES[name]).map((field) => field.id)))
  for (const { field, value } of fields) {
    if (field.kind === 'scalar') addScalar(builder, field.id, field.type, value, field.default)
    else builder.addFieldOffset(field.id, value, 0)
  }
  return builder.endObject()
}

function writeOffsets(builder: Builder, offsets: readonly Offset[]): Offset {
  builder.startVector(4, offsets.length, 4)
  for (let i = offsets.length - 1; i >= 0; i--) builder.addOffset(offsets[i]!)
  return builder.endVector()
}

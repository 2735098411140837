import type { Table } from '../network.ts'
import { arrayText, commentText, elementType } from './c-text.ts'
import { banner } from './emit-header.ts'
import { macroName, tableName, type Library } from './library.ts'

const declaration = (library: Library, layer: number, { name, data }: Table) => `const ${elementType(data)} ${tableName(library, layer, name)}[${data.length}]`

/** Text for each table, under a heading for each layer that has some. */
function eachTable({ network }: Library, text: (layer: number, table: Table) => string): string {
  return network.layers
    .flatMap((layer, index) => (layer.tables.length === 0 ? [] : [`/* ${index}: ${layer.op} '${commentText(layer.name)}' */\n${layer.tables.map((table) => text(index, table)).join('')}`]))
    .join('\n')
}

/** `src/NAME_tables.h`: names of the constant values. */
export function emitTablesHeader(library: Library): string {
  const upper = macroName(library)
  const declared = eachTable(library, (layer, table) => `extern ${declaration(library, layer, table)}; /* [${table.shape.join(', ')}] */\n`)
  return `${banner(library, 'Weights and tables.')}#ifndef ${upper}_TABLES_H
#define ${upper}_TABLES_H

#include <stdint.h>

${declared}
#endif
`
}

/** `src/NAME_tables.c`: the constant values. */
export function emitTables(library: Library): string {
  const defined = eachTable(library, (layer, table) => `${declaration(library, layer, table)} = {\n${arrayText(table.data, table.data.BYTES_PER_ELEMENT === 1 ? 24 : 8)}\n};\n`)
  return `${banner(library, 'Weights and tables.')}#include "${library.name}_tables.h"\n\n${defined}`
}

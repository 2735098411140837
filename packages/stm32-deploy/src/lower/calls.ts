import type { Call, RowRange } from '../network.ts'

/** A call for each output row, which it makes whole. */
export function callsByOutputRow(rows: number, reads: (row: number) => readonly RowRange[]): readonly Call[] {
  return Array.from({ length: rows }, (_, row) => ({ reads: reads(row), writes: { from: row, to: row + 1 }, complete: row + 1 }))
}

/** A call for each input row; the last one makes the whole output. */
export function callsByInputRow(rows: number, outputRows: number): readonly Call[] {
  return Array.from({ length: rows }, (_, row) => {
    const last = row === rows - 1
    return { reads: [{ from: row, to: row + 1 }], writes: { from: 0, to: last ? outputRows : 0 }, complete: last ? outputRows : 0 }
  })
}

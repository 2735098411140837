/** 0.925 → `92.5 %`. */
export function percent(value: number | null): string {
  return value === null ? '–' : `${(100 * value).toFixed(1)} %`
}

/** Rows under a heading in aligned columns; the first is text, the others stand to the right. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [heading, ...rows]
  const widths = heading.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  return all.map((row) => '  ' + row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  ').trimEnd()).join('\n')
}

/** Bytes in KiB with two decimals. */
export function kib(bytes: number): string {
  return (bytes / 1024).toFixed(2)
}

/** Clips that were left out, and which. */
export function skippedText(skipped: readonly { readonly id: string }[]): string {
  const named = skipped.slice(0, 10).map(({ id }) => id).join(', ')
  return `${skipped.length} clips could not be read and count nowhere: ${named}${skipped.length > 10 ? `, and ${skipped.length - 10} more` : ''}`
}

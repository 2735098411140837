/** A value from a file as an error message shows it: one line, quoted, cut where it is long. */
export function quote(value: string): string {
  return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
}

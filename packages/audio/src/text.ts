/** How many bytes at `at` are those of a Latin-1 text. */
export function countMatches(bytes: Uint8Array, at: number, text: string): number {
  let count = 0
  for (let i = 0; i < text.length; i++) if (bytes[at + i] === text.charCodeAt(i)) count++
  return count
}

/** True when the bytes at `at` are those of a Latin-1 text. */
export function hasText(bytes: Uint8Array, at: number, text: string): boolean {
  return countMatches(bytes, at, text) === text.length
}

/** Pieces of C as text. */

/** Text made safe inside a comment: no nested or closing marks, no trigraphs, no line ends, ASCII alone. */
export function commentText(text: string): string {
  return text
    .replaceAll('/*', '/ *')
    .replaceAll('*/', '* /')
    .replaceAll('??', '? ?')
    .replaceAll('\\', '/')
    .replace(/[^\x20-\x7e]/gu, '.')
}

/** A string literal's characters; everything beyond plain ASCII as octal escapes of its UTF-8 bytes. */
export function stringText(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => {
    const char = String.fromCharCode(byte)
    return /[A-Za-z0-9 _.,:;()+/-]/.test(char) ? char : `\\${byte.toString(8).padStart(3, '0')}`
  }).join('')
}

/** A float32 constant that reads back as itself: nine significant digits do. */
export function floatText(value: number): string {
  const digits = Math.fround(value).toPrecision(9)
  return /[.e]/.test(digits) ? `${digits}f` : `${digits}.0f`
}

/** Values of an array, `perLine` a line. */
export function arrayText(data: Int8Array | Int32Array | Float32Array | Uint16Array, perLine = 24): string {
  const lines: string[] = []
  for (let i = 0; i < data.length; i += perLine) {
    const values = data.subarray(i, i + perLine)
    lines.push(`    ${(data.constructor.name === 'Float32Array' ? Array.from(values, floatText) : Array.from(values, intText)).join(', ')},`)
  }
  return lines.join('\n')
}

/** The smallest int32 has no literal of its own in C. */
const intText = (value: number) => (value === -2147483648 ? '(-2147483647 - 1)' : String(value))

/** The element type of a table. */
export function elementType(data: Int8Array | Int32Array | Float32Array): 'int8_t' | 'int32_t' | 'float' {
  const { name } = data.constructor
  return name === 'Int8Array' ? 'int8_t' : name === 'Int32Array' ? 'int32_t' : 'float'
}

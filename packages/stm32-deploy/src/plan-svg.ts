import type { BufferReport, DeployReport } from './report.ts'

/** Size of the drawing in pixels: time to the right, the arena upwards from its first byte. */
const WIDTH = 960
const HEIGHT = 420
const MARGIN = { left: 64, right: 12, top: 12, bottom: 64 }
/** Height of a line of text. */
const LINE = 14

/** Colours that tell apart on light and dark paper and in grey. */
const FILL: Readonly<Record<BufferReport['kind'], string>> = { rows: '#8fb8de', sums: '#2f6ba5', scratch: '#e0a800' }
const MEANING: Readonly<Record<BufferReport['kind'], string>> = { rows: 'rows of a tensor', sums: 'sums kept from call to call', scratch: 'scratch of one call' }

const escape = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
const round = (value: number) => String(Math.round(value * 100) / 100)

/**
 * The arena over time as a self-contained SVG: a rectangle for each stretch of steps in which a buffer holds something, at its offset, with name and size
 * as its tooltip. Text takes the colour of the page around it.
 */
export function planSvg({ name, memory, buffers, steps }: Pick<DeployReport, 'name' | 'memory' | 'buffers' | 'steps'>): string {
  const x = (step: number) => MARGIN.left + (step / steps) * (WIDTH - MARGIN.left - MARGIN.right)
  const y = (offset: number) => HEIGHT - MARGIN.bottom - (offset / memory.arena) * (HEIGHT - MARGIN.top - MARGIN.bottom)
  const box = (buffer: BufferReport, [from, to]: readonly [number, number]) => {
    const [left, right, top, bottom] = [x(from), x(to + 1), y(buffer.offset + buffer.bytes), y(buffer.offset)]
    return `<rect x="${round(left)}" y="${round(top)}" width="${round(right - left)}" height="${round(bottom - top)}"/>`
  }
  const pieces = buffers.map((buffer) => {
    const title = `${buffer.name}: ${buffer.kind === 'rows' ? `${buffer.slots} row${buffer.slots === 1 ? '' : 's'}` : buffer.kind}, ${buffer.bytes} B at ${buffer.offset}`
    const longest = buffer.live.reduce((a, b) => (b[1] - b[0] > a[1] - a[0] ? b : a))
    const [left, top, bottom] = [x(longest[0]), y(buffer.offset + buffer.bytes), y(buffer.offset)]
    const room = Math.floor((x(longest[1] + 1) - left - 6) / 6.2)
    const text = room >= 6 && bottom - top >= LINE - 3 ? `<text x="${round(left + 3)}" y="${round((top + bottom) / 2 + 4)}">${escape(cut(buffer.name, room))}</text>` : ''
    return `<g fill="${FILL[buffer.kind]}"><title>${escape(title)}</title>${buffer.live.map((stretch) => box(buffer, stretch)).join('')}${text}</g>`
  })
  const kinds = (['rows', 'sums', 'scratch'] as const).filter((kind) => buffers.some((buffer) => buffer.kind === kind))
  const legend = kinds.map((kind, i) => `<rect x="${MARGIN.left + i * 230}" y="${HEIGHT - 18}" width="10" height="10" fill="${FILL[kind]}"/><text class="ink" x="${MARGIN.left + i * 230 + 16}" y="${HEIGHT - 9}">${MEANING[kind]}</text>`)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="Memory of ${escape(name)} over time">
<style>text{font:11px system-ui,sans-serif;fill:#10161c}.ink{fill:currentColor}rect{stroke:#10161c;stroke-width:.3}line{stroke:currentColor;stroke-width:1}</style>
${ticks(memory.arena).map((bytes) => `<line x1="${MARGIN.left - 4}" x2="${WIDTH - MARGIN.right}" y1="${round(y(bytes))}" y2="${round(y(bytes))}" opacity=".25"/><text class="ink" x="${MARGIN.left - 8}" y="${round(y(bytes) + 4)}" text-anchor="end">${bytes / 1024} KiB</text>`).join('\n')}
${pieces.join('\n')}
<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${round(y(memory.lowerBound))}" y2="${round(y(memory.lowerBound))}" stroke-dasharray="5 4"><title>no placement of these rows can need less: ${memory.lowerBound} B</title></line>
<text class="ink" x="${MARGIN.left}" y="${HEIGHT - MARGIN.bottom + 18}">call 1</text>
<text class="ink" x="${(MARGIN.left + WIDTH) / 2}" y="${HEIGHT - MARGIN.bottom + 18}" text-anchor="middle">calls of kernels in a run; arena ${memory.arena} B, dashed: the lower bound, ${memory.lowerBound} B</text>
<text class="ink" x="${WIDTH - MARGIN.right}" y="${HEIGHT - MARGIN.bottom + 18}" text-anchor="end">${steps}</text>
${legend.join('\n')}
</svg>
`
}

const cut = (text: string, room: number) => (text.length <= room ? text : `${text.slice(0, room - 1)}…`)

/** At most eight round numbers of KiB up to a size. */
function ticks(bytes: number): readonly number[] {
  const step = [0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].map((kib) => kib * 1024).find((size) => bytes / size <= 8) ?? bytes
  return Array.from({ length: Math.floor(bytes / step) + 1 }, (_, i) => i * step)
}

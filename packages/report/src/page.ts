/** Text for HTML and its attributes. */
export const escapeHtml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** A table; cells are text, the first column is set left, the others right. */
export function htmlTable(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[], tag: 'td' | 'th') => `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`
  // Wider than a narrow window it moves by itself, not the page; browsers give what scrolls a place in the order of the Tab key.
  return `<div class="table"><table><thead>${row(heading, 'th')}</thead><tbody>${rows.map((cells) => row(cells, 'td')).join('')}</tbody></table></div>`
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --line: #dde3ea; --note: #fff7e0 }
@media (prefers-color-scheme: dark) { :root { --ink: #e3e8ee; --paper: #14181d; --line: #39424d; --note: #3a3216 } }
@media print { :root { color-scheme: light; --ink: #000; --paper: #fff; --line: #bbb; --note: #fff } h2 { break-after: avoid } figure, table { break-inside: avoid } .table { overflow: visible } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: var(--ink); background: var(--paper) }
h1 { overflow-wrap: anywhere }
.table { max-width: 100%; overflow-x: auto } .table:focus-visible { outline: 2px solid #e0a800 }
table { border-collapse: collapse; margin: .6rem 0; font-variant-numeric: tabular-nums }
th, td { padding: .2rem .8rem; border-bottom: 1px solid var(--line); text-align: right }
th:first-child, td:first-child { text-align: left }
.note { background: var(--note); border-left: 4px solid #e0a800; padding: .4rem .8rem; margin: .4rem 0 }
.row { display: flex; flex-wrap: wrap; gap: 2rem; align-items: flex-start }
figure { margin: 0; text-align: center; font-size: .85rem }
figure img { width: 150px; height: 128px; image-rendering: pixelated; display: block }
.pictures { display: flex; flex-wrap: wrap; gap: .8rem }
svg, img { max-width: 100% } svg.marks { height: auto }
`

/** A page. */
export interface HtmlPage {
  /** Plain text: title of the window and heading of the page. */
  readonly title: string
  /** What a reader must know first: plain text, one box each. */
  readonly notes?: readonly string[]
  /** HTML of the body below heading and notes. */
  readonly body: string
}

/** One page that needs nothing else; light, dark and print by the reader's setting. */
export function htmlPage({ title, notes = [], body }: HtmlPage): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style></head><body>
<h1>${escapeHtml(title)}</h1>
${notes.map((note) => `<p class="note">${escapeHtml(note)}</p>`).join('\n')}
${body}
</body></html>
`
}

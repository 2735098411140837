import { describe, expect, it } from '@jest/globals'
import { htmlPage, htmlTable, kib, percent, spectrogramPicture, toSvg } from './index.ts'

describe('htmlPage', () => {
  it('escapes title and notes, and needs nothing from the network', () => {
    const page = htmlPage({ title: 'a < b & "c"', notes: ['<script>'], body: htmlTable(['x'], [['<b>']]) })
    expect(page).toContain('<title>a &lt; b &amp; &quot;c&quot;</title>')
    expect(page).toContain('<p class="note">&lt;script&gt;</p>')
    expect(page).toContain('<td>&lt;b&gt;</td>')
    expect(page).not.toMatch(/https?:|<script|<link/)
  })

  it('has a dark and a printed form', () => {
    const page = htmlPage({ title: 't', body: '' })
    expect(page).toContain('prefers-color-scheme: dark')
    expect(page).toContain('@media print')
  })
})

describe('toSvg', () => {
  it('draws in the ink of the page around it', async () => {
    const svg = await toSvg({ data: { values: [{ x: 'one', y: 3 }] }, mark: 'bar', encoding: { x: { field: 'x' }, y: { field: 'y', type: 'quantitative' } } })
    expect(svg).toMatch(/^<svg/)
    expect(svg).toContain('>one</text>')
    expect(svg).toContain('fill="currentColor"')
  })
})

describe('spectrogramPicture', () => {
  it('is a PNG, and an index outside is refused', () => {
    const patches = { dtype: 'float32' as const, shape: [1, 2, 3], data: new Float32Array([0, -40, -80, -10, -20, -30]) }
    expect(spectrogramPicture(patches, 0)).toMatch(/^data:image\/png;base64,iVBOR/)
    expect(() => spectrogramPicture(patches, 1)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
  })
})

describe('figures', () => {
  it('show a dash where there is none', () => {
    expect([percent(null), kib(null)]).toEqual(['–', '–'])
    expect([percent(0.8425), kib(14336)]).toEqual(['84.3 %', '14.00'])
  })
})

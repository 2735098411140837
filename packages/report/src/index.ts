export { toSvg, CHART_COLORS } from './chart.ts'
export { escapeHtml, htmlPage, htmlTable } from './page.ts'
export { kib, percent } from './figures.ts'
export { spectrogramPicture } from './spectrogram-picture.ts'

export type { HtmlPage } from './page.ts'

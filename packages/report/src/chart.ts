import * as vega from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'

/** Two colours that stand out from light and dark paper and from each other in grey. */
export const CHART_COLORS: { range: string[] } = { range: ['#8fb8de', '#2f6ba5'] }

// Text and lines take the colour of the page around them, so that one chart serves light, dark and print.
const INK = 'currentColor'
const CONFIG = {
  font: 'system-ui, sans-serif',
  background: 'transparent',
  view: { stroke: null },
  axis: { labelColor: INK, titleColor: INK, domainColor: INK, tickColor: INK, gridOpacity: 0.25, gridColor: INK },
  legend: { labelColor: INK, titleColor: INK },
  title: { color: INK },
} as const

/**
 * One chart as a self-contained SVG: no script, no font and no network.
 * @param spec Vega-Lite; its own `config` wins over the house style.
 */
export async function toSvg(spec: TopLevelSpec): Promise<string> {
  const view = new vega.View(vega.parse(compile(spec, { config: CONFIG }).spec), { renderer: 'none' })
  try {
    return await view.toSVG()
  } finally {
    view.finalize()
  }
}

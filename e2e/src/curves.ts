import type { EpochRecord } from '@aed/model-miniresnetv2/train'
import { htmlPage, htmlTable, percent, toSvg } from '@aed/report'

/** Training curves as JSON lines, an epoch a line. */
export const curvesJsonl = (history: readonly object[]): string => history.map((epoch) => `${JSON.stringify(epoch)}\n`).join('')

interface Series {
  readonly title: string
  readonly format?: string
  readonly parts: Readonly<Record<string, (epoch: EpochRecord) => number | null>>
}

const CURVES: readonly Series[] = [
  { title: 'loss', parts: { training: ({ loss }) => loss, validation: ({ valLoss }) => valLoss } },
  { title: 'accuracy (patches)', format: '.0%', parts: { training: ({ accuracy }) => accuracy, validation: ({ valAccuracy }) => valAccuracy } },
  { title: 'learning rate', format: '.1e', parts: { 'step size': ({ learningRate }) => learningRate } },
]

function curve({ title, format, parts }: Series, history: readonly EpochRecord[]): Promise<string> | null {
  const values = history.flatMap((epoch) => Object.entries(parts).flatMap(([part, of]) => (of(epoch) === null ? [] : [{ epoch: epoch.epoch, part, value: of(epoch) }])))
  if (values.length === 0) return null
  return toSvg({
    data: { values },
    mark: { type: 'line', point: true },
    width: 420,
    height: 220,
    encoding: {
      x: { field: 'epoch', type: 'quantitative', axis: { tickMinStep: 1, format: 'd' }, scale: { domain: [1, Math.max(2, history.length)] } },
      y: { field: 'value', type: 'quantitative', title, ...(format && { axis: { format } }) },
      color: { field: 'part', title: null, scale: { range: ['#8fb8de', '#2f6ba5'] } },
    },
  })
}

/** Training curves as a page of their own: loss, accuracy, step size, and the figures in a table. */
export async function curvesHtml(title: string, history: readonly EpochRecord[]): Promise<string> {
  const charts = await Promise.all(CURVES.flatMap((series) => curve(series, history) ?? []))
  const share = (value: number | null) => (value === null ? '–' : percent(value))
  const table = htmlTable(
    ['epoch', 'step', 'loss', 'accuracy', 'validation loss', 'validation accuracy', 'learning rate'],
    history.map(({ epoch, step, loss, accuracy, valLoss, valAccuracy, learningRate }) => [String(epoch), String(step), loss.toFixed(4), share(accuracy), valLoss?.toFixed(4) ?? '–', share(valAccuracy), learningRate.toExponential(2)]),
  )
  return htmlPage({ title, body: `<div class="row">${charts.map((svg) => `<figure>${svg}</figure>`).join('')}</div>\n<h2>Epochs</h2>\n${table}` })
}

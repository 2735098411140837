import { CHART_COLORS, toSvg } from '@aed/report'
import type { FoldReport, ModelReport } from './esc10-report.ts'

/** Clip-level accuracy of each fold, float beside int8. */
export function foldChart(folds: readonly FoldReport[]): Promise<string> {
  const values = folds.flatMap(({ fold, clip }) => [
    { fold: `fold ${fold}`, form: 'float', accuracy: clip.float },
    { fold: `fold ${fold}`, form: 'int8', accuracy: clip.int8 },
  ])
  return toSvg({
    data: { values },
    mark: { type: 'bar', tooltip: true },
    width: { step: 22 },
    height: 200,
    encoding: {
      x: { field: 'fold', title: null, axis: { labelAngle: 0 } },
      xOffset: { field: 'form' },
      y: { field: 'accuracy', type: 'quantitative', title: 'clip-level accuracy', scale: { domain: [0, 1] }, axis: { format: '.0%' } },
      color: { field: 'form', title: null, scale: CHART_COLORS },
    },
  })
}

/** RAM and flash of the C library beside the published figures. */
export function memoryChart({ memory, published }: ModelReport): Promise<string> {
  const values = [
    { whose: 'ours', part: 'RAM', kib: memory.ram.total / 1024 },
    { whose: 'ours', part: 'flash', kib: memory.flash.total / 1024 },
    ...(published
      ? [
          { whose: 'published', part: 'RAM', kib: published.totalRam },
          { whose: 'published', part: 'flash', kib: published.totalFlash },
        ]
      : []),
  ]
  return toSvg({
    data: { values },
    mark: 'bar',
    width: 320,
    height: { step: 22 },
    encoding: {
      y: { field: 'part', title: null, sort: ['RAM', 'flash'] },
      yOffset: { field: 'whose' },
      x: { field: 'kib', type: 'quantitative', title: 'KiB' },
      color: { field: 'whose', title: null, scale: CHART_COLORS },
    },
  })
}

import { encode } from 'fast-png'
import * as vega from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'
import type { Tensor } from '@aed/core'
import type { FoldReport, ModelReport } from './esc10-report.ts'

/** One chart as a self-contained SVG. */
async function toSvg(spec: TopLevelSpec): Promise<string> {
  const view = new vega.View(vega.parse(compile(spec).spec), { renderer: 'none' })
  try {
    return await view.toSVG()
  } finally {
    view.finalize()
  }
}

const CONFIG = { font: 'system-ui, sans-serif', background: 'transparent', view: { stroke: null } } as const
const COLORS = { range: ['#8fb8de', '#1f4e79'] }

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
      color: { field: 'form', title: null, scale: COLORS },
    },
    config: CONFIG,
  })
}

/** Counts of clips: rows are the true class, columns the one that was heard. */
export function confusionChart(classes: readonly string[], matrix: readonly (readonly number[])[]): Promise<string> {
  const values = matrix.flatMap((row, reference) => row.map((count, estimated) => ({ reference: classes[reference], estimated: classes[estimated], count })))
  const largest = Math.max(1, ...matrix.flat())
  return toSvg({
    data: { values },
    width: { step: 34 },
    height: { step: 26 },
    encoding: {
      x: { field: 'estimated', title: 'heard as', sort: [...classes], axis: { labelAngle: -45 } },
      y: { field: 'reference', title: 'is', sort: [...classes] },
    },
    layer: [
      { mark: 'rect', encoding: { color: { field: 'count', type: 'quantitative', legend: null, scale: { range: ['#f3f6fa', '#1f4e79'] } } } },
      {
        transform: [{ filter: 'datum.count > 0' }],
        mark: { type: 'text', fontSize: 11 },
        encoding: { text: { field: 'count' }, color: { condition: { test: `datum.count > ${largest / 2}`, value: 'white' }, value: 'black' } },
      },
    ],
    config: CONFIG,
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
      color: { field: 'whose', title: null, scale: COLORS },
    },
    config: CONFIG,
  })
}

/** Dark blue over teal to yellow, at equal steps; in between linear. */
const COLORMAP = [
  [12, 20, 60],
  [26, 78, 122],
  [30, 140, 140],
  [126, 196, 104],
  [250, 232, 90],
] as const

/**
 * A picture of one patch: low bands at the bottom, −80 dB dark to 0 dB bright.
 * @param patches `[n, nMels, frames]`
 * @returns a `data:` URI of a PNG
 */
export function patchPicture(patches: Tensor<'float32'>, index: number): string {
  const [, mels, frames] = patches.shape as [number, number, number]
  const data = new Uint8Array(mels * frames * 3)
  for (let mel = 0; mel < mels; mel++) {
    for (let frame = 0; frame < frames; frame++) {
      const db = patches.data[(index * mels + mel) * frames + frame]!
      const position = Math.min(Math.max((db + 80) / 80, 0), 1) * (COLORMAP.length - 1)
      const step = Math.min(Math.floor(position), COLORMAP.length - 2)
      for (let channel = 0; channel < 3; channel++) {
        const [from, to] = [COLORMAP[step]![channel]!, COLORMAP[step + 1]![channel]!]
        data[((mels - 1 - mel) * frames + frame) * 3 + channel] = Math.round(from + (to - from) * (position - step))
      }
    }
  }
  const png = encode({ width: frames, height: mels, data, channels: 3, depth: 8 })
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`
}

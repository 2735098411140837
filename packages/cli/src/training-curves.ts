import plot from 'simple-ascii-chart'
import type { EpochRecord } from '@aed/model-miniresnetv2/train'
import { percent } from './text.ts'

/** The last epoch in one line. */
export function epochLine(history: readonly EpochRecord[]): string {
  const { epoch, loss, accuracy, valLoss, valAccuracy, learningRate } = history.at(-1)!
  const parts = [`loss ${loss.toFixed(4)}`, `accuracy ${percent(accuracy)}`]
  if (valLoss !== null) parts.push(`validation loss ${valLoss.toFixed(4)}`, `accuracy ${percent(valAccuracy)}`)
  return `epoch ${epoch}: ${parts.join(', ')}, learning rate ${learningRate.toExponential(2)}`
}

/** Losses so far as a picture of characters: training, and validation where there is one. */
export function drawCurves(history: readonly EpochRecord[]): string {
  const line = (of: (epoch: EpochRecord) => number | null) => history.flatMap((epoch): [number, number][] => (of(epoch) === null ? [] : [[epoch.epoch, of(epoch)!]]))
  const [training, validation] = [line(({ loss }) => loss), line(({ valLoss }) => valLoss)]
  if (training.length < 2) return 'loss: drawn from the second epoch on'
  const series = validation.length > 0 ? [training, validation] : [training]
  return plot(series, { width: 60, height: 10, color: ['ansiBlue', 'ansiYellow'].slice(0, series.length) as never, title: validation.length > 0 ? 'loss: blue in training, yellow in validation' : 'loss in training' }).trimEnd()
}

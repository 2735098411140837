import { AedError, formatShape, type Tensor } from '@aed/core'

/**
 * The shape `[rows, columns]` of a spectrogram or another row of bands.
 * @throws AedError `INVALID_INPUT`
 */
export function checkSpectrogram({ shape, data }: Tensor<'float32'>, where: string): [rows: number, columns: number] {
  const [rows = 0, columns = 0] = shape
  if (shape.length !== 2 || data.length !== rows * columns)
    throw new AedError('INVALID_INPUT', `${where}: a spectrogram of shape [bands, frames] is needed, got ${formatShape(shape)} with ${data.length} values`)
  return [rows, columns]
}

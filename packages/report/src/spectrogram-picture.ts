import { encode } from 'fast-png'
import { AedError, type Tensor } from '@aed/core'

/** Dark blue over teal to yellow, at equal steps; in between linear. */
const COLORMAP = [
  [12, 20, 60],
  [26, 78, 122],
  [30, 140, 140],
  [126, 196, 104],
  [250, 232, 90],
] as const

/**
 * A picture of one log-mel patch: low bands at the bottom, −80 dB dark to 0 dB bright.
 * @param patches `[n, nMels, frames]` in dB
 * @param index which of the n
 * @returns a `data:` URI of a PNG, one pixel a value
 * @throws {AedError} `INVALID_INPUT` another rank or an index outside
 */
export function spectrogramPicture(patches: Tensor<'float32'>, index: number): string {
  const [count, mels, frames] = patches.shape
  if (patches.shape.length !== 3 || !(index >= 0 && index < count!)) {
    throw new AedError('INVALID_INPUT', `a picture of patch ${index} of [${patches.shape.join(', ')}]: expected [n, mels, frames] and an index below n`)
  }
  const [height, width] = [mels!, frames!]
  const data = new Uint8Array(height * width * 3)
  for (let mel = 0; mel < height; mel++) {
    for (let frame = 0; frame < width; frame++) {
      const db = patches.data[(index * height + mel) * width + frame]!
      const position = Math.min(Math.max((db + 80) / 80, 0), 1) * (COLORMAP.length - 1)
      const step = Math.min(Math.floor(position), COLORMAP.length - 2)
      for (let channel = 0; channel < 3; channel++) {
        const [from, to] = [COLORMAP[step]![channel]!, COLORMAP[step + 1]![channel]!]
        data[((height - 1 - mel) * width + frame) * 3 + channel] = Math.round(from + (to - from) * (position - step))
      }
    }
  }
  return `data:image/png;base64,${Buffer.from(encode({ width, height, data, channels: 3, depth: 8 })).toString('base64')}`
}

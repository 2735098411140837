import { damaged, joinBytes, type DecodedBlock, type FormatDecoder, type FormatDecoderOptions } from './format-decoder.ts'
import { dataLength, readWavFrames, readWavHead, type WavHead } from './wav.ts'

/** More than so much before the samples is no header. */
const MAX_HEAD = 2 ** 24

/** WAV that comes in parts: the samples and warnings of the whole file read at once. The format must stand before the samples, as it does in all but odd files. */
export function createWavDecoder({ name }: Pick<FormatDecoderOptions, 'name'>): FormatDecoder {
  const warnings: string[] = []
  let head: WavHead | undefined
  let pending: Uint8Array = new Uint8Array(0)
  let file = 0
  /** Bytes of samples that may still come. */
  let left = Infinity
  let frames = 0

  /** The whole frames of `pending`. */
  function take(): DecodedBlock[] {
    const { format, stated, chunkFollows } = head!
    if (left === Infinity) {
      pending = pending.subarray(head!.start)
      left = stated > 0 ? stated : chunkFollows ? 0 : Number.MAX_SAFE_INTEGER
    }
    const frameBytes = format.channels * format.bytesPerSample
    const count = Math.floor(Math.min(pending.length, left) / frameBytes)
    const channels = readWavFrames(pending, 0, count, format, frames, name)
    frames += count
    left -= count * frameBytes
    pending = left < frameBytes ? new Uint8Array(0) : pending.slice(count * frameBytes)
    return count > 0 ? [{ channels, sampleRate: format.sampleRate }] : []
  }

  return {
    warnings,
    push(bytes) {
      return new Promise((resolve) => {
        file += bytes.length
        pending = joinBytes(pending, bytes)
        head ??= readWavHead(pending, name, warnings, false)
        if (!head && pending.length > MAX_HEAD) throw damaged(name, MAX_HEAD, 'no samples within 16 MiB')
        const blocks = head ? take() : []
        pending = pending.slice() // what was pushed is not kept
        resolve(blocks)
      })
    },
    end() {
      return new Promise((resolve) => {
        head ??= readWavHead(pending, name, warnings, true)!
        const blocks = take()
        const { format, start, ...said } = head
        const length = dataLength({ ...said, present: file - start, file }, name, warnings)
        const rest = length % (format.channels * format.bytesPerSample)
        if (rest) warnings.push(`${rest} bytes after the last whole frame are ignored`)
        resolve(blocks)
      })
    },
    free: () => undefined,
  }
}

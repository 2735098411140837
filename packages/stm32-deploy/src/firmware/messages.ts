import { AedError } from '@aed/core'

/** A message of the program `verify`: see c/firmware/verify.c. */
export interface Message {
  /** One letter. */
  readonly kind: string
  readonly payload: Uint8Array
}

const HEAD = 8
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  return crc
})

/** CRC-32 of IEEE 802.3, as in zip. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 255]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

/** The bytes of a message. @param number 0 to 255, for the answer to bear */
export function encodeMessage({ kind, payload }: Message, number: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEAD + payload.length + 4)
  const view = new DataView(bytes.buffer)
  bytes.set([0x41, 0x45, kind.charCodeAt(0), number])
  view.setUint32(4, payload.length, true)
  bytes.set(payload, HEAD)
  view.setUint32(HEAD + payload.length, crc32(bytes.subarray(0, -4)), true)
  return bytes
}

/** A message that was found in a stream. */
export interface Found extends Message {
  readonly number: number
  /** Bytes of the stream up to its end. */
  readonly end: number
}

/**
 * Looks for the next whole message, past whatever is none.
 * @returns null when more bytes are needed
 * @throws AedError `VERIFY_FAILED` for one that is damaged
 */
export function findMessage(bytes: Uint8Array): Found | null {
  let at = 0
  while (at + 1 < bytes.length && !(bytes[at] === 0x41 && bytes[at + 1] === 0x45)) at++
  if (at + HEAD > bytes.length) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset + at)
  const length = view.getUint32(4, true)
  const end = HEAD + length + 4
  if (length > 1 << 20) throw new AedError('VERIFY_FAILED', `the device: an answer of ${length} bytes is none`)
  if (at + end > bytes.length) return null
  const whole = bytes.subarray(at, at + end)
  if (crc32(whole.subarray(0, -4)) !== view.getUint32(HEAD + length, true)) throw new AedError('VERIFY_FAILED', 'the device: the CRC of an answer is wrong')
  return { kind: String.fromCharCode(whole[2]!), number: whole[3]!, payload: new Uint8Array(whole.subarray(HEAD, -4)), end: at + end }
}

/**
 * The payload of an answer.
 * @throws AedError `VERIFY_FAILED` for an answer of another kind or number
 */
export function payloadOf(request: Message, number: number, answer: Found): Uint8Array {
  if (answer.kind === request.kind && answer.number === number) return answer.payload
  const why = answer.kind === '?' ? 'does not know it' : answer.kind === '!' ? 'received it damaged' : `answered '${answer.kind}' ${answer.number}`
  throw new AedError('VERIFY_FAILED', `the device: message '${request.kind}' ${number}: it ${why}`)
}

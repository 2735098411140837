import { crc32, deflateRawSync } from 'node:zlib'

/** An entry of {@link makeZip}; what is not given is what an honest archive says. */
export interface ZipEntry {
  readonly name: string
  readonly content?: Uint8Array | string
  /** Unix mode, for links. */
  readonly mode?: number
  readonly crc?: number
  readonly size?: number
  readonly flags?: number
}

const u16 = (...values: number[]) => Buffer.from(Uint16Array.from(values).buffer)
const u32 = (...values: number[]) => Buffer.from(Uint32Array.from(values).buffer)

/** A zip archive of deflated files, honest or not (PKWARE APPNOTE 6.3, 4.3). */
export function makeZip(entries: readonly ZipEntry[]): Buffer {
  const files: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const { name, content = '', mode = 0o100644, crc, size, flags = 0 } of entries) {
    const data = Buffer.from(content)
    const packed = deflateRawSync(data)
    const path = Buffer.from(name)
    const about = Buffer.concat([u16(flags, 8, 0, 0), u32(crc ?? crc32(data), packed.length, size ?? data.length)])
    const local = Buffer.concat([u32(0x04034b50), u16(20), about, u16(path.length, 0), path, packed])
    directory.push(Buffer.concat([u32(0x02014b50), u16(0x031e, 20), about, u16(path.length, 0, 0, 0, 0), u32((mode << 16) >>> 0, at), path]))
    files.push(local)
    at += local.length
  }
  const central = Buffer.concat(directory)
  return Buffer.concat([...files, central, u32(0x06054b50), u16(0, 0, entries.length, entries.length), u32(central.length, at), u16(0)])
}

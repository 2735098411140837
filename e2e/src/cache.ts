import os from 'node:os'
import path from 'node:path'
import { decodeNpy, encodeNpy, sha256, type Tensor } from '@aed/core'
import { readBytes, writeAtomic } from '@aed/core/node'
import { version } from './version.ts'

/** How a kind of result is kept on disk. */
export interface Codec<T> {
  /** With the dot. */
  readonly extension: string
  encode(value: T): Uint8Array | string
  decode(bytes: Uint8Array<ArrayBuffer>, name: string): T
}

export const npyCodec: Codec<Tensor> = { extension: '.npy', encode: encodeNpy, decode: decodeNpy }
export const bytesCodec: Codec<Uint8Array<ArrayBuffer>> = { extension: '.bin', encode: (bytes) => bytes, decode: (bytes) => bytes }
/** JSON of plain data; the caller states its type. */
export const jsonCodec = <T>(): Codec<T> => ({
  extension: '.json',
  encode: (value) => JSON.stringify(value),
  decode: (bytes) => JSON.parse(new TextDecoder().decode(bytes)) as T,
})

/** Results on disk by the hash of everything that they depend on: what lets a run that was stopped go on. */
export interface Cache {
  readonly dir: string
  /**
   * The result kept under this kind and key, or a new one, kept from now on. A file that cannot be read back is made anew.
   * @param kind folder, with a version: `features-1`
   * @param key everything that the result depends on, options with their defaults filled in; hashed as JSON together with the version of @aed
   */
  get<T>(kind: string, key: unknown, codec: Codec<T>, make: () => Promise<T> | T): Promise<T>
}

/** Where results and datasets are kept unless told otherwise: `AED_CACHE_DIR`, else the user's cache folder. */
export function defaultCacheDir(): string {
  const { AED_CACHE_DIR, XDG_CACHE_HOME } = process.env
  return AED_CACHE_DIR ?? path.join(XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'aed')
}

/** A cache in a folder, which is made when first needed. */
export function openCache(dir: string): Cache {
  return {
    dir,
    async get(kind, key, codec, make) {
      const hash = await sha256(JSON.stringify({ version, key }))
      const file = path.join(dir, kind, hash.slice(0, 2), hash.slice(2, 34) + codec.extension)
      try {
        return codec.decode(await readBytes(file), file)
      } catch {
        // None, or a damaged one, which is as good as none: it is made again and replaced below.
      }
      const value = await make()
      await writeAtomic(file, codec.encode(value))
      return value
    },
  }
}

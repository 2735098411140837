import { AedError, isAedError, throwIfAborted } from '@aed/core'
import { SHIPPED_MODELS } from './shipped-models.ts'

/** Where a model is: its bytes, where to fetch them, or the name of one that this package ships. */
export type ModelSource = Uint8Array | ArrayBuffer | URL | string

/** Bytes of a model and how errors call it. */
export interface ModelBytes {
  readonly bytes: Uint8Array
  readonly name: string
}

/**
 * The bytes of a model. `file:` URLs are read in Node.
 * @throws AedError (rejects) `FILE_NOT_FOUND` for an unknown name or a missing file, `IO_FAILED` where it cannot be fetched, `ABORTED`
 */
export async function modelBytes(source: ModelSource, signal?: AbortSignal): Promise<ModelBytes> {
  throwIfAborted(signal)
  if (typeof source === 'string') return fetchBytes(shippedModel(source), source, signal)
  if (isUrl(source)) return fetchBytes(source, source.href, signal)
  return { bytes: ArrayBuffer.isView(source) ? source : new Uint8Array(source), name: 'model' }
}

/** Not `instanceof`, which fails across realms. */
const isUrl = (source: Uint8Array | ArrayBuffer | URL): source is URL => 'href' in source

function shippedModel(name: string): URL {
  const url = Object.hasOwn(SHIPPED_MODELS, name) ? SHIPPED_MODELS[name] : undefined
  if (url) return url()
  const names = Object.keys(SHIPPED_MODELS)
  throw new AedError('FILE_NOT_FOUND', `no model '${name}' is shipped, ${names.length === 0 ? 'none is' : `only ${names.join(', ')}`}`, { hint: 'give the bytes of a .tflite, or a URL object' })
}

interface NodeFiles {
  readonly readFile: (file: URL, options: { readonly signal: AbortSignal | undefined }) => Promise<Uint8Array>
}

async function fetchBytes(url: URL, name: string, signal: AbortSignal | undefined): Promise<ModelBytes> {
  try {
    // Asked for at run time, so that bundles for browsers need no trace of Node, whose fetch knows no files.
    const { process } = globalThis as { readonly process?: { readonly getBuiltinModule?: (name: 'node:fs/promises') => NodeFiles | undefined } }
    const files = url.protocol === 'file:' ? process?.getBuiltinModule?.('node:fs/promises') : undefined
    if (files) return { bytes: await files.readFile(url, { signal }), name }
    const response = await fetch(url, signal ? { signal } : {})
    if (response.status === 404) throw new AedError('FILE_NOT_FOUND', `${name}: not found`, { hint: 'check the URL' })
    if (!response.ok) throw new AedError('IO_FAILED', `${name}: the server says ${response.status} ${response.statusText}`.trim())
    return { bytes: new Uint8Array(await response.arrayBuffer()), name }
  } catch (cause) {
    throwIfAborted(signal)
    if (isAedError(cause)) throw cause
    if ((cause as { readonly code?: unknown }).code === 'ENOENT') throw new AedError('FILE_NOT_FOUND', `${name}: no such file`, { cause })
    throw new AedError('IO_FAILED', `${name}: cannot be fetched: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

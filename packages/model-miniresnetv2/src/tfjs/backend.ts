import * as tf from '@tensorflow/tfjs'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import { AedError } from '@aed/core'

/** Where tfjs computes. */
export type Backend = 'wasm' | 'cpu' | 'webgl'

/** Options of {@link useBackend}. */
export interface BackendOptions {
  /** Folder or URL that ends in `/` and holds the `.wasm` files; needed in browsers only: Node finds the installed package. */
  readonly wasmPath?: string
}

/** Folder of the installed `.wasm` files, in Node; undefined elsewhere. */
function installedWasm(): string | undefined {
  // Not an import: bundlers for browsers would follow it.
  const { createRequire } = (globalThis.process as NodeJS.Process | undefined)?.getBuiltinModule('node:module') ?? {}
  return createRequire?.(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm').replace(/[^/\\]*$/, '')
}

let pathSet = false

/**
 * Chooses the backend of tfjs and waits until it is ready. Works offline.
 * @throws AedError `TOOL_NOT_FOUND` when it cannot start here
 */
export async function useBackend(name: Backend, { wasmPath }: BackendOptions = {}): Promise<void> {
  tf.enableProdMode() // keeps tfjs from writing advice to the console
  if (tf.getBackend() === name) return
  try {
    const path = wasmPath ?? (pathSet ? undefined : installedWasm())
    if (name === 'wasm' && path !== undefined) {
      setWasmPaths(path)
      pathSet = true
    }
    if (!(await tf.setBackend(name))) throw new Error('it did not start')
  } catch (cause) {
    throw new AedError('TOOL_NOT_FOUND', `tfjs backend '${name}' cannot start: ${cause instanceof Error ? cause.message : String(cause)}`, {
      hint: name === 'wasm' ? 'give wasmPath, the folder of @tensorflow/tfjs-backend-wasm/dist' : 'use the wasm backend',
      cause,
    })
  }
}

import type { Endpoint } from 'comlink'
import { AedError } from './errors.ts'

/** The scope of this Web Worker, as comlink speaks to it. */
export function workerScope(): Endpoint {
  if (typeof document !== 'undefined')
    throw new AedError('INVALID_STATE', 'a ./worker entry was imported outside a worker', { hint: 'start it with new Worker()' })
  return globalThis as unknown as Endpoint
}

/// <reference path="./node-adapter.d.ts" />
import { parentPort } from 'node:worker_threads'
import type { Endpoint } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { AedError } from './errors.ts'

/** The scope of this worker thread, as comlink speaks to it. */
export function workerScope(): Endpoint {
  if (!parentPort) throw new AedError('INVALID_STATE', 'a ./worker entry was imported outside a worker', { hint: 'start it with new Worker()' })
  return nodeEndpoint(parentPort)
}

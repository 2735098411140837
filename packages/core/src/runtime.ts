import type { Endpoint } from 'comlink'
import { AedError } from './errors.ts'
import { nodeEndpoint, type NodePort } from './node-endpoint.ts'

interface NodeModules {
  readonly 'node:worker_threads': { readonly parentPort: NodePort | null }
  readonly 'node:os': { availableParallelism(): number }
}

/** A module of Node itself; `undefined` in a browser. Asked for at run time, so that bundles for browsers need no trace of Node. */
function nodeModule<N extends keyof NodeModules>(name: N): NodeModules[N] | undefined {
  const { process } = globalThis as { readonly process?: { readonly getBuiltinModule?: (name: N) => NodeModules[N] } }
  return process?.getBuiltinModule?.(name)
}

/**
 * The scope of this worker, in Node or a browser, as comlink speaks to it.
 * @throws AedError `INVALID_STATE` outside a worker
 */
export function workerScope(): Endpoint {
  const threads = nodeModule('node:worker_threads')
  if (threads ? !threads.parentPort : typeof document !== 'undefined')
    throw new AedError('INVALID_STATE', 'a ./worker entry was imported outside a worker', { hint: 'start it with new Worker()' })
  return threads?.parentPort ? nodeEndpoint(threads.parentPort) : (globalThis as unknown as Endpoint)
}

/** How many threads the machine runs at once; 2 where the runtime does not say. */
export function parallelism(): number {
  const { navigator } = globalThis as { readonly navigator?: { readonly hardwareConcurrency?: number } }
  return nodeModule('node:os')?.availableParallelism() ?? navigator?.hardwareConcurrency ?? 2
}

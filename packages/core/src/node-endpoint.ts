import type { Endpoint } from 'comlink'

/** The part of a worker thread or message port of Node that is used, so that browsers need no types of Node. */
export interface NodePort {
  on(event: string, listener: (value: unknown) => void): unknown
  off(event: string, listener: (value: unknown) => void): unknown
  postMessage(message: unknown, transfer?: readonly Transferable[]): void
}

/** A worker thread or message port of Node with the events of the web, as comlink takes it (comlink's own adapter has no types that Node's resolution finds). */
export function nodeEndpoint(port: NodePort): Endpoint {
  const listeners = new Map<unknown, (data: unknown) => void>()
  return {
    postMessage: (message: unknown, transfer?: Transferable[]) => port.postMessage(message, transfer),
    addEventListener(type, listener) {
      const onData = (data: unknown) => {
        const event = { data } as MessageEvent
        if (typeof listener === 'function') listener(event)
        else listener.handleEvent(event)
      }
      listeners.set(listener, onData)
      port.on(type, onData)
    },
    removeEventListener(type, listener) {
      const onData = listeners.get(listener)
      if (onData) port.off(type, onData)
      listeners.delete(listener)
    },
  }
}

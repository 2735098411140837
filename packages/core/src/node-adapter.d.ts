// comlink ships this module without types that Node's resolution finds (it would look for node-adapter.d.mts).
declare module 'comlink/dist/esm/node-adapter.mjs' {
  import type { Endpoint } from 'comlink'
  export default function nodeEndpoint(port: object): Endpoint
}

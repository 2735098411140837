import { parentPort, workerData } from 'node:worker_threads'
import { Replica, type ReplicaOptions, type ShardInput } from './replica.ts'
import { runShard } from './wasm-gradients.ts'
import type { WorkerAnswer } from './workers.ts'

const replica = new Replica(workerData as ReplicaOptions)
const say = (answer: WorkerAnswer) => parentPort!.postMessage(answer)

parentPort!.on('message', ({ values, shards }: { readonly values: Float32Array; readonly shards: readonly ShardInput[] }) => {
  try {
    say({ results: shards.map((shard) => runShard(replica, values, shard)) })
  } catch (failure) {
    say({ failure })
  }
})
say({ results: [] })

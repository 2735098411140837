import { ARRAY_OF, sizeOf, tensorOf, type DataOf, type DType, type Graph, type GraphNode } from '@aed/core'
import { typedTensor, unsupported, type Storage } from '../executor.ts'
import type { Kernels, Pointer } from './kernels.ts'
import { HeapSpace } from './heap-space.ts'
import { planArena } from './plan-arena.ts'

/** Prepares one node on the kernels, as `PlanNode` does in TypeScript. */
export type PlanWasmNode<N extends GraphNode = GraphNode> = (storage: WasmStorage, node: N) => () => void

/** An engine's memory: the arena of activations, then constants and scratch space as they come. It grows while the engine is planned, never after. */
export class WasmStorage implements Storage {
  readonly graph: Graph
  readonly kernels: Kernels
  private readonly activations: ReadonlyMap<string, Pointer>
  private readonly constants = new Map<string, Pointer>()
  private readonly scratches: { at: Pointer; bytes: number }[] = []
  private readonly space: HeapSpace

  constructor(graph: Graph, kernels: Kernels) {
    this.graph = graph
    this.kernels = kernels
    const arena = planArena(graph)
    this.space = new HeapSpace(kernels)
    const base = this.reserve(arena.bytes)
    this.activations = new Map([...arena.offsets].map(([name, offset]) => [name, base + offset]))
  }

  tensor = (name: string | undefined) => tensorOf(this.graph, name)

  /** Values of a constant. */
  values<D extends DType>(node: GraphNode, name: string | undefined, dtype: D): DataOf[D] {
    const { data } = typedTensor(this.graph, node, name, dtype)
    if (!data) throw unsupported(this.graph, node, `tensor '${name ?? ''}' must be constant`)
    return data as DataOf[D]
  }

  /** Where a tensor's values are, a constant's as well. */
  address(node: GraphNode, name: string | undefined, dtype: DType): Pointer {
    const found = typedTensor(this.graph, node, name, dtype)
    const known = this.activations.get(found.name) ?? this.constants.get(found.name)
    if (known !== undefined) return known
    const placed = this.constant(this.values(node, found.name, 'int8'))
    this.constants.set(found.name, placed)
    return placed
  }

  /** A copy of values that stay. */
  constant(values: Int8Array | Int32Array | Float32Array | Uint8Array): Pointer {
    const at = this.reserve(values.byteLength)
    new Uint8Array(this.kernels.memory.buffer).set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at)
    return at
  }

  /** Space for use within one node; all nodes share it. A node that needs two at a time takes them from two slots. */
  scratch(bytes: number, slot = 0): Pointer {
    const known = this.scratches[slot]
    if (known && known.bytes >= bytes) return known.at
    const at = this.reserve(bytes)
    this.scratches[slot] = { at, bytes }
    return at
  }

  /** Views of activations and all constants; valid once the engine is planned. */
  view(name: string): DataOf[DType] {
    const { dtype, shape, data } = tensorOf(this.graph, name)
    const at = this.activations.get(name)
    return at === undefined && data ? data : new ARRAY_OF[dtype](this.kernels.memory.buffer, at, sizeOf(shape))
  }

  /** Zeros that stay reserved. */
  reserve = (bytes: number): Pointer => this.space.reserve(bytes)
}

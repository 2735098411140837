import { AedError, ARRAY_OF, formatShape, sizeOf, tensorOf, validateGraph, type DataOf, type DType, type Graph, type GraphNode, type GraphTensor, type Tensor } from '@aed/core'

/** Where the values of a graph's tensors live while it runs: constants as they are, one buffer for each activation. */
export interface Storage {
  readonly graph: Graph
  readonly tensor: (name: string | undefined) => GraphTensor
  /** @throws AedError `MODEL_UNSUPPORTED` when the tensor is of another type */
  values<D extends DType>(node: GraphNode, name: string | undefined, dtype: D): DataOf[D]
}

/** Prepares one node: what it returns computes the node's output from the present values of its inputs, for one item. */
export type PlanNode<N extends GraphNode = GraphNode> = (storage: Storage, node: N) => () => void

/**
 * Called for the input and after each node of each item; `values` is valid during the call only. It is what later nodes read: what is written to it
 * there counts.
 */
export type OnTensor<V> = (name: string, values: V) => void

/** A graph ready to run. Inputs are `[n, ...]`, any n; `[n, h, w]` too where the graph takes `[1, h, w, 1]`. */
export interface Executor<V> {
  /**
   * @param out written and returned where given, so that nothing is allocated; `[n, ...]` of the output's type
   * @returns the graph's first output, `[n, ...]`
   */
  readonly run: (input: Tensor, out?: Tensor) => Tensor
  /** As `run`, with every output of the graph in its order. */
  readonly runAll: (input: Tensor, out?: readonly Tensor[]) => readonly Tensor[]
  /** As `run`, and shows every tensor on the way. */
  readonly trace: (input: Tensor, onTensor: OnTensor<V>) => Tensor
}

export const unsupported = (graph: Graph, node: GraphNode, what: string) =>
  new AedError('MODEL_UNSUPPORTED', `graph '${graph.name}', ${node.op} '${node.name}': ${what}`)

/** A tensor of the type that a node needs. @throws AedError `MODEL_UNSUPPORTED` */
export function typedTensor(graph: Graph, node: GraphNode, name: string | undefined, dtype: DType): GraphTensor {
  const found = tensorOf(graph, name)
  if (found.dtype !== dtype) throw unsupported(graph, node, `tensor '${found.name}' is ${found.dtype}, ${dtype} is needed here`)
  return found
}

/** One buffer for each tensor, without any sharing: a plain executor is easy to check and to look into. */
function allocate(graph: Graph): Map<string, DataOf[DType]> {
  return new Map(Object.values(graph.tensors).map(({ name, dtype, shape, data }) => [name, data ?? new ARRAY_OF[dtype](sizeOf(shape))]))
}

/** Number of items in an input; the batch size that the graph states does not matter. */
function countItems(graph: Graph, wanted: GraphTensor, input: Tensor): number {
  const fail = (got: string) =>
    new AedError('MODEL_MISMATCH', `graph '${graph.name}': input '${wanted.name}' takes ${wanted.dtype} [n, ${wanted.shape.slice(1).join(', ')}], got ${got}`)
  if (input.dtype !== wanted.dtype) throw fail(input.dtype)
  const item = wanted.shape.slice(1)
  const shape = input.shape.length === wanted.shape.length - 1 && item.at(-1) === 1 ? [...input.shape, 1] : input.shape
  const fits = shape.length === wanted.shape.length && item.every((length, i) => length === shape[i + 1])
  if (!fits || sizeOf(input.shape) !== input.data.length) throw fail(`${formatShape(input.shape)} with ${input.data.length} values`)
  return shape[0]!
}

/**
 * Checks what every executor needs: a whole graph with one input and an output.
 * @throws AedError `GRAPH_INVALID`, `MODEL_UNSUPPORTED`
 */
export function checkRunnable(graph: Graph): void {
  validateGraph(graph)
  if (graph.inputs.length !== 1) throw new AedError('MODEL_UNSUPPORTED', `graph '${graph.name}' has ${graph.inputs.length} inputs, one is supported`)
  if (graph.outputs[0] === undefined) throw new AedError('GRAPH_INVALID', `graph '${graph.name}' has no output`)
}

/** An output: where its values are after each item, and what a batch of them becomes. */
interface Output {
  readonly tensor: GraphTensor
  /** Float32Array stands for any of the arrays here: values only go from one to another of its kind. */
  readonly values: Float32Array
}

/** `out` where it fits, else a new tensor for `items` values of an output. */
function target(graph: Graph, { tensor: { name, dtype, shape }, values }: Output, items: number, out: Tensor | undefined): Tensor {
  if (out === undefined) return { dtype, shape: [items, ...shape.slice(1)], data: new ARRAY_OF[dtype](items * values.length) }
  const fits = out.dtype === dtype && out.data.length === items * values.length && out.shape[0] === items && sizeOf(out.shape) === out.data.length
  if (!fits) throw new AedError('MODEL_MISMATCH', `graph '${graph.name}': output '${name}' makes ${dtype} ${formatShape([items, ...shape.slice(1)])}, the given tensor is ${out.dtype} ${formatShape(out.shape)}`)
  return out
}

/**
 * Runs prepared nodes in order, item by item. A run allocates its results where none are given, and nothing for an item.
 * @param computes one for each node @param valuesOf where the values of a tensor live
 */
export function createRunner<V>(graph: Graph, computes: readonly (() => void)[], valuesOf: (name: string) => V): Executor<V> {
  const steps = graph.nodes.map((node, i) => ({ name: node.outputs[0]!, compute: computes[i]!, values: valuesOf(node.outputs[0]!) }))
  const inputTensor = tensorOf(graph, graph.inputs[0])
  const inputValues = valuesOf(inputTensor.name)
  const inputArray = inputValues as Float32Array
  const outputs = graph.outputs.map((name): Output => ({ tensor: tensorOf(graph, name), values: valuesOf(name) as Float32Array }))
  const [first] = outputs as [Output]

  const load = (source: Float32Array, item: number) => {
    const size = inputArray.length
    if (source.length === size) inputArray.set(source)
    else for (let i = 0, at = item * size; i < size; i++) inputArray[i] = source[at + i]!
  }
  const store = ({ values }: Output, to: Tensor, item: number) => {
    const data = to.data as Float32Array
    for (let i = 0, at = item * values.length; i < values.length; i++) data[at + i] = values[i]!
  }
  return {
    run(input, out) {
      const items = countItems(graph, inputTensor, input)
      const result = target(graph, first, items, out)
      for (let item = 0; item < items; item++) {
        load(input.data as Float32Array, item)
        for (let i = 0; i < steps.length; i++) steps[i]!.compute()
        store(first, result, item)
      }
      return result
    },
    runAll(input, out) {
      const items = countItems(graph, inputTensor, input)
      const results = outputs.map((output, i) => target(graph, output, items, out?.[i]))
      for (let item = 0; item < items; item++) {
        load(input.data as Float32Array, item)
        for (let i = 0; i < steps.length; i++) steps[i]!.compute()
        for (let i = 0; i < outputs.length; i++) store(outputs[i]!, results[i]!, item)
      }
      return results
    },
    trace(input, onTensor) {
      const items = countItems(graph, inputTensor, input)
      const result = target(graph, first, items, undefined)
      for (let item = 0; item < items; item++) {
        load(input.data as Float32Array, item)
        onTensor(inputTensor.name, inputValues)
        for (const { name, compute, values } of steps) {
          compute()
          onTensor(name, values)
        }
        store(first, result, item)
      }
      return result
    },
  }
}

/**
 * Runs the nodes of a graph in order, item by item. Everything that depends on the graph alone is prepared here.
 * @throws AedError `GRAPH_INVALID`, `MODEL_UNSUPPORTED`; in `run` `MODEL_MISMATCH` for an input of another type or shape
 */
export function createExecutor<V>(graph: Graph, planNode: PlanNode): Executor<V> {
  checkRunnable(graph)
  const buffers = allocate(graph)
  const storage: Storage = {
    graph,
    tensor: (name) => tensorOf(graph, name),
    values: (node, name, dtype) => buffers.get(typedTensor(graph, node, name, dtype).name) as DataOf[typeof dtype],
  }
  return createRunner<V>(graph, graph.nodes.map((node) => planNode(storage, node)), (name) => buffers.get(name) as V)
}

import { AedError, formatShape, sizeOf, tensorOf, type Graph, type GraphNode, type PadNode } from '@aed/core'
import type { Layer, Lines, RowRange, Storage } from '../network.ts'
import { sameAffine, unsupported } from './quantization.ts'

/** Turns one node into a layer that writes `out`. */
export type LowerNode = (lowering: Lowering, node: never, out: Lines) => Layer

/** The largest dimension that the C structs hold. */
const LARGEST = 32767

/** `[height, width, channels]` of a shape: the last axis is channels, an image's first after the batch is height. */
export function imageOf(shape: readonly number[]): readonly [number, number, number] | undefined {
  const rest = shape.length > 1 ? shape.slice(1) : shape
  if (shape.length > 1 && shape[0] !== 1) return undefined
  if (rest.length > 3 || rest.some((length) => length < 1 || length > LARGEST)) return undefined
  const channels = rest.at(-1) ?? 1
  return rest.length === 3 ? [rest[0]!, rest[1]!, channels] : [rest.length === 2 ? rest[0]! : 1, 1, channels]
}

/** Rows and columns of padding before the first ones. */
export interface Padding2d {
  readonly top: number
  readonly left: number
}

/** A window's input without the PAD before it. */
export interface Unpadded {
  readonly lines: Lines
  /** What the PAD would add. */
  readonly padding: Padding2d
  /** True where there was one. */
  readonly fused: boolean
}

/**
 * Lowers a graph from its output backwards: asking for a tensor's lines lowers the node that makes it. What nothing asks for (dead
 * nodes, pads and reshapes that their consumers take over) makes no layer.
 */
export class Lowering {
  readonly graph: Graph
  readonly storages: Storage[] = []
  readonly layers: Layer[] = []
  private readonly input: string
  private readonly output: string | null
  private readonly makers: ReadonlyMap<string, GraphNode>
  private readonly known = new Map<string, Lines>()
  private readonly lowerNode: Readonly<Record<GraphNode['op'], LowerNode>>

  /** @param input @param output int8 tensors where the network begins and ends; null: in sinks */
  constructor(graph: Graph, input: string, output: string | null, lowerNode: Readonly<Record<GraphNode['op'], LowerNode>>) {
    this.graph = graph
    this.input = input
    this.output = output
    this.lowerNode = lowerNode
    this.makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)))
  }

  /** The node that makes a tensor, if one does. */
  makerOf(name: string): GraphNode | undefined {
    return name === this.input ? undefined : this.makers.get(name)
  }

  /** Lines that hold a tensor; makes the layers that they come from. */
  lines(node: GraphNode, name: string | undefined): Lines {
    const { shape } = tensorOf(this.graph, name)
    const found = this.known.get(name!)
    if (found) return found
    const image = imageOf(shape)
    if (!image) throw unsupported(this.graph, node, `'${name!}' has shape ${formatShape(shape)}, expected at most four axes, batch 1, and lengths up to ${LARGEST}`)
    const made = this.make(node, name!, image)
    this.known.set(name!, made)
    return made
  }

  private make(asking: GraphNode, name: string, image: readonly [number, number, number]): Lines {
    const maker = this.makerOf(name)
    if (!maker) {
      if (name !== this.input) throw unsupported(this.graph, asking, `'${name}' is neither made by a node nor the input '${this.input}'`)
      return this.store(name, 'input', image)
    }
    const place = name === this.output ? 'output' : 'arena'
    if (maker.op === 'reshape') {
      sameAffine(this.graph, maker)
      const view = this.viewed(maker, image)
      if (view && place === 'arena') return view
    }
    const out = this.store(name, place, image)
    this.layers.push(this.lowerNode[maker.op](this, maker as never, out))
    return out
  }

  /** The input of a reshape seen in another shape, which is free where the rows stay what they are. */
  private viewed(node: GraphNode, [height, width, channels]: readonly [number, number, number]): Lines | undefined {
    const source = imageOf(tensorOf(this.graph, node.inputs[0]).shape)
    return source?.[0] === height ? { ...this.lines(node, node.inputs[0]), width, channels } : undefined
  }

  private store(name: string, place: Storage['place'], [height, width, channels]: readonly [number, number, number]): Lines {
    const rowSize = width * channels
    if (height * rowSize > 0x7fffffff) throw new AedError('DEPLOY_UNSUPPORTED', `graph '${this.graph.name}': tensor '${name}' is larger than 2 GiB`)
    this.storages.push({ name, place, rows: height, rowSize })
    return { storage: this.storages.length - 1, height, width, channels }
  }

  /** A storage without memory, for a layer that takes rows in. */
  sink(name: string, rows: number): number {
    this.storages.push({ name, place: 'sink', rows, rowSize: 0 })
    return this.storages.length - 1
  }

  /** Lines with the values of a tensor in order, whatever their rows are: what a dense layer needs. */
  flatLines(node: GraphNode, name: string): Lines {
    const maker = this.makerOf(name)
    if (maker?.op !== 'reshape') return this.lines(node, name)
    sameAffine(this.graph, maker)
    return this.flatLines(maker, maker.inputs[0]!)
  }

  /** The input of a window that takes over a PAD of rows and columns before it. */
  unpadded(node: GraphNode, name: string): Unpadded {
    const maker = this.makerOf(name)
    if (maker?.op !== 'pad' || !isSpatial(maker)) return this.padded(node, name)
    sameAffine(this.graph, maker)
    return { lines: this.lines(maker, maker.inputs[0]), padding: { top: maker.paddings[1]![0], left: maker.paddings[2]![0] }, fused: true }
  }

  /** The input of a window as it is. */
  padded(node: GraphNode, name: string): Unpadded {
    return { lines: this.lines(node, name), padding: { top: 0, left: 0 }, fused: false }
  }
}

/** True for a PAD of rows and columns alone. */
function isSpatial({ paddings }: PadNode): boolean {
  const flat = [...(paddings[0] ?? []), ...(paddings[3] ?? [])]
  return paddings.length === 4 && flat.every((count) => count === 0)
}

/** Rows `[from, to)` cut to those of a tensor. */
export function rowRange(from: number, to: number, height: number): RowRange {
  const start = Math.max(0, Math.min(from, height))
  return { from: start, to: Math.max(start, Math.min(to, height)) }
}

/** `[16, 13, 64]` of lines, for comments. */
export function formatLines({ height, width, channels }: Lines): string {
  return formatShape([height, width, channels])
}

/** Number of values of lines. */
export function sizeOfLines({ height, width, channels }: Lines): number {
  return sizeOf([height, width, channels])
}

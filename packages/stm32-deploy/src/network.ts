/**
 * What a graph is lowered to: layers that work row by row on storages, in the words of the C kernels. The planner reads the calls,
 * the emitter the parameters; neither knows an operator.
 */

/** Rows `[from, to)`. */
export interface RowRange {
  readonly from: number
  readonly to: number
}

/** One call of a layer's kernel. */
export interface Call {
  /** Rows read of each input of the layer, in its order; empty ranges read nothing. */
  readonly reads: readonly RowRange[]
  /** Output rows that it begins, goes on with, or finishes. */
  readonly writes: RowRange
  /** Output rows that are whole after it. */
  readonly complete: number
}

/** Where a tensor's rows lie: the caller's input or output, a ring in the arena, or nowhere (`sink`: what takes them in keeps what it needs in the clip's state). */
export interface Storage {
  readonly name: string
  readonly place: 'input' | 'output' | 'arena' | 'sink'
  readonly rows: number
  /** In bytes. */
  readonly rowSize: number
}

/** A tensor `[height, width, channels]` as one layer sees a storage. */
export interface Lines {
  readonly storage: number
  readonly height: number
  readonly width: number
  readonly channels: number
}

/** Scale (a float32 value) and zero point of an activation. */
export interface Affine {
  readonly scale: number
  readonly zeroPoint: number
}

/** Value of a field of a kernel's parameter struct. */
export type Parameter = number | { readonly ring: Lines } | { readonly float: number } | { readonly [field: string]: Parameter }

/** Constant values that a kernel reads. */
export interface Table {
  /** What it holds: `weights`, `bias`, … */
  readonly name: string
  /** Weights are the model's own values; tables are derived. */
  readonly kind: 'weights' | 'tables'
  readonly data: Int8Array | Int32Array | Float32Array
  readonly shape: readonly number[]
}

/** An argument of a kernel after the parameters and before the call's index. */
export type Argument =
  | { readonly table: number }
  | { readonly storage: number }
  | { readonly work: 'int8_t' | 'int16_t' | 'int32_t' }
  /** An array of the clip's state, from a place on; null: none. */
  | { readonly state: 'sums' | 'squares' | 'maxima' | 'wide_maxima'; readonly at: number | null }

/** Memory of a layer beside its rows: for one call, or from its first call to its last. */
export interface Work {
  readonly bytes: number
  readonly lives: 'call' | 'layer'
}

/** The kernels of c/src that layers call. */
export type KernelName =
  | 'conv_s8'
  | 'conv_1x1_s8'
  | 'conv_packed_s8'
  | 'conv_winograd_s8'
  | 'depthwise_conv_s8'
  | 'max_pool_s8'
  | 'average_pool_s8'
  | 'mean_s8'
  | 'add_s8'
  | 'add_affine_s8'
  | 'affine_s8'
  | 'mul_s8'
  | 'scale_s8'
  | 'pad_s8'
  | 'lookup_s8'
  | 'reshape_s8'
  | 'dense_s8'
  | 'softmax_s8'
  | 'tap_statistics_s8'
  | 'pooled_tap_statistics_s8'

/** What the generator has shown for the model at hand before it took a kernel in place of the literal sequence. */
export interface Proof {
  /** The largest magnitude of a sum over all inputs, and what it has to stay below; of sums of products only. */
  readonly sum?: { readonly largest: number; readonly limit: number }
  /** Thresholds between neighbouring outputs at which the short requantization was compared with the literal one. */
  readonly thresholds?: number
  /** Inputs, or pairs of inputs, whose outputs were compared: all that there are. */
  readonly inputs?: number
  /** Shortcuts that were not taken, and why. */
  readonly refused?: readonly string[]
}

/** One way to compute a layer. */
export interface Way {
  readonly kernel: KernelName
  /** Columns that a convolution gathers at once: the more, the less often it reads its weights. */
  readonly columns?: number | undefined
  readonly parameters: { readonly [field: string]: Parameter }
  readonly tables: readonly Table[]
  readonly arguments: readonly Argument[]
  readonly work?: Work | undefined
  /** Times that a run reads the weights from first to last; left out: once. */
  readonly passes?: number | undefined
  /** Estimated cycles of a run on a Cortex-M33, fetches of weights from flash included: what the planner compares. */
  readonly cost: number
  readonly proof?: Proof
  /** True for a way that is much slower than others: taken where nothing else fits. */
  readonly fallback?: boolean
}

export interface Layer extends Way {
  /** Of the graph's node. */
  readonly name: string
  readonly op: string
  /** For comments: sizes and attributes. */
  readonly summary: string
  /** Storages that it reads, in the order of `Call.reads`. */
  readonly inputs: readonly number[]
  /** Storage that it writes. */
  readonly output: number
  /** Positions in `inputs` whose row may be the very memory of the output row. */
  readonly inPlace: readonly number[]
  readonly calls: readonly Call[]
  /** The kernel's index of call k is k times this. */
  readonly indexStep: number
  readonly macs: number
  /** Bits of the signed accumulator that no input can exceed; of sums of products only. */
  readonly accumulatorBits?: number
  /** All ways that the planner may choose from, this one among them; left out where there is one only. */
  readonly ways?: readonly Way[]
}

export interface NetworkEnd extends Affine {
  /** Tensor of the graph. */
  readonly name: string
  readonly shape: readonly number[]
  readonly size: number
}

export interface Network {
  readonly input: NetworkEnd
  /** null for a network whose taps a clip head takes in. */
  readonly output: NetworkEnd | null
  readonly storages: readonly Storage[]
  /** In no particular order: the planner finds one. */
  readonly layers: readonly Layer[]
}

import { AedError, ARRAY_OF, isAedError, parseModelCard, sizeOf, validateGraph, type DType, type Graph, type GraphTensor, type ModelCard, type Quantization } from '@aed/core'
import { toBatchOne } from './batch-one.ts'
import { createDecoder } from './decode.ts'
import { MODEL_CARD_ENTRY } from './model-card-entry.ts'
import { readNode, type FileTensor } from './read-node.ts'
import { TENSOR_TYPE_NAMES, TENSOR_TYPES, type TableValue } from './schema.ts'

/** More values than this in all activations together are taken for a hostile shape. */
const MAX_ACTIVATION_VALUES = 2 ** 27

export interface TfliteModel {
  readonly graph: Graph
  /** The card that a `.tflite` of ours carries; null in those of others. */
  readonly card: ModelCard | null
}

const DTYPE_OF = new Map(Object.entries(TENSOR_TYPES).map(([dtype, type]) => [type as number, dtype as DType]))

/** Stage form of {@link readTflite}. */
export interface TfliteFile {
  readonly bytes: Uint8Array
  /** How errors call the file. */
  readonly name: string
}

/**
 * Reads a `.tflite` of supported operators, int8 or float32, made by anyone. Constants are copied out of the file; a batch size that
 * the file states, or leaves open, becomes 1.
 * @param name how errors call the file; also the graph's name where the file gives none
 * @throws AedError `MODEL_INVALID` for a damaged file, with table and field; `MODEL_UNSUPPORTED` for what the graph cannot hold, with its place
 */
export function readTflite(file: Uint8Array, name: string): TfliteModel {
  // A plain view: `slice` of a Node Buffer, which is a Uint8Array too, would not copy.
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength)
  const decoder = createDecoder(bytes, name)
  const model = decoder.root()
  const invalid = (path: string, what: string) => new AedError('MODEL_INVALID', `${name}: ${path}: ${what}`)
  const unsupported = (path: string, what: string) => new AedError('MODEL_UNSUPPORTED', `${name}: ${path}: ${what}`)
  if (model.version !== 3) throw unsupported('Model.version', `schema version ${model.version}, 3 is supported`)
  const [subgraph, ...more] = model.subgraphs ?? []
  if (!subgraph) throw invalid('Model.subgraphs', 'there is no subgraph')
  if (more.length > 0) throw unsupported('Model.subgraphs', `${more.length + 1} subgraphs, one is supported`)

  const bufferBytes = (index: number, path: string): Uint8Array => {
    const buffer = model.buffers?.[index]
    if (!buffer) throw invalid(path, `buffer ${index} of ${model.buffers?.length ?? 0}`)
    if (buffer.offset <= 1) return buffer.data ?? new Uint8Array(0)
    if (buffer.offset + buffer.size > bytes.length) throw invalid(`Model.buffers[${index}]`, `${buffer.size} bytes at ${buffer.offset} are outside of the file's ${bytes.length} bytes`)
    return bytes.subarray(buffer.offset, buffer.offset + buffer.size)
  }

  const taken = new Set<string>()
  const tensors = (subgraph.tensors ?? []).map((t, i) => readTensor(t, i))
  function readTensor(t: TableValue<'Tensor'>, index: number): GraphTensor {
    const path = `Model.subgraphs[0].tensors[${index}]`
    const label = uniqueName(t.name === undefined || t.name === '' ? `tensor_${index}` : t.name, taken)
    const dtype = DTYPE_OF.get(t.type)
    if (!dtype) throw unsupported(`${path}.type`, `tensor '${label}' is ${TENSOR_TYPE_NAMES[t.type] ?? `of type ${t.type}`}`)
    if (t.sparsity !== undefined) throw unsupported(`${path}.sparsity`, `tensor '${label}' is sparse`)
    if (t.isVariable) throw unsupported(`${path}.isVariable`, `tensor '${label}' keeps its value between calls`)
    const open = Array.from(t.shapeSignature ?? []).findIndex((length, axis) => length < 0 && axis > 0)
    if (open > 0) throw unsupported(`${path}.shapeSignature`, `axis ${open} of tensor '${label}' has no fixed length`)
    const shape = Array.from(t.shape ?? [], (length, axis) => (axis === 0 && length === -1 ? 1 : length))
    if (shape.some((length) => length < 1) || !Number.isSafeInteger(sizeOf(shape))) throw invalid(`${path}.shape`, `tensor '${label}' has shape [${shape.join(', ')}]`)
    const content = bufferBytes(t.buffer, `${path}.buffer`)
    const quantization = readQuantization(t.quantization, `${path}.quantization`, label)
    const base = { name: label, dtype, shape, ...(quantization && { quantization }) }
    if (content.length === 0) return base
    const wanted = sizeOf(shape) * ARRAY_OF[dtype].BYTES_PER_ELEMENT
    if (content.length !== wanted) throw invalid(`${path}.buffer`, `tensor '${label}' of shape [${shape.join(', ')}] needs ${wanted} bytes, its buffer has ${content.length}`)
    return { ...base, data: new ARRAY_OF[dtype](content.slice().buffer) }
  }

  function readQuantization(q: TableValue<'QuantizationParameters'> | undefined, path: string, label: string): Quantization | undefined {
    const scales = Array.from(q?.scale ?? [])
    if (!q || scales.length === 0) return undefined
    if (q.detailsType !== 0) throw unsupported(path, `tensor '${label}' has custom quantization`)
    const zeroPoints = q.zeroPoint?.length ? Array.from(q.zeroPoint, Number) : scales.map(() => 0)
    if (zeroPoints.length !== scales.length) throw invalid(path, `tensor '${label}' has ${scales.length} scales and ${zeroPoints.length} zero points`)
    return scales.length === 1 ? { scales, zeroPoints } : { scales, zeroPoints, axis: q.quantizedDimension }
  }

  const tensorAt = (index: number, path: string): GraphTensor => {
    const found = tensors[index]
    if (!found) throw invalid(path, `tensor ${index} of ${tensors.length}`)
    return found
  }
  const fileTensor = (t: GraphTensor): FileTensor => ({
    name: t.name,
    shape: t.shape,
    integers: () => (t.data && (t.dtype === 'int32' || t.dtype === 'int64') ? Array.from(t.data as Int32Array | BigInt64Array, Number) : undefined),
  })
  const nodes = (subgraph.operators ?? []).map((operator, i) => {
    const path = `Model.subgraphs[0].operators[${i}]`
    const code = model.operatorCodes?.[operator.opcodeIndex]
    if (!code) throw invalid(`${path}.opcodeIndex`, `operator code ${operator.opcodeIndex} of ${model.operatorCodes?.length ?? 0}`)
    const inputs = Array.from(operator.inputs ?? [], (index) => (index === -1 ? undefined : fileTensor(tensorAt(index, `${path}.inputs`))))
    const outputs = Array.from(operator.outputs ?? [], (index) => fileTensor(tensorAt(index, `${path}.outputs`)))
    return readNode({ decoder, fileName: name, path, code, operator, inputs, outputs })
  })
  const inputs = Array.from(subgraph.inputs ?? [], (index) => tensorAt(index, 'Model.subgraphs[0].inputs').name)
  const outputs = Array.from(subgraph.outputs ?? [], (index) => tensorAt(index, 'Model.subgraphs[0].outputs').name)

  const used = new Set([...inputs, ...outputs, ...nodes.flatMap((node) => [...node.inputs, ...node.outputs])])
  const kept = tensors.filter((t) => used.has(t.name))
  const values = kept.reduce((sum, t) => sum + (t.data ? 0 : sizeOf(t.shape)), 0)
  if (values > MAX_ACTIVATION_VALUES) throw unsupported('Model.subgraphs[0].tensors', `the activations hold ${values} values, ${MAX_ACTIVATION_VALUES} are supported`)
  const graphName = subgraph.name === undefined || subgraph.name === '' || subgraph.name === 'main' ? name.replace(/^.*[\\/]/, '') : subgraph.name // the file, not where it lies: generated C is the same anywhere
  const graph = { name: graphName, inputs, outputs, tensors: Object.fromEntries(kept.map((t) => [t.name, t])), nodes }
  return { graph: validated(graph, name), card: readCard(model, bufferBytes, name) }
}

/** Adds a number to a name that is in use. */
function uniqueName(wanted: string, taken: Set<string>): string {
  let name = wanted
  for (let count = 2; taken.has(name); count++) name = `${wanted}_${count}`
  taken.add(name)
  return name
}

function validated(graph: Graph, fileName: string): Graph {
  if (graph.inputs.length === 0) throw new AedError('MODEL_INVALID', `${fileName}: Model.subgraphs[0].inputs: the network has no input`)
  try {
    return validateGraph(toBatchOne(validateGraph(graph)))
  } catch (error) {
    if (!isAedError(error, 'GRAPH_INVALID')) throw error
    throw new AedError('MODEL_INVALID', `${fileName}: Model.subgraphs[0]: ${error.message}`, { cause: error })
  }
}

function readCard(model: TableValue<'Model'>, bufferBytes: (index: number, path: string) => Uint8Array, fileName: string): ModelCard | null {
  const index = (model.metadata ?? []).findIndex((entry) => entry.name === MODEL_CARD_ENTRY)
  if (index < 0) return null
  const where = `${fileName}: ${MODEL_CARD_ENTRY}`
  const text = new TextDecoder().decode(bufferBytes(model.metadata![index]!.buffer, `Model.metadata[${index}].buffer`))
  try {
    return parseModelCard(JSON.parse(text), where)
  } catch (error) {
    throw new AedError('MODEL_INVALID', `${where}: ${error instanceof Error ? error.message : 'not a model card'}`, { cause: error })
  }
}

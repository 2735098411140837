import { AedError, tensorOf, validateGraph, type DType, type Graph, type GraphTensor, type ModelCard, type Quantization } from '@aed/core'
import { Builder, type Offset } from 'flatbuffers'
import { encodeTable } from './encode.ts'
import { MODEL_CARD_ENTRY } from './model-card-entry.ts'
import { FILE_IDENTIFIER, OPTIONS_TYPES, TENSOR_TYPES } from './schema.ts'
import { describeNode } from './write-node.ts'

/** Name of the metadata entry with the class names, one a line, for tools that do not know the card. */
const LABELS_ENTRY = 'labels.txt'

/** A network and what travels with it. */
export interface TfliteContent {
  /** Int8 or float32. */
  readonly graph: Graph
  /** Class names, front end, provenance and licence; stored as metadata. */
  readonly card?: ModelCard | null
}

/**
 * A `.tflite` file: the same bytes for the same content on every machine. Constants start at multiples of 16 bytes; a model card is
 * stored as JSON in the metadata entry `aed.json`, its class names once more as `labels.txt`. Reading it back gives an equal graph,
 * where each node has the name of its output.
 * @throws AedError `GRAPH_INVALID`; `MODEL_UNSUPPORTED` for a type that the format lacks
 */
export function writeTflite({ graph, card = null }: TfliteContent): Uint8Array<ArrayBuffer> {
  validateGraph(graph)
  const builder = new Builder(1024)
  const encoder = new TextEncoder()
  const buffers: Offset[] = [encodeTable(builder, 'Buffer', {})] // 0 means: no constant
  const addBuffer = (data: Uint8Array) => buffers.push(encodeTable(builder, 'Buffer', { data })) - 1

  const tensors: Offset[] = []
  const indices = new Map<string, number>()
  const addTensor = ({ name, dtype, shape, data, quantization }: Omit<GraphTensor, 'name'> & { readonly name: string }): number => {
    const type = typeNumber(graph, name, dtype)
    const buffer = data ? addBuffer(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)) : 0
    const quantized = quantization && writeQuantization(builder, quantization)
    tensors.push(encodeTable(builder, 'Tensor', { shape, type, buffer, name, quantization: quantized }))
    return tensors.length - 1
  }
  const indexOf = (name: string): number => {
    const index = indices.get(name) ?? addTensor(tensorOf(graph, name))
    indices.set(name, index)
    return index
  }
  const unusedName = (wanted: string): string => (Object.hasOwn(graph.tensors, wanted) ? unusedName(`${wanted}_`) : wanted)

  const codes = new Map<string, { readonly index: number; readonly offset: Offset }>()
  const codeIndex = (code: number, version: number): number => {
    const key = `${code}/${version}`
    const found = codes.get(key) ?? { index: codes.size, offset: encodeTable(builder, 'OperatorCode', { deprecatedBuiltinCode: code, builtinCode: code, version }) }
    codes.set(key, found)
    return found.index
  }

  const inputs = graph.inputs.map(indexOf)
  const operators = graph.nodes.map((node) => {
    const { code, version, options, attribute } = describeNode(graph, node)
    const operands = node.inputs.map(indexOf)
    if (attribute) operands.push(addTensor({ name: unusedName(attribute.name), dtype: 'int32', shape: attribute.shape, data: attribute.values }))
    const outputs = node.outputs.map(indexOf)
    const builtinOptions = options && encodeTable(builder, options.table, options.values)
    const builtinOptionsType = options && OPTIONS_TYPES[options.table]
    return encodeTable(builder, 'Operator', { opcodeIndex: codeIndex(code, version), inputs: operands, outputs, builtinOptionsType, builtinOptions })
  })
  const outputs = graph.outputs.map(indexOf)
  const subgraph = encodeTable(builder, 'SubGraph', { tensors, inputs, outputs, operators, name: graph.name })

  const entry = (name: string, text: string) => encodeTable(builder, 'Metadata', { name, buffer: addBuffer(encoder.encode(text)) })
  const metadata = card ? [entry(MODEL_CARD_ENTRY, JSON.stringify(card)), ...(card.classes ? [entry(LABELS_ENTRY, card.classes.join('\n'))] : [])] : undefined
  const description = card ? `${card.name}, written by @aed/quantize-int8` : 'written by @aed/quantize-int8'
  const operatorCodes = Array.from(codes.values(), ({ offset }) => offset)
  builder.finish(encodeTable(builder, 'Model', { version: 3, operatorCodes, subgraphs: [subgraph], description, buffers, metadata }), FILE_IDENTIFIER)
  return builder.asUint8Array().slice()
}

function typeNumber(graph: Graph, name: string, dtype: DType): number {
  const types: Partial<Record<DType, number>> = TENSOR_TYPES
  const type = types[dtype]
  if (type === undefined) throw new AedError('MODEL_UNSUPPORTED', `graph '${graph.name}': tensor '${name}' is ${dtype}, which a .tflite file cannot hold`)
  return type
}

function writeQuantization(builder: Builder, { scales, zeroPoints, axis = 0 }: Quantization): Offset {
  return encodeTable(builder, 'QuantizationParameters', { scale: scales, zeroPoint: zeroPoints, quantizedDimension: axis })
}

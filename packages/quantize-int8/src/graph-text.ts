import { formatShape, tensorOf, type Graph, type GraphNode, type Quantization } from '@aed/core'

/** Constants of more values than this are described by their size and range alone. */
const MOST_VALUES = 64

/** A graph as indented JSON for people: constants of many values as their number, smallest and largest. */
export function graphToJson(graph: Graph): string {
  const tensors = Object.values(graph.tensors).map(({ data, ...rest }) => {
    if (!data) return rest
    const values = Array.from(data as ArrayLike<number | bigint>, Number)
    return { ...rest, data: values.length <= MOST_VALUES ? values : { length: values.length, min: values.reduce((a, b) => Math.min(a, b)), max: values.reduce((a, b) => Math.max(a, b)) } }
  })
  return `${JSON.stringify({ name: graph.name, inputs: graph.inputs, outputs: graph.outputs, nodes: graph.nodes, tensors }, null, 1)}\n`
}

const quote = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', ' ')}"`

const scaleText = ({ scales, zeroPoints }: Quantization) => (scales.length > 1 ? `${scales.length} scales` : `scale ${scales[0]!.toPrecision(3)}, zero point ${zeroPoints[0]!}`)

/** What is said of a node below its operator and name. */
function attributesOf(graph: Graph, node: GraphNode): string[] {
  const weights = node.inputs.slice(1).find((name) => tensorOf(graph, name).data)
  return [
    ...(weights === undefined ? [] : [`weights ${formatShape(tensorOf(graph, weights).shape)}`]),
    ...('strides' in node ? [`stride ${node.strides.join(' x ')}, ${node.padding}`] : []),
    ...('activation' in node && node.activation !== 'none' ? [node.activation] : []),
  ]
}

/** A graph in the language of Graphviz: `dot -Tsvg graph.dot > graph.svg`. Nodes are operators, edges tensors with type, shape and quantization. */
export function graphToDot(graph: Graph): string {
  const makers = new Map<string, string>(graph.nodes.flatMap((node, i) => node.outputs.map((name) => [name, `n${i}`] as const)))
  graph.inputs.forEach((name, i) => makers.set(name, `in${i}`))
  const edge = (name: string, to: string) => {
    const { dtype, shape, quantization } = tensorOf(graph, name)
    const from = makers.get(name)
    return from === undefined ? [] : [`  ${from} -> ${to} [label=${quote(`${dtype} ${formatShape(shape)}${quantization ? `, ${scaleText(quantization)}` : ''}`)}]`]
  }
  return [
    `digraph ${quote(graph.name)} {`,
    '  node [shape=box, fontname="sans-serif"]',
    '  edge [fontname="sans-serif", fontsize=10]',
    ...graph.inputs.map((name, i) => `  in${i} [shape=ellipse, label=${quote(name)}]`),
    ...graph.nodes.map((node, i) => `  n${i} [label=${quote([node.op, node.name, ...attributesOf(graph, node)].join('\\n')).replaceAll('\\\\n', '\\n')}]`),
    ...graph.outputs.map((name, i) => `  out${i} [shape=ellipse, label=${quote(name)}]`),
    ...graph.nodes.flatMap((node, i) => node.inputs.flatMap((name) => edge(name, `n${i}`))),
    ...graph.outputs.flatMap((name, i) => edge(name, `out${i}`)),
    '}',
    '',
  ].join('\n')
}

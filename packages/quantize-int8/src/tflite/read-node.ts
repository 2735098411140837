import { AedError, type Activation, type GraphNode, type Padding } from '@aed/core'
import type { Decoder } from './decode.ts'
import { ACTIVATION_NAMES, ACTIVATIONS, BUILTIN_OPERATORS, OPTIONS_TYPES, PADDINGS, type OptionsName, type TableValue } from './schema.ts'

/** A tensor of the file as the nodes need it. */
export interface FileTensor {
  readonly name: string
  readonly shape: readonly number[]
  /** Values of an int32 or int64 constant. */
  integers(): readonly number[] | undefined
}

/** What reading one operator needs of the file around it. */
export interface OperatorContext {
  readonly decoder: Decoder
  readonly fileName: string
  /** Where the operator stands: `Model.subgraphs[0].operators[3]`. */
  readonly path: string
  readonly code: TableValue<'OperatorCode'>
  readonly operator: TableValue<'Operator'>
  readonly inputs: readonly (FileTensor | undefined)[]
  readonly outputs: readonly FileTensor[]
}

/** Name of an operator as TensorFlow writes it. */
function operatorName({ deprecatedBuiltinCode, builtinCode, customCode }: TableValue<'OperatorCode'>): string {
  const code = Math.max(deprecatedBuiltinCode, builtinCode)
  const name = BUILTIN_OPERATORS[code] ?? `operator number ${code}`
  return name === 'CUSTOM' ? `custom operator '${customCode ?? ''}'` : name
}

/**
 * One operator as a node of core's graph. A node bears the name of the tensor that it makes.
 * @throws AedError `MODEL_UNSUPPORTED` for an operator, activation or option that the graph does not know, `MODEL_INVALID` for options
 * that contradict themselves; both with the operator's place
 */
export function readNode(context: OperatorContext): GraphNode {
  const { code, inputs, outputs } = context
  const operator = operatorName(code)
  const [first] = inputs
  const [output] = outputs
  const place = `${context.fileName}: ${context.path} (${operator} '${output?.name ?? ''}')`
  const invalid = (what: string) => new AedError('MODEL_INVALID', `${place}: ${what}`)
  const unsupported = (what: string) => new AedError('MODEL_UNSUPPORTED', `${place}: ${what}`)
  const options = <N extends OptionsName>(name: N): TableValue<N> => {
    const { builtinOptions, builtinOptionsType } = context.operator
    if (builtinOptions === undefined || builtinOptionsType !== OPTIONS_TYPES[name]) throw invalid(`it needs ${name}`)
    return context.decoder.table(name, builtinOptions, `${context.path}.builtinOptions`)
  }
  const activation = (value: number): Activation => {
    const known = ACTIVATIONS[value]
    if (!known) throw unsupported(`fused activation ${ACTIVATION_NAMES[value] ?? value} is not supported`)
    return known
  }
  const padding = (value: number): Padding => {
    const known = PADDINGS[value]
    if (!known) throw invalid(`padding ${value} does not exist`)
    return known
  }
  const positive = (rows: number, columns: number, what: string): readonly [number, number] => {
    if (rows < 1 || columns < 1) throw invalid(`${what} of ${rows} x ${columns}`)
    return [rows, columns]
  }
  const integers = (index: number, what: string): readonly number[] => {
    const values = inputs[index]?.integers()
    if (!values) throw unsupported(`${what} must be a constant of int32 or int64`)
    return values
  }
  /** The common fields of a node that reads the first `count` inputs; a trailing one may be absent. */
  const base = (least: number, most = least) => {
    const names = inputs.slice(0, most).map((input) => input?.name)
    while (names.length > least && names.at(-1) === undefined) names.pop()
    if (names.length < least || names.includes(undefined)) throw invalid(`it needs ${least} inputs, it has ${names.length}`)
    if (!output || outputs.length !== 1) throw invalid(`it needs one output, it has ${outputs.length}`)
    return { name: output.name, inputs: names as string[], outputs: [output.name] }
  }

  switch (operator) {
    case 'CONV_2D': {
      const o = options('Conv2DOptions')
      return {
        op: 'conv2d', ...base(2, 3), padding: padding(o.padding), activation: activation(o.fusedActivationFunction),
        strides: positive(o.strideH, o.strideW, 'strides'), dilations: positive(o.dilationHFactor, o.dilationWFactor, 'dilations'),
      }
    }
    case 'DEPTHWISE_CONV_2D': {
      const o = options('DepthwiseConv2DOptions')
      // The interpreter takes the multiplier from the shapes, and so do files whose option is 0.
      const multiplier = (inputs[1]?.shape[3] ?? 0) / (first?.shape[3] ?? 0)
      if (!Number.isInteger(multiplier) || multiplier < 1) throw invalid(`weights [${String(inputs[1]?.shape)}] do not fit input [${String(first?.shape)}]`)
      return {
        op: 'depthwiseConv2d', ...base(2, 3), padding: padding(o.padding), activation: activation(o.fusedActivationFunction), multiplier,
        strides: positive(o.strideH, o.strideW, 'strides'), dilations: positive(o.dilationHFactor, o.dilationWFactor, 'dilations'),
      }
    }
    case 'MAX_POOL_2D':
    case 'AVERAGE_POOL_2D': {
      const o = options('Pool2DOptions')
      return {
        op: operator === 'MAX_POOL_2D' ? 'maxPool2d' : 'averagePool2d', ...base(1), padding: padding(o.padding), activation: activation(o.fusedActivationFunction),
        strides: positive(o.strideH, o.strideW, 'strides'), filter: positive(o.filterHeight, o.filterWidth, 'filter'),
      }
    }
    case 'MEAN': {
      const rank = first?.shape.length ?? 0
      const axes = integers(1, 'the axes').map((axis) => (axis < 0 ? axis + rank : axis))
      if (axes.some((axis) => axis < 0 || axis >= rank)) throw invalid(`axes [${axes.join(', ')}] of a tensor of ${rank} axes`)
      return { op: 'mean', ...base(1), axes: [...new Set(axes)].sort((a, b) => a - b), keepDims: options('ReducerOptions').keepDims !== 0 }
    }
    case 'ADD':
      return { op: 'add', ...base(2), activation: activation(options('AddOptions').fusedActivationFunction) }
    case 'MUL':
      return { op: 'mul', ...base(2), activation: activation(options('MulOptions').fusedActivationFunction) }
    case 'PAD': {
      const flat = integers(1, 'the paddings')
      if (flat.some((amount) => amount < 0)) throw invalid('a padding is negative')
      return { op: 'pad', ...base(1), paddings: Array.from({ length: flat.length >> 1 }, (_, axis): [number, number] => [flat[2 * axis]!, flat[2 * axis + 1]!]) }
    }
    case 'FULLY_CONNECTED': {
      const o = options('FullyConnectedOptions')
      if (o.weightsFormat !== 0) throw unsupported('shuffled weights are not supported')
      if (o.keepNumDims !== 0 && first?.shape.length !== 2) throw unsupported('keeping the number of axes is not supported')
      return { op: 'dense', ...base(2, 3), activation: activation(o.fusedActivationFunction) }
    }
    case 'SOFTMAX':
      return { op: 'softmax', ...base(1), beta: options('SoftmaxOptions').beta }
    case 'RELU':
      return { op: 'relu', ...base(1) }
    case 'LOGISTIC':
      return { op: 'logistic', ...base(1) }
    case 'RESHAPE':
      return { op: 'reshape', ...base(1) }
    case 'QUANTIZE':
      return { op: 'quantize', ...base(1) }
    case 'DEQUANTIZE':
      return { op: 'dequantize', ...base(1) }
    default:
      throw unsupported('this operator is not supported')
  }
}

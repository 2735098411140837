/**
 * The part of TensorFlow Lite's FlatBuffers schema (version 3) that the reader and the writer use, as data: field ids, types and defaults.
 * @see https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs
 */

/** Bytes of each scalar type. */
export const SCALAR_SIZES = { bool: 1, int8: 1, uint8: 1, int32: 4, uint32: 4, float32: 4, int64: 8, uint64: 8 } as const
export type ScalarType = keyof typeof SCALAR_SIZES

interface ScalarField {
  readonly id: number
  readonly kind: 'scalar'
  readonly type: ScalarType
  readonly default: number
}
interface VectorField {
  readonly id: number
  readonly kind: 'vector'
  readonly type: ScalarType
  /** Alignment of the first element in the file, where it is more than the type's own. */
  readonly align?: number
}
interface TablesField {
  readonly id: number
  readonly kind: 'tables'
  readonly table: string
}
interface TableField {
  readonly id: number
  readonly kind: 'table'
  readonly table: string
}
interface OtherField {
  readonly id: number
  /** `union`: a table whose type another field tells; its position in the file. */
  readonly kind: 'string' | 'union'
}
export type Field = ScalarField | VectorField | TablesField | TableField | OtherField

const scalar = <const T extends ScalarType>(id: number, type: T, value = 0) => ({ id, kind: 'scalar', type, default: value }) as const
const vector = <const T extends ScalarType>(id: number, type: T) => ({ id, kind: 'vector', type }) as const
const tables = <const T extends string>(id: number, table: T) => ({ id, kind: 'tables', table }) as const
const table = <const T extends string>(id: number, name: T) => ({ id, kind: 'table', table: name }) as const
const string = (id: number) => ({ id, kind: 'string' }) as const

/** Every table by name: its fields by name. */
export const TABLES = {
  Model: {
    version: scalar(0, 'uint32'),
    operatorCodes: tables(1, 'OperatorCode'),
    subgraphs: tables(2, 'SubGraph'),
    description: string(3),
    buffers: tables(4, 'Buffer'),
    metadata: tables(6, 'Metadata'),
  },
  OperatorCode: { deprecatedBuiltinCode: scalar(0, 'int8'), customCode: string(1), version: scalar(2, 'int32', 1), builtinCode: scalar(3, 'int32') },
  SubGraph: { tensors: tables(0, 'Tensor'), inputs: vector(1, 'int32'), outputs: vector(2, 'int32'), operators: tables(3, 'Operator'), name: string(4) },
  Tensor: {
    shape: vector(0, 'int32'),
    type: scalar(1, 'int8'),
    buffer: scalar(2, 'uint32'),
    name: string(3),
    quantization: table(4, 'QuantizationParameters'),
    isVariable: scalar(5, 'bool'),
    sparsity: { id: 6, kind: 'union' },
    shapeSignature: vector(7, 'int32'),
  },
  QuantizationParameters: { scale: vector(2, 'float32'), zeroPoint: vector(3, 'int64'), detailsType: scalar(4, 'uint8'), quantizedDimension: scalar(6, 'int32') },
  Operator: {
    opcodeIndex: scalar(0, 'uint32'),
    inputs: vector(1, 'int32'),
    outputs: vector(2, 'int32'),
    builtinOptionsType: scalar(3, 'uint8'),
    builtinOptions: { id: 4, kind: 'union' },
  },
  Buffer: { data: { id: 0, kind: 'vector', type: 'uint8', align: 16 }, offset: scalar(1, 'uint64'), size: scalar(2, 'uint64') },
  Metadata: { name: string(0), buffer: scalar(1, 'uint32') },
  Conv2DOptions: {
    padding: scalar(0, 'int8'),
    strideW: scalar(1, 'int32'),
    strideH: scalar(2, 'int32'),
    fusedActivationFunction: scalar(3, 'int8'),
    dilationWFactor: scalar(4, 'int32', 1),
    dilationHFactor: scalar(5, 'int32', 1),
  },
  DepthwiseConv2DOptions: {
    padding: scalar(0, 'int8'),
    strideW: scalar(1, 'int32'),
    strideH: scalar(2, 'int32'),
    depthMultiplier: scalar(3, 'int32'),
    fusedActivationFunction: scalar(4, 'int8'),
    dilationWFactor: scalar(5, 'int32', 1),
    dilationHFactor: scalar(6, 'int32', 1),
  },
  Pool2DOptions: {
    padding: scalar(0, 'int8'),
    strideW: scalar(1, 'int32'),
    strideH: scalar(2, 'int32'),
    filterWidth: scalar(3, 'int32'),
    filterHeight: scalar(4, 'int32'),
    fusedActivationFunction: scalar(5, 'int8'),
  },
  ReducerOptions: { keepDims: scalar(0, 'bool') },
  AddOptions: { fusedActivationFunction: scalar(0, 'int8') },
  MulOptions: { fusedActivationFunction: scalar(0, 'int8') },
  PadOptions: {},
  ReshapeOptions: { newShape: vector(0, 'int32') },
  FullyConnectedOptions: { fusedActivationFunction: scalar(0, 'int8'), weightsFormat: scalar(1, 'int8'), keepNumDims: scalar(2, 'bool') },
  SoftmaxOptions: { beta: scalar(0, 'float32') },
  QuantizeOptions: {},
  DequantizeOptions: {},
} as const satisfies Record<string, Record<string, Field>>

export type TableName = keyof typeof TABLES

interface VectorOf {
  readonly bool: Uint8Array
  readonly int8: Int8Array
  readonly uint8: Uint8Array
  readonly int32: Int32Array
  readonly uint32: Uint32Array
  readonly float32: Float32Array
  readonly int64: BigInt64Array
  readonly uint64: BigUint64Array
}
type ValueOf<F> = F extends { kind: 'scalar' }
  ? number
  : F extends { kind: 'vector'; type: infer T extends ScalarType }
    ? VectorOf[T] | undefined
    : F extends { kind: 'string' }
      ? string | undefined
      : F extends { kind: 'tables'; table: infer N extends TableName }
        ? readonly TableValue<N>[] | undefined
        : F extends { kind: 'table'; table: infer N extends TableName }
          ? TableValue<N> | undefined
          : number | undefined

/** A decoded table: absent scalars have their default, all else that is absent is `undefined`; booleans are 0 or 1. */
export type TableValue<N extends TableName> = { readonly [K in keyof (typeof TABLES)[N]]: ValueOf<(typeof TABLES)[N][K]> }

/** Identifier at byte 4 of the file. */
export const FILE_IDENTIFIER = 'TFL3'

/** Numbers of the `BuiltinOptions` union. */
export const OPTIONS_TYPES = {
  Conv2DOptions: 1,
  DepthwiseConv2DOptions: 2,
  Pool2DOptions: 5,
  FullyConnectedOptions: 8,
  SoftmaxOptions: 9,
  AddOptions: 11,
  ReshapeOptions: 17,
  MulOptions: 21,
  PadOptions: 22,
  ReducerOptions: 27,
  DequantizeOptions: 38,
  QuantizeOptions: 89,
} as const
export type OptionsName = keyof typeof OPTIONS_TYPES

/** Element types by their number; those that core's tensors can hold. */
export const TENSOR_TYPES = { float32: 0, int32: 2, uint8: 3, int64: 4, int16: 7, int8: 9, float64: 10 } as const
/** Names of all element types, for errors. */
export const TENSOR_TYPE_NAMES = 'FLOAT32 FLOAT16 INT32 UINT8 INT64 STRING BOOL INT16 COMPLEX64 INT8 FLOAT64 COMPLEX128 UINT64 RESOURCE VARIANT UINT32 UINT16 INT4 BFLOAT16'.split(' ')

export const PADDINGS = ['same', 'valid'] as const
export const ACTIVATIONS = ['none', 'relu', undefined, 'relu6'] as const
export const ACTIVATION_NAMES = ['NONE', 'RELU', 'RELU_N1_TO_1', 'RELU6', 'TANH', 'SIGN_BIT']

/** Names of the built-in operators by their number, for errors. */
export const BUILTIN_OPERATORS =
  'ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE EMBEDDING_LOOKUP FLOOR FULLY_CONNECTED HASHTABLE_LOOKUP L2_NORMALIZATION L2_POOL_2D LOCAL_RESPONSE_NORMALIZATION LOGISTIC LSH_PROJECTION LSTM MAX_POOL_2D MUL RELU RELU_N1_TO_1 RELU6 RESHAPE RESIZE_BILINEAR RNN SOFTMAX SPACE_TO_DEPTH SVDF TANH CONCAT_EMBEDDINGS SKIP_GRAM CALL CUSTOM EMBEDDING_LOOKUP_SPARSE PAD UNIDIRECTIONAL_SEQUENCE_RNN GATHER BATCH_TO_SPACE_ND SPACE_TO_BATCH_ND TRANSPOSE MEAN SUB DIV SQUEEZE UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE BIDIRECTIONAL_SEQUENCE_RNN EXP TOPK_V2 SPLIT LOG_SOFTMAX DELEGATE BIDIRECTIONAL_SEQUENCE_LSTM CAST PRELU MAXIMUM ARG_MAX MINIMUM LESS NEG PADV2 GREATER GREATER_EQUAL LESS_EQUAL SELECT SLICE SIN TRANSPOSE_CONV SPARSE_TO_DENSE TILE EXPAND_DIMS EQUAL NOT_EQUAL LOG SUM SQRT RSQRT SHAPE POW ARG_MIN FAKE_QUANT REDUCE_PROD REDUCE_MAX PACK LOGICAL_OR ONE_HOT LOGICAL_AND LOGICAL_NOT UNPACK REDUCE_MIN FLOOR_DIV REDUCE_ANY SQUARE ZEROS_LIKE FILL FLOOR_MOD RANGE RESIZE_NEAREST_NEIGHBOR LEAKY_RELU SQUARED_DIFFERENCE MIRROR_PAD ABS SPLIT_V UNIQUE CEIL REVERSE_V2 ADD_N GATHER_ND COS WHERE RANK ELU REVERSE_SEQUENCE MATRIX_DIAG QUANTIZE MATRIX_SET_DIAG ROUND HARD_SWISH IF WHILE NON_MAX_SUPPRESSION_V4 NON_MAX_SUPPRESSION_V5 SCATTER_ND SELECT_V2 DENSIFY SEGMENT_SUM BATCH_MATMUL PLACEHOLDER CUMSUM CALL_ONCE BROADCAST_TO RFFT2D CONV_3D IMAG REAL COMPLEX_ABS HASHTABLE HASHTABLE_FIND HASHTABLE_IMPORT HASHTABLE_SIZE REDUCE_ALL CONV_3D_TRANSPOSE VAR_HANDLE READ_VARIABLE ASSIGN_VARIABLE BROADCAST_ARGS RANDOM_STANDARD_NORMAL BUCKETIZE RANDOM_UNIFORM MULTINOMIAL GELU'.split(
    ' ',
  )

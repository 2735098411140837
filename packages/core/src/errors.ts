/**
 * Every code that an {@link AedError} can carry, with its meaning. This table is the only list of codes: types,
 * documentation and tests derive from it.
 */
export const ERROR_CODES = {
  INVALID_OPTION: 'An option is missing, of the wrong type, or out of its range.',
  INVALID_INPUT: 'Data handed to a function has the wrong type, shape or values.',
  INVALID_STATE: 'A call came at a time when it cannot be answered.',
  ABORTED: 'The caller cancelled the work.',
  WORKER_FAILED: 'A worker could not be started or stopped unexpectedly.',
  FILE_NOT_FOUND: 'A file or folder does not exist.',
  FILE_EXISTS: 'An output is in the way of one that would be written.',
  IO_FAILED: 'The system refused to read or write: permission, full disk, a broken medium.',
  NPY_INVALID: 'A .npy file is damaged or holds a type that is not supported.',
  AUDIO_EMPTY: 'A recording holds no samples.',
  AUDIO_UNSUPPORTED: 'A recording is of a container, codec or sample format that is not supported.',
  AUDIO_DAMAGED: 'A recording is truncated or corrupt.',
  DATASET_NOT_FOUND: 'A folder does not hold a dataset of a known layout.',
  DATASET_INVALID: 'A dataset lacks columns, files or classes, or contradicts itself.',
  UNKNOWN_CLASS: 'A label is not among the classes in use.',
  SPLIT_INVALID: 'A split is empty, leaks recordings, or leaves a class without clips.',
  MODEL_INVALID: 'A model file is damaged or not a model.',
  MODEL_UNSUPPORTED: 'A model holds a layer, operator, type or shape that is not supported.',
  MODEL_MISMATCH: 'A model does not fit what it is used with: shapes, classes, feature config, types.',
  GRAPH_INVALID: 'A graph contradicts itself: unknown tensors, cycles, wrong shapes.',
  CALIBRATION_INVALID: 'Calibration data is missing, constant, or not finite.',
  TRAINING_FAILED: 'Training met a value that is not finite, or cannot start.',
  DEPLOY_UNSUPPORTED: 'A graph cannot be turned into C.',
  BUDGET_TOO_SMALL: 'A budget of RAM or flash is smaller than the least that a model needs.',
  VERIFY_FAILED: 'Two runtimes that must agree do not.',
  BELOW_MINIMUM: 'A figure is below the least that the caller asked for.',
  DOWNLOAD_FAILED: 'A file could not be downloaded, or is not the one that was published.',
  ARCHIVE_INVALID: 'An archive is damaged, or would write outside its folder or beyond its limits.',
  TOOL_NOT_FOUND: 'A compiler, emulator, browser or interpreter that is needed is not installed.',
  TOOL_FAILED: 'An external tool stopped with an error.',
  USAGE: 'A command line is wrong.',
} as const

/** A stable, documented error code: a key of {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES

/** What an {@link AedError} can carry beside its message. */
export interface AedErrorOptions {
  /** What the user can do about it, one sentence. */
  readonly hint?: string
  /** The error that led to this one. */
  readonly cause?: unknown
}

/**
 * The one error class of @aed. `message` says where, what was expected and what was found; `hint` what to do.
 * Recognise it with {@link isAedError} (by name and code), not by `instanceof`, which fails across realms.
 */
export class AedError extends Error {
  override readonly name = 'AedError'
  readonly code: ErrorCode
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, options: AedErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint
  }
}

/** True for an {@link AedError} of this or another realm, optionally of one code. */
export function isAedError(error: unknown, code?: ErrorCode): error is AedError {
  if (typeof error !== 'object' || error === null) return false
  const { name, code: found } = error as { name?: unknown; code?: unknown }
  return name === 'AedError' && typeof found === 'string' && Object.hasOwn(ERROR_CODES, found) && (code === undefined || found === code)
}

/** An error with the file, or whatever else it happened in, before its message; what is no {@link AedError} and `ABORTED` stay as they are. */
export function errorIn(where: string, error: unknown): unknown {
  if (!isAedError(error) || error.code === 'ABORTED') return error
  return new AedError(error.code, `${where}: ${error.message}`, { cause: error, ...(error.hint !== undefined && { hint: error.hint }) })
}

/** Throws `ABORTED` when the signal has fired; call it between units of work. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AedError('ABORTED', 'the work was cancelled', { cause: signal.reason })
}

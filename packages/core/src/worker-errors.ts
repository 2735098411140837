import * as comlink from 'comlink'
import { AedError, isAedError, type ErrorCode } from './errors.ts'

interface SerializedThrow {
  readonly isError: boolean
  readonly value: { readonly name?: string; readonly message?: string; readonly stack?: string; readonly code?: ErrorCode; readonly hint?: string }
}

/**
 * Lets code and hint of an {@link AedError} survive the hop between threads: comlink's own handler carries name, message and stack.
 * Both sides call it once, before the first message.
 */
export function carryErrors(): void {
  const base = comlink.transferHandlers.get('throw') as comlink.TransferHandler<{ value: unknown }, SerializedThrow>
  const handler: comlink.TransferHandler<{ value: unknown }, SerializedThrow> = {
    canHandle: (value): value is { value: unknown } => base.canHandle(value),
    serialize(thrown) {
      const [serialized, transfer] = base.serialize(thrown)
      const { value: error } = thrown
      if (!isAedError(error)) return [serialized, transfer]
      const { code, hint } = error
      return [{ isError: true, value: { ...serialized.value, code, ...(hint !== undefined && { hint }) } }, transfer]
    },
    deserialize(serialized) {
      const { code, message, hint, stack } = serialized.value
      if (!serialized.isError || code === undefined) return base.deserialize(serialized)
      const error = new AedError(code, message ?? '', hint === undefined ? {} : { hint })
      if (stack !== undefined) error.stack = stack
      throw error
    },
  }
  comlink.transferHandlers.set('throw', handler)
}

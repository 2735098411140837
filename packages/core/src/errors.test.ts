import { runInNewContext } from 'node:vm'
import { describe, expect, it } from '@jest/globals'
import { AedError, ERROR_CODES, errorIn, isAedError, throwIfAborted } from './errors.ts'

describe('ERROR_CODES', () => {
  it('gives every code in upper case a meaning of one sentence', () => {
    for (const [code, meaning] of Object.entries(ERROR_CODES)) {
      expect(code).toMatch(/^[A-Z][A-Z0-9_]+$/)
      expect(meaning).toMatch(/^[A-Z].*\.$/)
    }
  })
})

describe('AedError', () => {
  it('is an Error with code, hint and cause', () => {
    const cause = new Error('why')
    const error = new AedError('INVALID_INPUT', 'x: takes 1, got 2', { hint: 'give 1', cause })
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ name: 'AedError', code: 'INVALID_INPUT', message: 'x: takes 1, got 2', hint: 'give 1', cause })
    expect(String(error)).toBe('AedError: x: takes 1, got 2')
  })

  it('has no cause where none was given', () => {
    expect('cause' in new AedError('USAGE', 'x')).toBe(false)
    expect(new AedError('USAGE', 'x').hint).toBeUndefined()
  })
})

describe('isAedError', () => {
  it('knows errors by name and code, also those of another realm', () => {
    expect(isAedError(new AedError('USAGE', 'x'))).toBe(true)
    expect(isAedError(new AedError('USAGE', 'x'), 'USAGE')).toBe(true)
    expect(isAedError(new AedError('USAGE', 'x'), 'ABORTED')).toBe(false)
    expect(isAedError(runInNewContext(`Object.assign(new Error('x'), { name: 'AedError', code: 'USAGE' })`), 'USAGE')).toBe(true)
  })

  it('knows what is none', () => {
    const other = Object.assign(new Error('x'), { code: 'ENOENT' })
    for (const value of [undefined, null, 'AedError', new Error('x'), other, { name: 'AedError' }, { name: 'AedError', code: 'toString' }]) expect(isAedError(value)).toBe(false)
  })
})

describe('errorIn', () => {
  it('names the place, keeps code and hint, and leaves other errors and ABORTED alone', () => {
    const cause = new AedError('INVALID_INPUT', 'is empty', { hint: 'fill it' })
    expect(errorIn('a.wav', cause)).toMatchObject({ code: 'INVALID_INPUT', message: 'a.wav: is empty', hint: 'fill it', cause })
    for (const error of [new Error('x'), new AedError('ABORTED', 'the work was cancelled')]) expect(errorIn('a.wav', error)).toBe(error)
  })
})

describe('throwIfAborted', () => {
  it('throws ABORTED with the reason as cause, only after the signal has fired', () => {
    const abort = new AbortController()
    throwIfAborted(undefined)
    throwIfAborted(abort.signal)
    abort.abort('enough')
    expect(() => throwIfAborted(abort.signal)).toThrow(expect.objectContaining({ code: 'ABORTED', cause: 'enough' }))
  })
})

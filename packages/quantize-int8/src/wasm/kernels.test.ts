import { isAedError } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { patches, smallNetwork } from '../../test/networks.ts'
import { createFloatExecutor } from '../float-executor.ts'
import { instantiateKernels, instantiateKernelsNow } from './kernels.ts'

/** What a page forbids whose content security policy lacks 'wasm-unsafe-eval'. */
async function forbidden<T>(act: () => T | Promise<T>): Promise<T> {
  const { compile, Module } = WebAssembly
  const refuse = () => {
    throw new WebAssembly.CompileError('forbidden')
  }
  try {
    Object.assign(WebAssembly, { compile: () => Promise.resolve().then(refuse), Module: refuse })
    return await act()
  } finally {
    Object.assign(WebAssembly, { compile, Module })
  }
}

// The order matters: once compiled, the kernels stay.
describe('the kernels', () => {
  it('that cannot be compiled are an error with a remedy, and are tried again by the next engine', async () => {
    const error: unknown = await forbidden(() => instantiateKernels().then(() => undefined, (reason: unknown) => reason))
    expect(isAedError(error, 'INVALID_STATE') && error.hint).toContain('wasm-unsafe-eval')
    expect((await instantiateKernels()).heapBase()).toBeGreaterThan(0)
  })

  it('are done without by the float executor, with the same bits', async () => {
    const input = patches(1, 24, 20, 1)
    const without = await forbidden(() => {
      expect(instantiateKernelsNow()).toBeUndefined()
      return createFloatExecutor(smallNetwork()).run(input)
    })
    expect(instantiateKernelsNow()).toBeDefined()
    expect(createFloatExecutor(smallNetwork()).run(input)).toEqual(without)
  })
})

import { createHash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { sha256 } from './sha256.ts'

describe('sha256', () => {
  it("gives FIPS 180-4's digest of 'abc'", async () => {
    expect(await sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })

  it('hashes the bytes of a view, no more of its buffer, and text as UTF-8', async () => {
    const hash = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex')
    expect(await sha256(Float32Array.of(1, 2, 3).subarray(1))).toBe(hash(Uint8Array.of(0, 0, 0, 64, 0, 0, 64, 64)))
    expect(await sha256('ä')).toBe(hash('ä'))
    expect(await sha256('')).toBe(hash(''))
  })
})

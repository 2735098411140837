import { describe, expect, it } from '@jest/globals'
import { casesOf, codeOf, expectClose, golden } from '../test/goldens.ts'
import { frameWindow, periodicWindow, symmetricWindow } from './window.ts'

describe('periodicWindow', () => {
  it.each(casesOf('window'))('equals scipy within 1e-12: %s', (_name, { file, options }) => {
    expectClose(periodicWindow(options.window!, options.winLength!), golden(file, 'float64').data, { abs: 1e-12 })
  })

  it('is 0 at the start and 1 in the middle of a Hann window of 8', () => {
    const window = periodicWindow('hann', 8)
    expect([window[0], window[2], window[4]]).toEqual([0, 0.5, 1])
  })
})

describe('symmetricWindow', () => {
  it.each(casesOf('symmetric'))('equals scipy within 1e-12: %s', (_name, { file, options }) => {
    expectClose(symmetricWindow(options.window!, options.winLength!), golden(file, 'float64').data, { abs: 1e-12 })
  })
})

describe('frameWindow', () => {
  it('centres 3 samples in a frame of 8 behind 2 zeros', () => {
    expect([...frameWindow({ window: 'rectangular', winLength: 3, nFft: 8 })]).toEqual([0, 0, 1, 1, 1, 0, 0, 0])
  })

  it('refuses a window longer than the frame', () => {
    expect(codeOf(() => frameWindow({ window: 'hann', winLength: 9, nFft: 8 }))).toBe('INVALID_OPTION')
  })
})

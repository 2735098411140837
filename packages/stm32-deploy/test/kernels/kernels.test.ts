import { expect, it } from '@jest/globals'
import { describeWith } from '../tools.ts'
import { kernelFiles, runKernels } from './driver.ts'
import { FRONT_END_KERNELS } from './front-end-kernels.ts'
import { TAP_KERNELS } from './tap-kernels.ts'
import { VALUE_KERNELS } from './value-kernels.ts'
import { WINDOW_KERNELS } from './window-kernels.ts'

const kernels = [...WINDOW_KERNELS, ...VALUE_KERNELS, ...TAP_KERNELS, ...FRONT_END_KERNELS]

it('every kernel file has its cases', async () => {
  expect(kernels.map(({ file }) => file).toSorted()).toEqual(await kernelFiles())
  expect(kernels.filter(({ cases }) => cases.length < 3)).toEqual([])
})

describeWith(['cc'], 'kernels, called by themselves under the sanitizers', () => {
  it('make what their specification says of random and extreme values', () => runKernels(kernels, 'cc'))

  it('… and a wrong expectation is found', async () => {
    const lookup = kernels.find(({ file }) => file.includes('lookup'))!
    const spoiled = { ...lookup, cases: lookup.cases.slice(0, 1).map((one) => ({ ...one, check: (out: Parameters<typeof one.check>[0], k: number) => one.check(out.map((value) => value ^ 1), k) })) }
    await expect(runKernels([spoiled], 'cc')).rejects.toThrow(/^src\/aed_lookup_s8\.c, case 0, call 0 \(index 0\): row 0, column 0, channel 0: -?\d+, expected -?\d+$/)
  })
})

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { decodeNpy, encodeNpy, type Tensor } from '@aed/core'
import { describe, it } from '@jest/globals'

const python = process.env['AED_PYTHON']

/** Runs a suite that needs LiteRT where AED_PYTHON names a Python that has it; elsewhere it is skipped, or fails where AED_REQUIRE asks for it. */
export function withPython(name: string, suite: () => void): void {
  const required = (process.env['AED_REQUIRE'] ?? '').split(',').includes('python')
  if (python !== undefined) describe(name, suite)
  else if (!required) describe.skip(`${name} (AED_PYTHON is not set)`, suite)
  else
    it(`${name} (AED_REQUIRE asks for Python)`, () => {
      throw new Error('AED_PYTHON is not set: it names a Python with numpy and ai-edge-litert')
    })
}

/** Outputs of LiteRT's reference kernels for some models, each with a batch of inputs: every output of each model. */
export function runReferenceKernels(jobs: readonly { readonly model: Uint8Array; readonly input: Tensor }[]): Tensor[][] {
  const folder = mkdtempSync(join(tmpdir(), 'aed-tflite-'))
  try {
    const files = jobs.map(({ model, input }, i) => {
      const paths = { model: join(folder, `${i}.tflite`), input: join(folder, `${i}-in.npy`), output: join(folder, `${i}-out`) }
      writeFileSync(paths.model, model)
      writeFileSync(paths.input, encodeNpy(input))
      return paths
    })
    const script = fileURLToPath(new URL('run_tflite.py', import.meta.url))
    const { status, stdout, stderr } = spawnSync(python!, [script], { input: JSON.stringify(files), encoding: 'utf8' })
    if (status !== 0) throw new Error(`${python!} ${script}: ${stderr}`)
    const counts = JSON.parse(stdout) as readonly number[]
    return files.map(({ output }, i) => Array.from({ length: counts[i]! }, (_, k) => decodeNpy(new Uint8Array(readFileSync(`${output}${k}.npy`)), output)))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

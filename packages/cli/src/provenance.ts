import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import os from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { version } from './version.ts'

/** What a figure was made by, so that it can be made again. */
export interface Provenance {
  readonly aed: string
  /** Commit of the checkout that the command ran from, with `+` where files differed from it; null where it ran from installed packages. */
  readonly commit: string | null
  readonly node: string
  readonly tfjs: string | null
  readonly seed: number
  readonly threads: number
  readonly seconds: number
}

async function commitOfCheckout(): Promise<string | null> {
  const cwd = fileURLToPath(new URL('.', import.meta.url))
  const git = async (...parameters: string[]) => (await promisify(execFile)('git', parameters, { cwd })).stdout.trim()
  try {
    // Installed packages may lie in somebody else's checkout, which ignores them.
    if ((await git('ls-files', '../package.json')) === '') return null
    return `${await git('rev-parse', 'HEAD')}${(await git('status', '--porcelain', '--untracked-files=no')) === '' ? '' : '+'}`
  } catch {
    return null
  }
}

function tfjsVersion(): string | null {
  try {
    return (createRequire(import.meta.url)('@tensorflow/tfjs/package.json') as { version: string }).version
  } catch {
    return null
  }
}

export async function provenanceOf(seed: number, seconds: number, threads: number): Promise<Provenance> {
  return { aed: version, commit: await commitOfCheckout(), node: process.versions.node, tfjs: tfjsVersion(), seed, threads: threads || os.availableParallelism(), seconds }
}

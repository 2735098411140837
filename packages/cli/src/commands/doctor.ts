import { availableParallelism, cpus, totalmem } from 'node:os'
import path from 'node:path'
import { exists } from '@aed/core/node'
import { backboneFileName, defaultCacheDir } from '@aed/e2e'
import { findTools } from '@aed/stm32-deploy/node'
import type { CommandModule } from '../commands.ts'

/** One thing that is there or not. */
interface Finding {
  readonly name: string
  readonly found: boolean
  readonly detail: string
}

export const doctor: CommandModule = {
  args: [],
  schemas: {},
  flags: [],
  examples: ['aed doctor', 'aed doctor --json'],
  async run({ output }) {
    const findings = [...machine(), ...(await tfjsBackends()), ...(await tools()), ...(await data())]
    const text = findings.map(({ name, found, detail }) => `${found ? 'yes' : ' no'}  ${name}: ${detail}`).join('\n')
    output.result({ findings }, text)
  },
}

function machine(): Finding[] {
  const [major, minor] = process.versions.node.split('.').map(Number) as [number, number]
  const fits = major > 20 || (major === 20 && minor >= 19)
  return [
    { name: 'Node', found: fits, detail: `${process.versions.node}${fits ? '' : ', 20.19 or later is needed'}` },
    { name: 'worker threads', found: true, detail: `${availableParallelism()} at once, ${cpus()[0]?.model ?? 'unknown processor'}, ${(totalmem() / 2 ** 30).toFixed(1)} GiB of memory` },
    { name: 'WebAssembly SIMD', found: WebAssembly.validate(SIMD_PROBE), detail: 'used by the tfjs wasm backend' },
  ]
}

/** The smallest module that uses a SIMD instruction: `(func (drop (v128.const i32x4 0 0 0 0)))`. */
const SIMD_PROBE = Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 23, 1, 21, 0, 253, 12, ...Array<number>(16).fill(0), 26, 11])

async function tfjsBackends(): Promise<Finding[]> {
  const { useBackend } = await import('@aed/model-miniresnetv2/train')
  return Promise.all(
    (['wasm', 'cpu'] as const).map(async (name) => {
      try {
        await useBackend(name)
        return { name: `tfjs backend ${name}`, found: true, detail: 'works' }
      } catch (error) {
        return { name: `tfjs backend ${name}`, found: false, detail: (error as Error).message }
      }
    }),
  )
}

async function tools(): Promise<Finding[]> {
  return (await findTools()).map(({ command, purpose, version, hint }) => ({ name: command, found: version !== null, detail: version ?? `${hint}; ${purpose}` }))
}

async function data(): Promise<Finding[]> {
  const { AED_ESC10_DIR, AED_BACKBONES } = process.env
  const cache = defaultCacheDir()
  const esc10 = AED_ESC10_DIR ?? path.join(cache, 'datasets', 'esc50')
  const backbones = AED_BACKBONES ? path.join(AED_BACKBONES, backboneFileName(1)) : null
  const hasData = await exists(path.join(esc10, 'meta', 'esc50.csv'))
  return [
    { name: 'ESC-10', found: hasData, detail: hasData ? esc10 : `not at ${esc10}; aed esc10 takes --data, AED_ESC10_DIR or the synthetic set` },
    { name: 'cache', found: await exists(cache), detail: cache },
    { name: 'backbones', found: backbones !== null && (await exists(backbones)), detail: backbones ?? 'AED_BACKBONES is not set; commands take --backbone' },
  ]
}

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeNpy } from '@aed/core'
import { writeTflite } from '../src/tflite/write.ts'
import { operatorCases } from './operator-cases.ts'

/** For tools/golden/make_int8_goldens.py: each case as NAME.tflite and NAME-in.npy in the folder that the first argument names. */
const folder = process.argv[2]!
mkdirSync(folder, { recursive: true })
for (const { name, graph, input } of operatorCases()) {
  writeFileSync(join(folder, `${name}.tflite`), writeTflite({ graph }))
  writeFileSync(join(folder, `${name}-in.npy`), encodeNpy(input))
}

// Milliseconds of the first and the second engine in this process. Argument: a .tflite.
import { readFileSync } from 'node:fs'
import { readTflite } from '@aed/quantize-int8'
import { createWasmEngine } from '@aed/quantize-int8/engine'

const { graph } = readTflite(new Uint8Array(readFileSync(process.argv[2])), 'm.tflite')
const times = []
for (let i = 0; i < 2; i++) {
  const start = performance.now()
  await createWasmEngine(graph)
  times.push(performance.now() - start)
}
console.log(times.join(' '))

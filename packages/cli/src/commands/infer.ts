import { AedError, decodeNpy, encodeNpy, formatShape, sizeOf, tensor, tensorOf, type Tensor } from '@aed/core'
import { readBytes, writeAtomic } from '@aed/core/node'
import type { CommandModule } from '../commands.ts'
import { readModel, type ModelFile } from '../model-file.ts'
import { enginesOf, runModel } from '../run-model.ts'

export const infer: CommandModule = {
  args: [{ syntax: '<MODEL>', description: 'model folder, Keras .h5 or .tflite' }],
  schemas: {},
  flags: [
    { syntax: '--input <FILE>', description: '.npy, batch first: [n, mels, frames, 1] or [n, mels, frames]', required: true },
    { syntax: '--out <FILE>', description: '.npy to write: [n, outputs]', required: true },
    { syntax: '--engine <WORD>', description: 'tfjs (default for .h5 and folders) | wasm (default for .tflite) | reference (TypeScript, for all)' },
  ],
  examples: ['aed infer backbone.h5 --input patches.npy --out embeddings.npy', 'aed infer model.tflite --input int8.npy --out scores.npy'],
  async run({ args, options, output, signal }) {
    const { input, out, engine } = options as { input: string; out: string; engine?: string }
    const model = await readModel(args[0]!)
    const values = decodeNpy(await readBytes(input), input)
    const chosen = engine ?? enginesOf(model)[0]!
    const result = await runModel(model, checkInput(model, values, input), chosen, signal)
    const n = values.shape[0]!
    const flat = tensor(result.dtype, [n, n === 0 ? sizeOf(tensorOf(model.graph, model.graph.outputs[0]).shape) : result.data.length / n], result.data)
    await writeAtomic(out, encodeNpy(flat))
    output.result({ out, shape: flat.shape, dtype: flat.dtype, engine: chosen }, `${out}: ${flat.dtype} ${formatShape(flat.shape)} by ${chosen}`)
  },
}

/** The input with its batch first, as the model's own tensor takes it. */
function checkInput({ graph, path }: ModelFile, values: Tensor, name: string): Tensor {
  const wanted = tensorOf(graph, graph.inputs[0])
  const item = wanted.shape.slice(1)
  const fits = (shape: readonly number[]) => formatShape(values.shape.slice(1)) === formatShape(shape)
  if (values.dtype !== wanted.dtype)
    throw new AedError('MODEL_MISMATCH', `${name}: ${path} takes ${wanted.dtype}, got ${values.dtype}`, { hint: 'convert the array; nothing is quantized in silence' })
  if (values.shape.length < 2 || !(fits(item) || (item.at(-1) === 1 && fits(item.slice(0, -1)))))
    throw new AedError('MODEL_MISMATCH', `${name}: ${path} takes [n, ${item.join(', ')}], got ${formatShape(values.shape)}`)
  return { ...values, shape: [values.shape[0]!, ...item] }
}

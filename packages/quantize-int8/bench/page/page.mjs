// One patch by our engine and by its peers in this page, one thread each, in turns.
import { loadAndCompile, loadLiteRt, Tensor } from '@litertjs/core'
import * as tf from '@tensorflow/tfjs'
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import * as ort from 'onnxruntime-web/wasm'
import { optimizeGraph, quantize, quantizeValues, writeTflite } from '@aed/quantize-int8'
import { createWasmEngine } from '@aed/quantize-int8/engine'
import { patches, residualNetwork } from '../network.mjs'
import { createOnnx, createTfjs } from '../peers.mjs'

const [ROUNDS, CALLS] = [6, 40]

async function createLiteRt(graph) {
  const model = await loadAndCompile(URL.createObjectURL(new Blob([writeTflite({ graph })])), { accelerator: 'wasm', cpuOptions: { numThreads: 1 } })
  return async (values) => {
    const input = new Tensor(values, [1, 64, 50, 1])
    const [output] = await model.run([input])
    const scores = await output.data()
    input.delete()
    output.delete()
    return scores
  }
}

async function bench(stacks) {
  const trained = residualNetwork(stacks)
  const float = optimizeGraph(trained)
  const { graph } = quantize({ graph: float, calibration: patches(2) }, { reportPatches: 1 })
  const { data } = patches(1)
  const int8 = quantizeValues(data, graph.tensors[graph.inputs[0]].quantization)
  const start = performance.now()
  const engine = await createWasmEngine(graph)
  const created = performance.now() - start
  const input = { dtype: 'int8', shape: [1, 64, 50, 1], data: int8 }
  const [litert, onnx] = [await createLiteRt(float), await createOnnx(ort, graph, '/ort/')]
  const [tfjs, folded] = [await createTfjs(tf, setWasmPaths, setThreadsCount, '/tfjs/', trained), await createTfjs(tf, setWasmPaths, setThreadsCount, '/tfjs/', float)]
  const contenders = { 'createWasmEngine, int8': () => engine.run(input), 'LiteRT.js, float32': () => litert(data), 'onnxruntime-web, int8': () => onnx(int8), 'tfjs-wasm, float32': () => tfjs(data), 'tfjs-wasm, float32, folded': () => folded(data) }
  const times = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]))
  for (let round = -1; round < ROUNDS; round++)
    for (const [name, run] of Object.entries(contenders))
      for (let call = 0; call < CALLS; call++) {
        const before = performance.now()
        await run()
        if (round >= 0) times[name].push(performance.now() - before)
      }
  return { name: graph.name, created, times }
}

globalThis.results = (async () => {
  await loadLiteRt('/litert/')
  return [await bench(1), await bench(2)]
})()

import { loadAndCompile, loadLiteRt, Tensor } from '@litertjs/core'

/** Labels of the patches by LiteRT.js on its CPU backend, or what it refuses. */
async function run() {
  try {
    await loadLiteRt('/litert/')
    const model = await loadAndCompile('/m.tflite', { accelerator: 'wasm' })
    const patches = new Float32Array(await (await fetch('/patches.f32')).arrayBuffer())
    const scores: number[][] = []
    for (let at = 0; at < patches.length; at += 3200) {
      const input = new Tensor(patches.slice(at, at + 3200), [1, 64, 50, 1])
      const [output] = await model.run([input])
      scores.push(Array.from((await output!.data()) as Float32Array))
      input.delete()
      output!.delete()
    }
    return { scores }
  } catch (error) {
    return { refused: String(error) }
  }
}

Object.assign(globalThis, { results: run() })

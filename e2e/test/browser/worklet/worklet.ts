import { createStreamResampler } from '@aed/audio'
import { wasmModule } from '@aed/core'
import { registerMelProcessor } from '@aed/dsp-mel/worklet'

registerMelProcessor({ createStreamResampler })

const scope = globalThis as unknown as {
  readonly AudioWorkletProcessor: new () => { readonly port: MessagePort }
  readonly registerProcessor: (name: string, processor: unknown) => void
}

const EMPTY_MODULE = 'AGFzbQEAAAA='

/** Posts what it hears, to compare with; first whether WebAssembly is there. */
class Tap extends scope.AudioWorkletProcessor {
  constructor() {
    super()
    this.port.postMessage(wasmModule(EMPTY_MODULE) !== null)
  }

  process([input]: readonly (readonly Float32Array[])[]): boolean {
    if (input?.[0]) this.port.postMessage(input[0])
    return true
  }
}
scope.registerProcessor('tap', Tap)

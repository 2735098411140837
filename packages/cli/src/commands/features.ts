import path from 'node:path'
import {
  AedError,
  audioOptionsSchema,
  decodeNpy,
  encodeNpy,
  featureConfig,
  formatShape,
  melOptionsSchema,
  parseOptions,
  patchOptionsSchema,
  tensor,
  type AudioClip,
  type FeatureConfig,
  type Tensor,
} from '@aed/core'
import { readBytes, writeAtomic } from '@aed/core/node'
import { loadClip, prepareClip } from '@aed/audio'
import { logMelPatches, logMelSpectrogram, melFilterBank } from '@aed/dsp-mel'
import type { CommandModule } from '../commands.ts'

export const features: CommandModule = {
  args: [{ syntax: '<IN...>', description: 'recordings (.wav, .ogg, .flac, .mp3, .opus), or float32 waveforms as .npy' }],
  schemas: { audio: audioOptionsSchema, mel: melOptionsSchema, patches: patchOptionsSchema },
  flags: [
    { syntax: '--out <FILE>', description: '.npy to write', required: true },
    { syntax: '--no-patches', description: 'write [mels, frames] of the one input instead of patches [n, mels, frames]' },
    { syntax: '--raw-rate <HZ>', description: 'sampling rate of .npy waveforms (as --sample-rate)' },
  ],
  examples: ['aed features dog.wav --out dog.npy', 'aed features rain.ogg --no-patches --n-mels 40 --out rain.npy', 'aed features wave.npy --raw-rate 44100 --out wave-patches.npy'],
  async run({ args, options, output, signal }) {
    const { out, noPatches, rawRate, audio = {}, mel = {}, patches = {} } = options as {
      out: string
      noPatches?: boolean
      rawRate?: string
      audio?: object
      mel?: object
      patches?: object
    }
    if (noPatches && args.length !== 1) throw new AedError('USAGE', `aed features: --no-patches takes one input, got ${args.length}`)
    const config = featureConfig({ audio, mel, patches })
    if (noPatches && config.mel.dbRef === 'patch') throw new AedError('INVALID_OPTION', 'aed features: --db-ref patch needs patches', { hint: 'leave --no-patches out' })
    const rate = parseRate(rawRate, config)
    const { nFft, nMels, fmin, fmax, melScale, melNorm } = config.mel
    const { warnings: bankWarnings } = melFilterBank({ sampleRate: config.audio.sampleRate, nFft, nMels, fmin, fmax, melScale, melNorm })
    for (const warning of bankWarnings) output.say(`warning: ${warning}`)
    const inputs: { input: string; duration: number; frames?: number; patches?: number; warnings: readonly string[] }[] = []
    const results: Tensor<'float32'>[] = []
    for (const [i, input] of args.entries()) {
      signal.throwIfAborted()
      const { clip, duration, warnings } = await loadInput(input, config, rate, audio)
      const result = noPatches ? logMelSpectrogram(clip, config.mel) : logMelPatches(clip, config)
      inputs.push({ input, duration, ...(noPatches ? { frames: result.shape[1]! } : { patches: result.shape[0]! }), warnings })
      results.push(result)
      for (const warning of warnings) output.say(`warning: ${input}: ${warning}`)
      output.progress({ done: i + 1, total: args.length, what: 'inputs' })
    }
    const whole = noPatches ? results[0]! : concatenate(results)
    await writeAtomic(out, encodeNpy(whole))
    output.result({ out, shape: whole.shape, inputs, features: config, warnings: bankWarnings }, `${out}: float32 ${formatShape(whole.shape)} from ${args.length} input${args.length > 1 ? 's' : ''}`)
  },
}

function parseRate(text: string | undefined, { audio }: FeatureConfig): number {
  if (text === undefined) return audio.sampleRate
  return parseOptions(audioOptionsSchema, { sampleRate: text.trim() === '' ? NaN : Number(text) }, 'aed features: --raw-rate').sampleRate
}

/**
 * A recording goes through the whole audio chain. A waveform in a `.npy` is taken as it is: only what a flag asks for is done to it, and it is
 * resampled only where the rates differ.
 */
async function loadInput(input: string, config: FeatureConfig, rawRate: number, given: object): Promise<{ clip: AudioClip; duration: number; warnings: readonly string[] }> {
  const bytes = await readBytes(input)
  if (path.extname(input).toLowerCase() !== '.npy') return loadClip({ bytes, name: input }, config.audio)
  const wave = decodeNpy(bytes, input)
  if ((wave.dtype !== 'float32' && wave.dtype !== 'float64') || wave.shape.length !== 1)
    throw new AedError('INVALID_INPUT', `${input}: a waveform is float32 [samples], got ${wave.dtype} ${formatShape(wave.shape)}`)
  if (wave.data.length === 0) throw new AedError('AUDIO_EMPTY', `${input}: holds no samples`)
  const untouched = { maxDuration: null, trimSilenceDb: null, minDuration: null }
  const audio = { ...config.audio, ...untouched, ...given }
  return { clip: prepareClip({ samples: Float32Array.from(wave.data as Float32Array), sampleRate: rawRate }, audio), duration: wave.data.length / rawRate, warnings: [] }
}

function concatenate(parts: readonly Tensor<'float32'>[]): Tensor<'float32'> {
  const [, ...rest] = parts[0]!.shape
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0))
  let offset = 0
  for (const part of parts) {
    data.set(part.data, offset)
    offset += part.data.length
  }
  return tensor('float32', [parts.reduce((sum, part) => sum + part.shape[0]!, 0), ...rest], data)
}

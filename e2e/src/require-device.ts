import { AedError, type ClipBlock } from '@aed/core'
import { createDeviceFrontEnd } from '@aed/dsp-mel'
import { needsWholeClip } from '@aed/stm32-deploy'
import type { Recipe } from './recipe.ts'

/**
 * Whether a microcontroller can compute what a recipe says of a clip: frame by frame, with the C library's front end and clip head.
 * @param blocks that the head reads
 * @throws AedError `USAGE` with every reason why not; of `createDeviceFrontEnd`
 */
export function requireDevice({ name, head, features: { audio, mel }, testSpeeds }: Recipe, blocks: readonly ClipBlock[]): void {
  const whole = blocks.filter(needsWholeClip)
  const reasons = [
    ...(head === 'dense' ? ['it has a dense head, whose int8 figures are those of the device but for its front end'] : []),
    ...(whole.length > 0 ? [`its blocks ${whole.map((block) => block.name).join(' and ')} need the whole clip at once`] : []),
    ...(head === 'clip' && !blocks.some(({ kind }) => kind === 'tap') ? ['none of its blocks taps the network'] : []),
    ...(mel.dbRef === 'clip' ? ['its 0 dB is the maximum of the whole clip (dbRef clip)'] : []),
    ...(audio.trimSilenceDb === null ? [] : [`it cuts silence out by the maximum of the whole clip (trimSilenceDb ${audio.trimSilenceDb})`]),
    ...(testSpeeds.some((speed) => speed !== 1) ? ['it plays clips at other speeds (testSpeeds)'] : []),
  ]
  if (reasons.length > 0)
    throw new AedError('USAGE', `${name}: --device judges what a stream can have, and this recipe cannot: ${reasons.join(', ')}`, { hint: 'take a head of taps, mel, levels and envelopes, a dbRef of running or a number, and trimSilenceDb null, as recipe live has' })
  if (mel.dbRef !== 'patch') createDeviceFrontEnd(audio.sampleRate, mel) // options that it does not take are told before anything is decoded
}

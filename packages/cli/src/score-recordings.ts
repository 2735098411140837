import path from 'node:path'
import { decodeAudio, prepareClip } from '@aed/audio'
import { AedError, type PatchScores } from '@aed/core'
import { readBytes } from '@aed/core/node'
import { logMelPatches } from '@aed/dsp-mel'
import { scoreGraph, withRunContext } from '@aed/e2e'
import type { PatchTiming, ScoredStream, SoundEvent } from '@aed/eval-cliplevel'
import type { CommandCall } from './commands.ts'
import type { ScoringModel } from './score-clips.ts'

/** Whole recordings, scored patch by patch: nothing of them is cut out or repeated, so that times are those of the file. */
export async function scoreRecordings({ model, card }: ScoringModel, files: readonly string[], { output, signal }: CommandCall): Promise<Omit<ScoredStream, 'reference'>[]> {
  const { features } = card
  return withRunContext({ signal }, async (context) => {
    const streams = []
    for (const [done, file] of files.entries()) {
      output.progress({ done, total: files.length, what: 'recordings' })
      const decoded = await decodeAudio(await readBytes(file), { name: file, maxDuration: null })
      for (const warning of decoded.warnings) output.say(`${file}: ${warning}`)
      const clip = prepareClip(decoded, { ...features.audio, maxDuration: null, trimSilenceDb: null, minDuration: null })
      const patches = logMelPatches(clip, features)
      streams.push({ id: file, scores: await scoreGraph(model.graph, patches, context, () => undefined), duration: decoded.channels[0]!.length / decoded.sampleRate })
    }
    return streams
  })
}

/** Clips end to end, in the order given, as one stream in which each is an event of its class. */
export function clipsEndToEnd({ classes, clips, clipOfPatch, scores }: PatchScores, { period, patchLength }: PatchTiming): ScoredStream {
  const width = classes.length
  const patchesOf = clips.map((): number[] => [])
  clipOfPatch.forEach((clip, patch) => patchesOf[clip]!.push(patch))
  const joined = new Float32Array(scores.length)
  const reference: SoundEvent[] = []
  let at = 0
  clips.forEach((clip, i) => {
    const patches = patchesOf[i]!
    patches.forEach((patch, k) => joined.set(scores.subarray(patch * width, (patch + 1) * width), (at + k) * width))
    if (patches.length > 0) for (const label of clip.labels ?? [clip.label]) reference.push({ label, onset: at * period, offset: (at + patches.length - 1) * period + patchLength })
    at += patches.length
  })
  return { id: 'clips end to end', scores: joined, duration: Math.max(at - 1, 0) * period + patchLength, reference }
}

/** Events of recordings by file, as DCASE and sed_eval write them: file, onset, offset, label between tabs; a heading may stand first, and a file alone has no event. */
export async function readEvents(file: string): Promise<Map<string, SoundEvent[]>> {
  const events = new Map<string, SoundEvent[]>()
  const lines = new TextDecoder().decode(await readBytes(file)).split(/\r\n|\n|\r/)
  lines.forEach((line, i) => {
    const cells = line.split('\t').map((cell) => cell.trim())
    const [name, onset, offset, label] = cells
    if (!name || (i === 0 && /^(filename|file)$/i.test(name))) return
    const own = events.get(name) ?? []
    events.set(name, own)
    if (cells.slice(1).every((cell) => cell === '')) return
    const times = [onset, offset].map((text) => (text ? Number(text) : NaN)) as [number, number]
    if (cells.length < 4 || !label || !(times[0] >= 0 && times[1] > times[0] && times[1] < Infinity))
      throw new AedError('DATASET_INVALID', `${file}, line ${i + 1}: takes file, onset, offset after it, label between tabs, got ${JSON.stringify(line.slice(0, 80))}`, { hint: 'times in s, as sed_eval and DCASE have them' })
    own.push({ label, onset: times[0], offset: times[1] })
  })
  if (events.size === 0) throw new AedError('DATASET_INVALID', `${file}: names no recording`, { hint: 'one line an event: file, onset, offset, label between tabs' })
  return events
}

/** Recordings named in a list of events, in a folder or by their own path. */
export const inFolder = (folder: string, names: Iterable<string>): string[] => [...names].map((name) => path.join(folder, name))

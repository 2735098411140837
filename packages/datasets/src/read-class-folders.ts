import path from 'node:path'
import type { ListedClip } from './dataset.ts'
import { listFolder, UNKNOWN_ORIGIN, type Listing } from './listing.ts'

/** What `@aed/audio` decodes. */
const AUDIO_FILE = /\.(wav|ogg|oga|opus|flac|mp3)$/i

/** One class per folder; null when there are no two such folders. */
export async function readClassFolders(dir: string): Promise<Listing | null> {
  const clips: ListedClip[] = []
  const folders = (await listFolder(dir)).filter((item) => item.isDirectory() && !item.name.startsWith('.'))
  for (const { name: label } of folders)
    for (const { name } of await listFolder(path.join(dir, label))) {
      const id = `${label}/${name}`
      if (AUDIO_FILE.test(name) && !name.startsWith('.')) clips.push({ id, file: id, label, source: id, fold: null, line: 0 })
    }
  if (new Set(clips.map(({ label }) => label)).size < 2) return null
  return { ...UNKNOWN_ORIGIN, name: path.basename(dir), clips, audioDir: dir, where: dir }
}

/** Every recording under a folder, at any depth, all of one class with the folder's name; null when there is none. */
export async function readRecordings(dir: string): Promise<Listing | null> {
  const label = path.basename(dir)
  const clips: ListedClip[] = []
  const walk = async (inside: string): Promise<void> => {
    for (const item of await listFolder(path.join(dir, inside))) {
      const id = inside === '' ? item.name : `${inside}/${item.name}`
      if (item.name.startsWith('.')) continue
      if (item.isDirectory()) await walk(id)
      else if (AUDIO_FILE.test(item.name)) clips.push({ id, file: id, label, source: id, fold: null, line: 0 })
    }
  }
  await walk('')
  return clips.length === 0 ? null : { ...UNKNOWN_ORIGIN, name: label, clips, audioDir: dir, where: dir }
}

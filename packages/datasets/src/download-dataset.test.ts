import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { withFolder } from '../test/folder.ts'
import { makeZip } from '../test/zip.ts'
import { downloadDataset, PUBLISHED_DATASETS } from './download-dataset.ts'
import { readDataset } from './read-dataset.ts'

const NAMES = ['1-100-A-0.wav', '2-200-A-0.wav', '3-300-A-1.wav']
const zipOf = (names: readonly string[]) =>
  makeZip([
    { name: 'ESC-50-master/README.md', content: 'about' },
    { name: 'ESC-50-master/meta/esc50.csv', content: ['filename,fold,target,category,esc10,src_file,take', ...NAMES.map((name) => `${name},${name[0]!},${name.at(-5)!},${name.at(-5) === '0' ? 'dog' : 'rooster'},${String(name.at(-5) === '0')},${name.split('-')[1]!},A`)].join('\n') },
    ...names.map((name) => ({ name: `ESC-50-master/audio/${name}`, content: name })),
  ])

/** Offers an archive on this machine, in a folder to download to. */
const served = (zip: Buffer, use: (url: string, dir: string) => Promise<void>) =>
  withFolder({}, async (dir) => {
    const server = createServer((_request, response) => response.end(zip))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/master.zip`, dir)
    } finally {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  })
const md5 = (zip: Buffer) => ({ algorithm: 'md5', hex: createHash('md5').update(zip).digest('hex') }) as const

describe('downloadDataset', () => {
  it('brings ESC-50: checked, unpacked, readable, the archive gone', () => {
    const zip = zipOf(NAMES)
    return served(zip, async (url, dir) => {
      const dataset = await downloadDataset(PUBLISHED_DATASETS.esc50, path.join(dir, 'esc50'), { url, checksum: md5(zip) })
      expect(dataset).toMatchObject({ name: 'ESC-10', classes: ['dog'] })
      expect((await readDataset(path.join(dir, 'esc50'), { classes: ['dog', 'rooster'] })).clips).toHaveLength(3)
      expect(readdirSync(dir)).toEqual(['esc50'])
      await expect(downloadDataset(PUBLISHED_DATASETS.esc50, path.join(dir, 'esc50'), { url })).rejects.toMatchObject({ code: 'FILE_EXISTS' })
    })
  })

  it('keeps nothing of an archive with another checksum than the published one', () =>
    served(zipOf(NAMES), async (url, dir) => {
      await expect(downloadDataset(PUBLISHED_DATASETS.esc50, path.join(dir, 'esc50'), { url })).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED', message: expect.stringContaining(PUBLISHED_DATASETS.esc50.checksum.hex) })
      expect(readdirSync(dir)).toEqual([])
    }))

  it('keeps no folder of an archive that is another dataset, or lacks clips', () =>
    served(zipOf(NAMES.slice(1)), async (url, dir) => {
      await expect(downloadDataset(PUBLISHED_DATASETS.esc50, path.join(dir, 'esc50'), { url, checksum: null })).rejects.toMatchObject({ code: 'DATASET_INVALID', message: expect.stringContaining('1-100-A-0.wav does not exist') })
      expect(readdirSync(dir)).toEqual(['esc50.zip']) // what was downloaded is the user's
    }))
})

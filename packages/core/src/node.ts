export { downloadFile } from './download.ts'
export { exists, fileError, readBytes, requireReplaceable, requireWritable, writeAtomic, writeFolderAtomic } from './files.ts'

export type { Checksum, DownloadOptions } from './download.ts'

import type { DatasetInspection } from '@aed/datasets'
import { escapeHtml, htmlPage, htmlTable, percent, spectrogramPicture } from '@aed/report'
import type { PatchSet } from './patches.ts'

const digits = (value: number, count = 2) => value.toFixed(count)

/**
 * What is in a dataset, as one page.
 * @param pictures log-mel patches of one clip a class, in the order of the classes; a class may lack one
 */
export function renderInspectionHtml(inspection: DatasetInspection, pictures: PatchSet): string {
  const { name, licence, citation, clips, recordings, classes, folds, durations, levelsDb, sampleRates, channels, clipped, silent, bad, duplicates, warnings } = inspection
  const across = duplicates.filter(({ sameRecording }) => !sameRecording)
  const notes = [
    ...(inspection.synthetic ? ['The recordings are synthetic: made by a program.'] : []),
    ...(bad.length ? [`${bad.length} clips cannot be read.`] : []),
    ...(across.length ? [`${across.length} pairs of clips of different recordings hold the same or nearly the same sound: they would leak through a split by recording.`] : []),
  ]
  const list = (title: string, heading: readonly string[], rows: readonly (readonly string[])[]) => (rows.length ? `<h2>${escapeHtml(title)}</h2>\n${htmlTable(heading, rows)}` : '')
  const figures = classes.map(({ name: label }) => {
    const patch = pictures.clipOfPatch.findIndex((clip) => pictures.clips[clip]!.label === label)
    return patch < 0 ? '' : `<figure><img src="${spectrogramPicture(pictures.patches, patch)}" alt="log-mel patch of ${escapeHtml(label)}"><figcaption>${escapeHtml(label)}</figcaption></figure>`
  })
  return htmlPage({
    title: `Dataset ${name}`,
    notes,
    body: `<p>${clips} clips from ${recordings} recordings, ${classes.length} classes${durations ? `, ${digits(durations.total / 60, 1)} minutes` : ''}. Licence: ${escapeHtml(licence)}. ${escapeHtml(citation)}</p>
<h2>One clip of each class</h2>
<div class="pictures">${figures.join('')}</div>
${list(
  'Classes',
  ['class', 'clips', 'recordings', 'minutes', ...folds.map((fold) => `fold ${fold}: clips (recordings)`)],
  classes.map((row) => [row.name, String(row.clips), String(row.recordings), digits(row.duration / 60, 1), ...folds.map((_, i) => `${row.clipsPerFold[i]!} (${row.recordingsPerFold[i]!})`)]),
)}
${list('Sound', ['measure', 'least', 'median', 'largest'], [
  ...(durations ? [['duration, s', digits(durations.min), digits(durations.median), digits(durations.max)]] : []),
  ...(levelsDb ? [['level (RMS), dBFS', digits(levelsDb.min, 1), digits(levelsDb.median, 1), digits(levelsDb.max, 1)]] : []),
])}
${list('Formats', ['format', 'clips'], [...sampleRates.map(({ sampleRate, clips: count }) => [`${sampleRate} Hz`, String(count)]), ...channels.map(({ channels: width, clips: count }) => [`${width} channels`, String(count)])])}
${list('Clipped', ['clip', 'samples at full scale'], clipped.map(({ id, samples }) => [id, String(samples)]))}
${list('Mostly silent', ['clip', 'silent'], silent.map(({ id, share }) => [id, percent(share)]))}
${list('Same or nearly the same sound', ['clip', 'clip', 'kind', 'bits that differ', 'of one recording'], duplicates.map(({ a, b, kind, bitErrorRate, sameRecording }) => [a, b, kind, percent(bitErrorRate), sameRecording ? 'yes' : 'no']))}
${list('Cannot be read', ['clip', 'why'], bad.map(({ id, message }) => [id, message]))}
${list('Odd', ['clip', 'warning'], warnings.map(({ id, warning }) => [id, warning]))}`,
  })
}

import { confusionChart, escapeHtml, htmlPage, htmlTable, kib, percent, spectrogramPicture } from '@aed/report'
import { foldChart, memoryChart } from './charts.ts'
import type { Esc10Report, ModelReport } from './esc10-report.ts'
import type { PatchSet } from './patches.ts'

/** The report as one page that needs nothing else: charts as SVG, patches as PNG, all inline. */
export async function renderEsc10Html(report: Esc10Report, set: PatchSet): Promise<string> {
  const { data, notes, models, timings, version } = report
  return htmlPage({
    title: `ESC-10 with MiniResNetV2: ${data.name}`,
    notes,
    body: `<p>${data.clips} clips from ${data.recordings} recordings, ${data.patches} patches, ${data.classes.length} classes. ${escapeHtml(data.licence)}. @aed ${escapeHtml(version)}.</p>
<h2>What the network sees</h2>
<p>One log-mel patch of each class: one second, ${set.patches.shape[1]!} mel bands, 0 dB (bright) to −80 dB.</p>
<div class="pictures">${classPictures(data.classes, set)}</div>
${(await Promise.all(models.map((model) => modelSection(model, data.classes)))).join('\n')}
<h2>Time</h2>
${htmlTable(['step', 'seconds'], Object.entries(timings).map(([step, ms]) => [step, (ms / 1000).toFixed(1)]))}`,
  })
}

function classPictures(classes: readonly string[], set: PatchSet): string {
  return classes
    .map((name) => {
      const patch = set.clipOfPatch.findIndex((clip) => set.clips[clip]!.label === name)
      return patch < 0 ? '' : `<figure><img src="${spectrogramPicture(set.patches, patch)}" alt="log-mel patch of ${escapeHtml(name)}"><figcaption>${escapeHtml(name)}</figcaption></figure>`
    })
    .join('')
}

async function modelSection(model: ModelReport, classes: readonly string[]): Promise<string> {
  const { stacks, folds, mean, std, pooled, memory, published, floatVersusInt8 } = model
  const { interval } = pooled.int8.clip
  const rows = folds.map(({ fold, patch, clip, cBytesEqual }) => [
    String(fold),
    percent(patch.float),
    percent(patch.int8),
    percent(clip.float),
    percent(clip.int8),
    cBytesEqual ? `${cBytesEqual.patches} of ${cBytesEqual.of}` : 'no compiler',
  ])
  return `<h2>${stacks} stack${stacks > 1 ? 's' : ''}: ${percent(mean.clip.int8)} of clips, int8</h2>
<p>${model.parameters} parameters, ${model.macs} multiply-accumulates a patch, backbone ${model.backbone === null ? 'with seeded initial values' : escapeHtml(model.backbone)}.
All test clips together: ${percent(pooled.int8.clip.accuracy)}${interval ? ` [${percent(interval[0])}, ${percent(interval[1])}] (95 % interval by recording)` : ''}.
Float against int8, exact McNemar test: ${floatVersusInt8.onlyFirstRight} clips right in float alone, ${floatVersusInt8.onlySecondRight} in int8 alone, p = ${floatVersusInt8.p.toFixed(3)}.</p>
<div class="row"><div>${htmlTable(['fold', 'patch float', 'patch int8', 'clip float', 'clip int8', 'C equals engine'], [
    ...rows,
    ['mean', percent(mean.patch.float), percent(mean.patch.int8), percent(mean.clip.float), percent(mean.clip.int8), ''],
    ['± std', '', '', percent(std.clip.float), percent(std.clip.int8), ''],
  ])}</div><div>${await foldChart(folds)}</div></div>
<h3>Confusion of clips, int8, all test folds</h3>
${await confusionChart(classes, pooled.int8.clip.confusion!)}
<h3>Memory of the C library, fold ${folds[0]!.fold}</h3>
<div class="row"><div>${htmlTable(['KiB', 'ours', 'published'], [
    ['activations (arena)', kib(memory.ram.activations), published ? published.activations.toFixed(2) : ''],
    ['scratch', kib(memory.ram.scratch), 'in runtime'],
    ['input and output', kib(memory.ram.input + memory.ram.output), 'in activations'],
    ['stack', kib(memory.ram.stack), published ? `${published.runtimeRam.toFixed(2)} (runtime)` : ''],
    ['RAM in all', kib(memory.ram.total), published ? published.totalRam.toFixed(2) : ''],
    ['weights', kib(memory.flash.weights), published ? published.weights.toFixed(2) : ''],
    ['tables', kib(memory.flash.tables), ''],
    ['code', kib(memory.flash.code), published ? published.code.toFixed(2) : ''],
    ['flash in all', kib(memory.flash.total), published ? published.totalFlash.toFixed(2) : ''],
  ])}<p>${memory.compiler === null ? 'No compiler was found: code and stack are not counted.' : `Code and stack: ${escapeHtml(memory.compiler)}.`} Published: X-CUBE-AI 10.0.0 on the B-U585I-IOT02A.</p></div>
<div>${await memoryChart(model)}</div></div>`
}

import { escapeHtml, htmlPage, htmlTable, kib, percent } from '@aed/report'
import { planSvg, TARGETS, type CycleEstimate } from '@aed/stm32-deploy'
import type { Deployment } from './deployment.ts'
import { PUBLISHED } from './published.ts'
import type { ChainVerification } from './verify-deployment.ts'

const million = (count: number | null | undefined) => (count === null || count === undefined ? '–' : `${(count / 1e6).toFixed(2)} M`)
const ms = (value: number | null | undefined) => (value === null || value === undefined ? '–' : `${value.toFixed(1)} ms`)
const count = (value: number | null) => (value === null ? '–' : value.toLocaleString('en'))

/** Rows of memory, beside the published figures where the network is as large as one of those. */
export function memoryRows({ memory, flash, chain, head, macs }: Deployment): readonly (readonly string[])[] {
  const published = publishedFor(macs)
  return [
    ['activations', 'planned', kib(memory.activation), published ? published.activations.toFixed(2) : '–'],
    ['scratch', 'planned', kib(memory.scratch), '–'],
    ['arena, which holds both', 'planned', kib(memory.arena), '–'],
    ['input patch', 'planned', kib(memory.input), '–'],
    ['stack of the network', 'by the compiler', kib(memory.stack), '–'],
    ['RAM of the network in all', 'sum', kib(memory.total), published ? published.totalRam.toFixed(2) : '–'],
    ['weights', 'planned', kib(flash.weights), published ? published.weights.toFixed(2) : '–'],
    ['tables', 'planned', kib(flash.tables), '–'],
    ['code of the network', 'by the compiler', kib(flash.code), published ? published.code.toFixed(2) : '–'],
    ['flash of the network in all', 'by the compiler', kib(flash.total), published ? published.totalFlash.toFixed(2) : '–'],
    ...(chain
      ? [
          ['front end and decisions: RAM beside arena and patch', 'by the compiler', kib(chain.state - chain.parts.patch - chain.parts.work - chain.parts.clip), '–'],
          ['… of it the ring buffer', 'by the compiler', kib(chain.parts.buffer), '–'],
          ['… what the arena grows by for the front end', 'by the compiler', kib(Math.max(0, chain.parts.work - memory.arena)), '–'],
          ['front end and decisions: code', 'by the compiler', kib(chain.code), '–'],
          ['front end and decisions: tables', 'by the compiler', kib(chain.tables), '–'],
          ['stack of poll, the network within', 'by the compiler', kib(chain.stack), '–'],
          ...(head ? [] : [['clip head: RAM', 'by the compiler', kib(chain.clipState), '–']]),
        ]
      : []),
    ...(head
      ? [
          ['clip head: RAM for a clip', chain ? 'by the compiler' : 'planned', kib(chain?.clipState ?? head.state), '–'],
          ['clip head: weights, and what standardises', 'planned', kib(head.flash), '–'],
          ['clip head: code', 'by the compiler', kib(chain?.head?.code ?? null), '–'],
        ]
      : []),
  ]
}

/** Heading and rows of what each block of a clip head costs and gives; no row without such a head. */
export function headRows({ head, verified }: Pick<Deployment, 'head' | 'verified'>): { readonly heading: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  const without = verified?.chain?.without ?? null
  return {
    heading: ['block of the clip head', 'features', 'RAM it reads, B', 'of it no other, B', 'flash, B', ...(without ? ['accuracy without it'] : [])],
    rows: (head?.blocks ?? []).map(({ name, kind, features, state, ownState, flash }, i) => [`${name} (${kind})`, count(features), count(state), count(ownState), count(flash), ...(without ? [percent(without[i]!.accuracy)] : [])]),
  }
}

const estimatedWithin = (estimate: CycleEstimate | null | undefined) => (estimate ? `estimated, ± ${percent(estimate.error)}` : 'estimated')

/** Rows of time; each says whether it is measured or estimated. */
export function timeRows({ verified, estimate, macs, head }: Deployment): readonly (readonly string[])[] {
  const published = publishedFor(macs)
  const { emulator, chain } = verified ?? { emulator: null, chain: null }
  const off = estimatedWithin(estimate?.network)
  const second = estimate?.second ?? null
  const within = estimatedWithin(estimate?.period)
  const listening = head ? 'front end, network, clip head and its scores' : 'front end, network, decisions'
  return [
    ['instructions of the network, a patch', 'measured on the emulated core', million(emulator?.instructions), '–'],
    ['instructions of the front end, a frame (mean, most)', 'measured on the emulated core', chain?.frame ? `${count(chain.frame.mean)}, ${count(chain.frame.most)}` : '–', '–'],
    ['instructions of the front end, 50 frames', 'measured on the emulated core', chain?.frame ? million(50 * chain.frame.mean) : '–', '–'],
    ...(chain?.headWork?.frame ? [['… of it moments and levels of the clip head, a frame', 'measured on the emulated core', count(chain.headWork.frame), '–']] : []),
    ...(chain?.headWork?.second ? [['… of it envelopes of the clip head, a second', 'measured on the emulated core', million(chain.headWork.second), '–']] : []),
    ['instructions of the longest call of poll', 'measured on the emulated core', million(chain?.poll), '–'],
    ...(chain?.head ? [['… of it the scores of the clip', 'measured on the emulated core', million(chain.head), '–']] : []),
    ['cycles of the network, a patch', off, million(estimate?.network.cycles), published ? million(published.time * 160e3) : '–'],
    ['time of the network, a patch', off, ms(estimate?.network.milliseconds), published ? ms(published.time) : '–'],
    [`time of the front end, a frame${head ? ', one of the first of a clip' : ''}`, estimatedWithin(estimate?.frame), ms(estimate?.frame?.milliseconds), '–'],
    [`part of the time that listening takes: ${listening}`, within, second ? percent(second.load) : '–', '–'],
    ['energy of the network, a patch', off, estimate?.network.millijoules ? `${estimate.network.millijoules.toFixed(2)} mJ` : '–', '–'],
    [`energy of listening, a second: ${listening}; the core asleep in between not counted`, within, second?.millijoules ? `${second.millijoules.toFixed(2)} mJ` : '–', '–'],
  ]
}

function publishedFor(macs: number) {
  // The multiplications of the published network's two sizes.
  return { 14_832_640: PUBLISHED[0], 27_269_120: PUBLISHED[1] }[macs]
}

/** What was compared with what, one sentence each. */
export function verificationLines({ verified, head }: Deployment): readonly string[] {
  if (!verified) return []
  const { layers, emulator, serial, chain } = verified
  const what = head ? 'features and scores' : 'bytes'
  return [
    ...(verified.inputs > 0 ? [`this machine: the same ${what} as the engine on ${verified.equal} of ${verified.inputs} inputs`] : []),
    ...(layers ? [`this machine, every layer: ${count(layers.values)} bytes of ${layers.layers} tensors equal to the engine's, on ${layers.inputs} inputs${layers.patches > 0 ? `, of them ${layers.patches} patches of clips` : ''}`] : []),
    ...[emulator, serial].flatMap((run) => (run ? [`${run.device}: the same ${what} on ${run.equal} of ${run.inputs} inputs; stack ${run.stack} B and arena ${run.arena} B, by painting${run.seconds === null ? '' : `; ${(1000 * run.seconds).toFixed(1)} ms a patch, measured`}`] : [])),
    ...(chain
      ? [
          `${chain.device}, the whole chain from 16-bit samples: ${head ? 'scores of the clip after each' : 'outputs, scores and events'} of ${chain.equalPatches} of ${chain.patches} patches and ${chain.equalLabels} of ${chain.clips} labels equal to the chain in TypeScript${chain.accuracy ? `; accuracy on ${chain.clips} clips ${percent(chain.accuracy.device)}, in TypeScript ${percent(chain.accuracy.typescript)}` : ' (a synthetic recording)'}`,
          ...unknownLines(chain),
        ]
      : []),
  ]
}

/** What becomes of clips that are called unknown. */
function unknownLines({ unknown, clips, device: board }: ChainVerification): readonly string[] {
  if (!unknown) return []
  const { device, typescript, kept } = unknown
  return [`${board}, unknown where the score is too low: ${device} of ${clips} clips, in TypeScript ${typescript}${kept ? `; right and kept ${percent(kept.device)}, in TypeScript ${percent(kept.typescript)}` : ''}`]
}

/** The deployment as one HTML page: memory, time, proof, code by function, layers, and the arena over time. */
export function renderDeploymentHtml(deployment: Deployment): string {
  const { name, model, target, plan, footprint, layers, notes, estimate, head, verified } = deployment
  const heading = ['', 'how known', 'KiB', 'X-CUBE-AI 10.0, KiB']
  const lines = verificationLines(deployment)
  const timing = TARGETS[target].timing
  const mix = estimate ? Object.entries(estimate.network.mix).map(([kind, n]) => [kind, million(n), percent(n / estimate.network.instructions)]) : []
  const parts = estimate
    ? ([
        ['instructions and what they wait for each other', estimate.network.coreCycles],
        ['instructions and constants on one bus', estimate.network.busCycles],
        [`lines from flash, ${count(estimate.network.misses)} of them`, estimate.network.missCycles],
      ] as const).map(([name, n]) => [name, million(n), percent(n / estimate.network.cycles)])
    : []
  const body = [
    `<p>${escapeHtml(`Library '${name}' of the model '${model}' for ${TARGETS[target].description}, plan ${plan}${footprint ? `, ${footprint.compiler}` : ''}.`)}</p>`,
    lines.length === 0 ? '' : `<h2>Proof</h2><ul>${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul>`,
    '<h2>Memory</h2>',
    htmlTable(heading, memoryRows(deployment)),
    head ? `<h2>Clip head</h2>${htmlTable(headRows(deployment).heading, headRows(deployment).rows)}<p>${escapeHtml(`Statistics are taken in while the network runs: no activation is kept for them. ${head.proof}. ${verified?.chain?.without ? 'Accuracy without a block: its features at their means, the rest of the head as it is, on the clips verified; a head trained without it would do better.' : 'What a block gives in accuracy: --verify --data says.'}`)}</p>` : '',
    '<h2>Time and energy</h2>',
    htmlTable(['', 'how known', '', 'X-CUBE-AI 10.0'], timeRows(deployment)),
    timing && estimate
      ? `<p>${escapeHtml(`Estimated: each instruction that the emulated core ran, with what it waits for the one before it; ${timing.source}. No board has been measured: the figures may be ${percent(estimate.network.error)} off to either side.`)}</p>${htmlTable(['cycles of the network', 'a patch', 'part'], parts)}${htmlTable(['instructions of the network', 'a patch', 'part'], mix)}`
      : '',
    '<h2>The arena over time</h2>',
    planSvg(deployment),
    footprint ? `<h2>Code of the network by function</h2>${htmlTable(['function', 'bytes'], footprint.functions.map(({ name: title, bytes }) => [title, count(bytes)]))}` : '',
    '<h2>Layers</h2>',
    htmlTable(['layer', 'kernel', 'multiplications', 'calls', 'constants, B', 'instructions'], layers.map((layer) => [`${layer.name} (${layer.op})`, layer.kernel, count(layer.macs), count(layer.calls), count(layer.constants), count(layer.instructions)])),
  ]
  return htmlPage({ title: `${name}: what the C library takes`, notes, body: body.join('\n') })
}

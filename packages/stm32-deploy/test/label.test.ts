import path from 'node:path'
import { acceptedClass, createRandom, unknownThresholds, type ModelCard } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { generateC } from '../src/generate-c.ts'
import { STRICT_FLAGS } from '../src/node/host-build.ts'
import { unpack } from '../src/node/library-files.ts'
import { runTool } from '../src/node/run-tool.ts'
import { Int8Graphs } from './int8-graphs.ts'
import { cardWith, HEADS, tappedNetwork } from './clip-heads.ts'
import { describeWith } from './tools.ts'

const CLASSES = ['a', 'b', 'c', 'd']
const g = new Int8Graphs('label', [1, 6, 5, 1])
const graph = g.build(g.softmax(g.dense(g.flatten(g.conv2d(g.input, 4)), CLASSES.length)))
const cardOf = (unknownBelow?: number | number[]): ModelCard => ({ schema: 'aed-model/1', name: 'label', classes: CLASSES, features: null, head: { kind: 'meanScores' }, ...(unknownBelow !== undefined && { unknownBelow }), provenance: {}, licence: 'CC0-1.0' })

/** Scores in, labels out. */
const DRIVER = `#include <stdio.h>
#include "net.h"

int main(void)
{
    float scores[NET_CLASSES];

    while (fread(scores, sizeof scores, 1, stdin) == 1) {
        const int32_t label = net_label(scores);

        fwrite(&label, sizeof label, 1, stdout);
    }
    return net_label(NULL) == NET_UNKNOWN ? 0 : 1;
}
`

async function labelsOf(files: Readonly<Record<string, string>>, scores: Float32Array, flags: readonly string[]): Promise<number[]> {
  const { dir, remove } = await unpack({ ...files, 'driver.c': DRIVER })
  try {
    await runTool('gcc', [...STRICT_FLAGS, ...flags, '-Iinclude', 'src/net_label.c', 'driver.c', '-o', 'driver'], { cwd: dir })
    const { stdout } = await runTool(path.join(dir, 'driver'), [], { input: new Uint8Array(scores.buffer) })
    return [...new Int32Array(Uint8Array.from(stdout).buffer)]
  } finally {
    await remove()
  }
}

/** A float32 that is so many float32 values above another one of more than 0. */
function away(value: number, steps: number): number {
  const bits = Float32Array.of(value)
  new Int32Array(bits.buffer)[0]! += steps
  return bits[0]!
}

const random = createRandom('labels')
/** Thresholds that are float32 values, that lie between two of them, and at the ends. */
const THRESHOLDS = [0, 1e-46, 1e-40, 0.25, 0.1, 1 / 3, 0.5 - 1e-12, 0.5 + 1e-12, 0.9999999999, 1, ...Array.from({ length: 4 }, () => random.between(0, 1))]

describeWith(['gcc'], 'NAME_label', () => {
  it.each([
    ['one for all', THRESHOLDS.map((threshold) => threshold)],
    ['one a class', THRESHOLDS.map((threshold) => [threshold, random.between(0, 1), 2, 1e300].map((_, c, all) => all[(c + Math.floor(4 * threshold)) % 4]!))],
  ] as const)('is what core says of every score around the thresholds, of ties and of others: %s', async (_, all) => {
    for (const [i, unknownBelow] of all.entries()) {
      const card = cardOf(typeof unknownBelow === 'number' ? unknownBelow : [...unknownBelow])
      const lowest = unknownThresholds(card)!
      const rows = [
        ...lowest.flatMap((threshold, c) => [-3, -2, -1, 0, 1, 2, 3].map((steps) => CLASSES.map((__, other) => (other === c && threshold < 1e300 ? away(Math.max(threshold, 1e-44), steps) : 0)))),
        ...lowest.map((threshold) => CLASSES.map(() => threshold)),
        ...lowest.map((threshold, c) => CLASSES.map((__, other) => (other < c ? 0 : Math.min(1, threshold)))),
        ...Array.from({ length: 300 }, () => CLASSES.map(() => random.between(0, 1))),
        ...Array.from({ length: 100 }, () => CLASSES.map(() => random.integer(3) / 2)),
        [0, 0, 0, 0], [-0, 0, -0, 0], [-1, -2, -1, -3],
      ]
      const scores = Float32Array.from(rows.flat())
      const expected = rows.map((__, row) => acceptedClass(scores.subarray(4 * row, 4 * row + 4), lowest))
      expect(await labelsOf(generateC({ graph, card }).files, scores, i % 2 === 0 ? ['-O2'] : ['-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'])).toEqual(expected)
      if (unknownBelow !== 0) expect(expected).toContain(-1)
      if (typeof unknownBelow === 'number') expect(new Set(expected).size).toBeGreaterThan(3)
    }
  })

  it('takes the first of the highest scores of a model without thresholds, whatever they are', async () => {
    const rows = [...Array.from({ length: 300 }, () => CLASSES.map(() => random.integer(5) / 4 - 0.5)), [-1, -1, -2, -1]]
    const scores = Float32Array.from(rows.flat())
    expect(await labelsOf(generateC({ graph, card: cardOf() }).files, scores, ['-O2'])).toEqual(rows.map((__, row) => acceptedClass(scores.subarray(4 * row, 4 * row + 4), null)))
  })
})

describe('generateC of a model that knows unknown clips', () => {
  it('says so in header and report, keeps no table for a model without, and has no label for a network without classes', () => {
    const one = generateC({ graph, card: cardOf(0.62) })
    expect(one.files['include/net.h']).toContain('lowest score with which the model accepts that class: 0.62.')
    expect(one.report).toMatchObject({ thresholds: [0.62, 0.62, 0.62, 0.62], notes: expect.arrayContaining(['net_label calls unknown what scores below 0.62.']) })
    expect(generateC({ graph, card: cardOf([0.5, 0.25, 2, 0.75]) }).files['include/net.h']).toContain('accepts that class: 0.25 to 0.75, one a class; one class is never the answer.')
    const plain = generateC({ graph, card: cardOf() })
    expect([plain.report.thresholds, plain.files['src/net_label.c']!.includes('lowest')]).toEqual([null, false])
    expect(Object.keys(generateC({ graph, card: null }).files).join()).not.toContain('label')
    expect(() => generateC({ graph, card: cardOf([0.5]) })).toThrow(expect.objectContaining({ code: 'MODEL_MISMATCH' }))
    const tapped = tappedNetwork(1)
    expect(generateC({ graph: tapped, card: { ...cardWith(tapped, HEADS['one tap']!(tapped.outputs), 1), unknownBelow: 0.5 } }).report.thresholds).toEqual([0.5, 0.5, 0.5, 0.5])
  })

  it('has no thresholds for logits, and notes it', () => {
    const { files, report } = generateC({ graph, card: cardOf(0.62) }, { logits: true })
    expect([report.thresholds, files['src/net_label.c']!.includes('lowest')]).toEqual([null, false])
    expect(report.notes.join()).toContain("the card's threshold of unknown says nothing")
  })
})

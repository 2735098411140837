import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { bipartiteMatch } from './event-matching.ts'
import { evaluateEvents, type EventOptions, type RecordingEvents, type SedMetrics } from './events.ts'

type Figures = Readonly<Record<string, number | null>>
interface Golden {
  readonly overall: Figures
  readonly average: Figures
  readonly perClass: readonly Figures[]
}
const { classes, cases } = JSON.parse(readFileSync(new URL('../test/golden/events.json', import.meta.url), 'utf8')) as {
  classes: readonly string[]
  cases: readonly { name: string; options: EventOptions; recordings: readonly RecordingEvents[]; eventBased: Golden; segmentBased: Golden }[]
}

function expectFigures(found: SedMetrics, wanted: Golden): void {
  const near = (ours: object, theirs: Figures) => {
    for (const [name, value] of Object.entries(theirs)) {
      const own = (ours as Figures)[name]!
      if (value === null) expect([name, own]).toEqual([name, null])
      else expect([name, Math.abs(own - value) < 1e-9]).toEqual([name, true])
    }
  }
  near(found.overall, wanted.overall)
  near(found.classWiseAverage, wanted.average)
  wanted.perClass.forEach((figures, c) => near(found.perClass[c]!, figures))
}

describe('evaluateEvents', () => {
  for (const { name, options, recordings, eventBased, segmentBased } of cases) {
    it(`gives sed_eval's event-based figures within 1e-9: ${name}`, () => expectFigures(evaluateEvents({ classes, recordings }, options).eventBased, eventBased))
    it(`gives sed_eval's segment-based figures within 1e-9: ${name}`, () => expectFigures(evaluateEvents({ classes, recordings }, options).segmentBased, segmentBased))
  }

  const one = (label: string, onset: number, offset: number) => ({ label, onset, offset })

  it('is perfect for what was heard as it is, and null with a reason where there is nothing', () => {
    const events = [one('a', 0, 1), one('b', 0.5, 2), one('a', 3, 4)]
    const { eventBased, segmentBased } = evaluateEvents({ classes: ['a', 'b', 'c'], recordings: [{ id: 'r', duration: 5, reference: events, estimated: events }] })
    for (const { overall, classWiseAverage, perClass, undefinedMetrics } of [eventBased, segmentBased]) {
      expect(overall).toMatchObject({ precision: 1, recall: 1, f1: 1, errorRate: 0 })
      expect(classWiseAverage).toEqual({ precision: 1, recall: 1, f1: 1, errorRate: 0 })
      expect(perClass[2]).toMatchObject({ precision: null, recall: null, f1: null, errorRate: null })
      expect(undefinedMetrics).toContainEqual({ metric: 'recall', class: 'c', reason: expect.stringMatching(/^no (event|segment) is of this class$/) })
    }
  })

  it('takes the error rate apart: right place and wrong class is a substitution', () => {
    const { overall } = evaluateEvents({ classes: ['a', 'b'], recordings: [{ id: 'r', duration: 9, reference: [one('a', 0, 1), one('a', 4, 5)], estimated: [one('b', 0, 1), one('a', 8, 9)] }] }).eventBased
    expect(overall).toMatchObject({ substitutionRate: 0.5, deletionRate: 0.5, insertionRate: 0.5, errorRate: 1.5, f1: 0 })
  })

  for (const [what, change, code, message] of [
    ['an offset before the onset', { reference: [one('a', 2, 1)] }, 'INVALID_INPUT', /recording "r", reference event 0/],
    ['NaN', { estimated: [one('a', 0, 1), one('a', NaN, 1)] }, 'INVALID_INPUT', /estimated event 1/],
    ['an unknown class', { estimated: [one('x', 0, 1)] }, 'UNKNOWN_CLASS', /label "x"/],
    ['no length', { duration: 0 }, 'INVALID_INPUT', /length above 0/],
  ] as const)
    it(`refuses ${what}`, () => {
      const recordings: RecordingEvents[] = [Object.assign({ id: 'r', duration: 5, reference: [], estimated: [] }, change)]
      expect(() => evaluateEvents({ classes: ['a'], recordings })).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }))
    })
})

describe('bipartiteMatch', () => {
  it('finds a matching as large as any, for small graphs', () => {
    fc.assert(
      fc.property(fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 4 }), { maxLength: 5 }), { maxLength: 5 }), (neighbours) => {
        const graph = new Map(neighbours.map((list, u) => [u, list] as const).filter(([, list]) => list.length > 0))
        const matching = bipartiteMatch(graph)
        expect(new Set(matching.values()).size).toBe(matching.size)
        for (const [v, u] of matching) expect(graph.get(u)).toContain(v)
        const best = (lists: readonly (readonly number[])[], used: ReadonlySet<number>): number =>
          lists.length === 0 ? 0 : Math.max(best(lists.slice(1), used), ...lists[0]!.filter((v) => !used.has(v)).map((v) => 1 + best(lists.slice(1), new Set([...used, v]))))
        expect(matching.size).toBe(best(neighbours, new Set()))
      }),
      { numRuns: 200 },
    )
  })
})

import { describe, expect, it } from '@jest/globals'
import { createRandom, detectEvents } from '@aed/core'
import fc from 'fast-check'
import { activeEvents, countClass } from './detection-figures.ts'
import { detectionFigures, tuneDetection } from './tune-detection.ts'

const timing = { period: 1, patchLength: 1 }
const event = (onset: number, offset: number, label = 'a') => ({ label, onset, offset })
const stream = (scores: readonly number[], reference = [event(2, 4)], id = 'r') => ({ id, scores: Float32Array.from(scores), duration: scores.length, reference })

describe('countClass', () => {
  const count = (scores: readonly number[], events: readonly ReturnType<typeof event>[], rest = 1) => countClass(Float32Array.from(scores), events, 0.5, rest, timing, 0.5)

  it('counts the first detection in an event as its hit, others in it as nothing, and those outside as false alarms', () => {
    // Patches end at 1, 2, 3, ... s.
    expect(count([1, 0, 1, 1, 0, 1], [event(2, 4)])).toEqual({ events: 1, hits: 1, falseAlarms: 2, latencies: [1] })
    expect(count([0, 1, 0, 0], [event(2, 4)])).toEqual({ events: 1, hits: 1, falseAlarms: 0, latencies: [0] })
    expect(count([0, 0, 0, 0], [event(2, 4)])).toEqual({ events: 1, hits: 0, falseAlarms: 0, latencies: [] })
  })

  it('forgives a detection within the tolerance after the end', () => {
    expect(count([0, 0, 0, 0, 1], [event(2, 4.5)]).hits).toBe(1)
    expect(count([0, 0, 0, 0, 1], [event(2, 4.4)])).toMatchObject({ hits: 0, falseAlarms: 1 })
  })

  it('hits overlapping events one after another', () => {
    expect(count([0, 0, 1, 1, 0, 0], [event(1, 5), event(2, 5)])).toMatchObject({ hits: 2, falseAlarms: 0 })
  })

  it('fires when core’s detector does, for any scores', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 3 }), (values, smoothing, refractory) => {
        const scores = Float32Array.from(values, (value) => value / 4)
        const parameters = { smoothing, thresholds: [0.5], refractory }
        const fired = detectEvents(scores, parameters, 1)
        const figures = detectionFigures({ classes: ['a'], streams: [{ id: 'r', scores, duration: values.length, reference: [] }], parameters, ...timing })
        expect(figures.falseAlarms).toBe(fired.length)
      }),
      { numRuns: 200 },
    )
  })
})

describe('tuneDetection', () => {
  // The event scores 0.8; a single patch elsewhere scores 0.9, which only smoothing tells apart.
  const noisy = stream([0, 0, 0.8, 0.8, 0.8, 0, 0, 0.9, 0, 0, 0, 0], [event(2, 5)])

  it('gives a front on which fewer misses cost more false alarms, and chooses by the false alarms that may occur', () => {
    const { front, chosen, settings } = tuneDetection({ classes: ['a'], streams: [noisy], ...timing }, { maxFalseAlarms: 0 })
    expect(chosen.figures).toMatchObject({ events: 1, hits: 1, misses: 0, falseAlarms: 0 })
    expect(chosen.parameters.smoothing).toBeGreaterThan(1)
    expect(front.map(({ figures }) => figures.misses)).toEqual([...front.map(({ figures }) => figures.misses)].sort((a, b) => b - a))
    expect(settings).toBe(5 * 4 * 100)
    expect(chosen.perClass).toMatchObject([{ class: 'a', misses: 0 }])
  })

  it('chosen figures are what the parameters give when they are run', () => {
    const random = createRandom(5)
    const classes = ['a', 'b', 'c']
    const streams = Array.from({ length: 3 }, (_, s) => {
      const reference = Array.from({ length: 6 }, (_e, i) => event(10 * i + 2, 10 * i + 5, classes[random.integer(2)]))
      const scores = Float32Array.from({ length: 180 }, (_v, i) => {
        const [time, c] = [Math.floor(i / 3), i % 3]
        const on = reference.some(({ label, onset, offset }) => label === classes[c] && onset < time && time < offset)
        return Math.min(1, Math.max(0, (on ? 0.6 : 0.2) + 0.2 * random.normal()))
      })
      return { id: `s${s}`, scores, duration: 60, reference }
    })
    for (const perClass of [false, true]) {
      const { chosen, front } = tuneDetection({ classes, streams, ...timing }, { perClass, garbageClass: 'c', maxFalseAlarms: 60 })
      expect(chosen.parameters.thresholds[2]).toBe(2)
      const run = detectionFigures({ classes, streams, parameters: chosen.parameters, ...timing })
      expect(run).toEqual({ ...chosen.figures, perClass: chosen.perClass })
      expect(front.length).toBeGreaterThan(1)
      expect(run.falseAlarmsPerHour).toBeLessThanOrEqual(60)
    }
  })

  it('takes the fewest false alarms where none is few enough', () => {
    const { chosen, front } = tuneDetection({ classes: ['a'], streams: [stream([1, 1, 1, 1, 1, 1], [event(0, 1)])], ...timing }, { maxFalseAlarms: 0, maxSmoothing: 1, maxRefractory: 0 })
    expect(chosen.figures.falseAlarms).toBe(front[0]!.figures.falseAlarms)
  })

  for (const [what, change, code, message] of [
    ['no events', { streams: [stream([0, 1], [])] }, 'INVALID_INPUT', /no recording has an event/],
    ['NaN', { streams: [stream([0, NaN], [event(0, 1)])] }, 'INVALID_INPUT', /patch 1, class 'a'/],
    ['rows that are not whole', { classes: ['a', 'b'], streams: [stream([0, 1, 1], [event(0, 1)])] }, 'INVALID_INPUT', /rows of 2 scores/],
    ['an unknown label', { streams: [stream([0, 1], [event(0, 1, 'x')])] }, 'UNKNOWN_CLASS', /"x"/],
    ['no period', { period: 0 }, 'INVALID_INPUT', /period/],
  ] as const)
    it(`refuses ${what}`, () => {
      expect(() => tuneDetection(Object.assign({ classes: ['a'], streams: [noisy], ...timing }, change))).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }))
    })
})

describe('activeEvents', () => {
  it('joins patches to events and bridges gaps shorter than the refractory time', () => {
    const scores = Float32Array.of(0, 1, 1, 0, 1, 0, 0, 0, 1)
    const at = (refractory: number) => activeEvents(['a'], { scores, duration: 8.5 }, { smoothing: 1, thresholds: [0.5], refractory }, timing).map(({ onset, offset }) => [onset, offset])
    expect(at(0)).toEqual([[1, 3], [4, 5], [8, 8.5]])
    expect(at(2)).toEqual([[1, 5], [8, 8.5]])
  })
})

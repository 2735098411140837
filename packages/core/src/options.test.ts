import { describe, expect, it } from '@jest/globals'
import * as v from 'valibot'
import { describeOptions, option, parseOptions } from './options.ts'

const schema = v.strictObject({
  fmin: option.number(20, 'lower edge', { min: 0, max: 100, unit: 'Hz' }),
  amin: option.number(1e-10, 'floor', { min: 0, exclusiveMin: true }),
  bands: option.integer(64, 'mel bands', { min: 1 }),
  topDb: option.numberOrNone(80, 'range', { min: 0, unit: 'dB' }),
  winLength: option.integerOrNone(null, 'window', { min: 1 }),
  center: option.boolean(true, 'centred'),
  window: option.choice(['hann', 'hamming'], 'hann', 'window'),
  norm: option.choiceOrNone(['slaney'], 'slaney', 'bands of equal area'),
  power: option.numberChoice([2, 1], 2, 'exponent'),
  dbRef: option.choiceOrNumber(['clip', 'patch'], 'clip', 'reference', { min: 0, exclusiveMin: true }),
  name: option.text('net', 'name'),
  labels: option.textOrNone(null, 'file'),
})
const defaults = { fmin: 20, amin: 1e-10, bands: 64, topDb: 80, winLength: null, center: true, window: 'hann', norm: 'slaney', power: 2, dbRef: 'clip', name: 'net', labels: null }

describe('parseOptions', () => {
  it('fills in the defaults: of nothing, of undefined fields, of some fields', () => {
    for (const input of [undefined, null, {}, { fmin: undefined }]) expect(parseOptions(schema, input, 'mel')).toEqual(defaults)
    expect(parseOptions(schema, { fmin: 0, topDb: null, dbRef: 0.5 }, 'mel')).toEqual({ ...defaults, fmin: 0, topDb: null, dbRef: 0.5 })
  })

  it('takes the bounds themselves, and none where it is a value', () => {
    for (const input of [{ fmin: 0 }, { fmin: 100 }, { bands: 1 }, { amin: 5e-324 }, { dbRef: null }, { norm: null }, { labels: 'x' }]) expect(parseOptions(schema, input, 'mel')).toMatchObject(input)
  })

  const bad: readonly (readonly [input: unknown, message: string])[] = [
    [{ fmin: -1 }, 'mel: fmin takes at least 0, got -1'],
    [{ fmin: 101 }, 'mel: fmin takes at most 100, got 101'],
    [{ fmin: '20' }, 'mel: fmin takes a number, got "20"'],
    [{ fmin: NaN }, 'mel: fmin takes a number, got NaN'],
    [{ fmin: Infinity }, 'mel: fmin takes a finite number, got Infinity'],
    [{ fmin: null }, 'mel: fmin takes a number, got null'],
    [{ amin: 0 }, 'mel: amin takes more than 0, got 0'],
    [{ bands: 1.5 }, 'mel: bands takes a whole number, got 1.5'],
    [{ topDb: -1 }, 'mel: topDb takes at least 0, got -1'],
    [{ winLength: 0 }, 'mel: winLength takes at least 1, got 0'],
    [{ center: 1 }, 'mel: center takes true or false, got 1'],
    [{ window: 'blackman' }, 'mel: window takes "hann" or "hamming", got "blackman"'],
    [{ power: 3 }, 'mel: power takes 2 or 1, got 3'],
    [{ dbRef: 'max' }, 'mel: dbRef takes "clip" or "patch" or a number, got "max"'],
    [{ dbRef: 0 }, 'mel: dbRef takes more than 0, got 0'],
    [{ name: 1 }, 'mel: name takes a text, got 1'],
    [{ nfft: 1024 }, 'mel: nfft is not an option'],
    [{ 'two\nlines': 1 }, 'mel: two lines is not an option'],
    [{ window: 'two\r\nlines' }, 'mel: window takes "hann" or "hamming", got "two lines"'],
    [5, 'mel takes an object, got 5'],
    ['text', 'mel takes an object, got "text"'],
  ]
  for (const [input, message] of bad)
    it(`says: ${message}`, () => {
      expect(() => parseOptions(schema, input, 'mel')).toThrow(expect.objectContaining({ name: 'AedError', code: 'INVALID_OPTION', message }))
    })

  it('names a field of a field by its path', () => {
    expect(() => parseOptions(v.strictObject({ mel: schema }), { mel: { fmin: -1 } }, 'config')).toThrow('config: mel.fmin takes at least 0, got -1')
  })
})

describe('describeOptions', () => {
  it('tells a list, which no flag can hold', () => {
    expect(describeOptions(v.strictObject({ steps: v.optional(v.pipe(v.array(v.string()), v.metadata({ description: 'words' })), []) }))).toMatchObject([{ name: 'steps', kind: 'list', default: [], description: 'words' }])
  })

  it('gives kind, choices, default, unit and description of each field in order', () => {
    const described = describeOptions(schema)
    expect(described.map(({ name, default: value }) => [name, value])).toEqual(Object.entries(defaults))
    expect(described.map(({ kind, nullable }) => (nullable ? `${kind} or none` : kind))).toEqual([
      'number',
      'number',
      'integer',
      'number or none',
      'integer or none',
      'boolean',
      'choice',
      'choice or none',
      'choice',
      'choiceOrNumber or none',
      'text',
      'text or none',
    ])
    expect(described.find(({ name }) => name === 'fmin')).toEqual({ name: 'fmin', kind: 'number', choices: [], nullable: false, default: 20, description: 'lower edge', unit: 'Hz' })
    expect(Object.fromEntries(described.map(({ name, choices }) => [name, choices]))).toMatchObject({ window: ['hann', 'hamming'], norm: ['slaney'], power: [2, 1], dbRef: ['clip', 'patch'], name: [] })
  })
})

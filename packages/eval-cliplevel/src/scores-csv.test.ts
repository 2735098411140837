import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { goldens, patchScores, scoresOf } from '../test/fixtures.ts'
import { formatScoresCsv, parseScoresCsv } from './scores-csv.ts'

const HEADER = 'clip,source,label,dog,rain\n'

describe('parseScoresCsv', () => {
  it('reads patches, clips in order of appearance, recordings and labels', () => {
    expect(parseScoresCsv(`${HEADER}a,r1,dog,0.75,0.25\nb,r2,rain,1e-3,.5\na,r1,dog,+1.,0\n`)).toEqual({
      classes: ['dog', 'rain'],
      clips: [
        { id: 'a', label: 'dog', source: 'r1', fold: null },
        { id: 'b', label: 'rain', source: 'r2', fold: null },
      ],
      clipOfPatch: Int32Array.of(0, 1, 0),
      scores: Float32Array.of(0.75, 0.25, 0.001, 0.5, 1, 0),
    })
  })

  it('finds the columns by their names, in any order', () => {
    expect(parseScoresCsv('dog,label,rain,clip,source\n0.75,dog,0.25,a,r1\n')).toEqual(parseScoresCsv(`${HEADER}a,r1,dog,0.75,0.25\n`))
  })

  it('reads the classes of a clip that has several between |, and writes them so', () => {
    const text = `${HEADER}a,r1,dog|rain,0.5,0.5\nb,r2,rain,0.25,1\n`
    const scores = parseScoresCsv(text)
    expect(scores.clips.map(({ label, labels }) => [label, labels])).toEqual([['dog', ['dog', 'rain']], ['rain', undefined]])
    expect(formatScoresCsv(scores)).toBe(text)
    expect(parseScoresCsv('clip,source,label,a|b\nx,r,a|b,1\n').clips[0]!.label).toBe('a|b')
    expect(() => parseScoresCsv(`${HEADER}a,r1,dog|sea,1,0\n`)).toThrow(expect.objectContaining({ code: 'UNKNOWN_CLASS', message: expect.stringMatching(/line 2: label "sea"/) }))
  })

  it('says of logits what to write instead', () => {
    expect(() => parseScoresCsv(`${HEADER}a,r,dog,-3.5,2\n`)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT', hint: expect.stringMatching(/softmax or logistic/) }))
  })

  it('takes CRLF, a lone CR, a byte order mark, empty lines and a missing last line end', () => {
    const rows = ['clip,source,label,dog,rain', 'a,r1,dog,0.5,0.5', '', 'b,r2,rain,0,1']
    const expected = parseScoresCsv(rows.join('\n'))
    for (const end of ['\r\n', '\r']) expect(parseScoresCsv(`\uFEFF${rows.join(end)}${end}`)).toEqual(expected)
  })

  it('takes quoted cells with commas, quotes and line ends (RFC 4180)', () => {
    const { classes, clips } = parseScoresCsv('"clip",source,label,"dog, ""big""\r\nbark","a"\n"x,\n""y""","r,1","a",0,"1"\n')
    expect(classes).toEqual(['dog, "big"\r\nbark', 'a'])
    expect(clips[0]).toMatchObject({ id: 'x,\n"y"', source: 'r,1', label: 'a' })
  })

  it('takes a row of empty scores for a clip without a patch', () => {
    const { clips, clipOfPatch, scores } = parseScoresCsv(`${HEADER}a,r1,dog,,\nb,r2,rain,0,1\n`)
    expect(clips.map(({ id }) => id)).toEqual(['a', 'b'])
    expect([...clipOfPatch]).toEqual([1])
    expect([...scores]).toEqual([0, 1])
  })

  it('does not ask that scores sum to 1, and takes names as of an object\'s own', () => {
    const { clips, scores } = parseScoresCsv('clip,source,label,__proto__,constructor\ntoString,valueOf,__proto__,3,2\n')
    expect(clips[0]!.label).toBe('__proto__')
    expect([...scores]).toEqual([3, 2])
  })

  it('reads more rows than its first buffer holds', () => {
    const { clipOfPatch, scores } = parseScoresCsv(HEADER + Array.from({ length: 3000 }, (_, i) => `c${i % 7},r,dog,${i},0\n`).join(''))
    expect(clipOfPatch).toHaveLength(3000)
    expect(scores[2 * 2999]).toBe(2999)
    expect(scores.buffer.byteLength).toBe(4 * 6000)
  })

  const bad: readonly (readonly [what: string, text: string, code: string, message: RegExp])[] = [
    ['an empty file', '', 'DATASET_INVALID', /^s.csv: is empty/],
    ['a header without rows', HEADER, 'DATASET_INVALID', /^s.csv: has a header and no row/],
    ['a missing column', 'clip,label,dog\na,dog,1\n', 'DATASET_INVALID', /^s.csv, line 1: there is no column source among "clip", "label", "dog"/],
    ['too few columns', '\nclip\n', 'DATASET_INVALID', /^s.csv, line 2: there is no column source/],
    ['no class', 'clip,source,label\na,r,dog\n', 'DATASET_INVALID', /^s.csv, line 1: there is no column of a class/],
    ['two columns of one class', 'clip,source,label,dog,dog\n', 'DATASET_INVALID', /^s.csv, line 1: two columns are called "dog"/],
    ['a class without a name', 'clip,source,label,dog,\n', 'DATASET_INVALID', /^s.csv, line 1: column 5 has no name/],
    ['a short row', `${HEADER}a,r,dog,1\n`, 'DATASET_INVALID', /^s.csv, line 2: takes 5 cells as the header, got 4/],
    ['a clip without a name', `${HEADER},r,dog,1,0\n`, 'DATASET_INVALID', /^s.csv, line 2: the clip has no name/],
    ['an unknown label', `${HEADER}a,r,dog,1,0\nb,r,sea,1,0\n`, 'UNKNOWN_CLASS', /^s.csv, line 3: label "sea"/],
    ['a clip of two labels', `${HEADER}a,r,dog,1,0\n\na,r,rain,1,0\n`, 'DATASET_INVALID', /^s.csv, line 4: clip "a" has label "rain", before it had "dog"/],
    ['a clip of two sources', `${HEADER}a,r,dog,1,0\na,q,dog,1,0\n`, 'DATASET_INVALID', /^s.csv, line 3: clip "a" has source "q"/],
    ['NaN', `${HEADER}a,r,dog,nan,0\n`, 'INVALID_INPUT', /^s.csv, line 2, column "dog": .* got "nan"/],
    ['infinity', `${HEADER}a,r,dog,0,Infinity\n`, 'INVALID_INPUT', /^s.csv, line 2, column "rain"/],
    ['a number beyond float32', `${HEADER}a,r,dog,0,1e39\n`, 'INVALID_INPUT', /line 2/],
    ['a negative score', `${HEADER}a,r,dog,-0.1,0\n`, 'INVALID_INPUT', /line 2/],
    ['a hexadecimal number', `${HEADER}a,r,dog,0x1,0\n`, 'INVALID_INPUT', /got "0x1"/],
    ['one empty score', `${HEADER}a,r,dog,,1\n`, 'INVALID_INPUT', /line 2, column "dog": .* got ""/],
    ['a decimal comma', `${HEADER}a,r,dog,"0,5",1\n`, 'INVALID_INPUT', /got "0,5"/],
    ['a quote within a cell', `${HEADER}a"b,r,dog,1,0\n`, 'DATASET_INVALID', /^s.csv, line 2: a quote inside/],
    ['text after a quoted cell', `${HEADER}"a"b,r,dog,1,0\n`, 'DATASET_INVALID', /^s.csv, line 2: text after/],
    ['an open quote, by its own line', `${HEADER}"a\n\n","r,dog,1,0\n\n`, 'DATASET_INVALID', /^s.csv, line 4: a quoted cell is never closed/],
    ['a label in a row after a cell of three lines', `${HEADER}"a\n\n",r,dog,1,0\nb,r,sea,1,0\n`, 'UNKNOWN_CLASS', /^s.csv, line 5/],
  ]
  for (const [what, text, code, message] of bad)
    it(`refuses ${what} with ${code} and its place`, () => {
      expect(() => parseScoresCsv(text, 's.csv')).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }))
    })

  it('never throws anything but its own errors', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('clip,source,label,a\n', '"', ',', '\n', '\r', 'a', '1', ' ', 'a,r,a,1\n')), (parts) => {
        try {
          parseScoresCsv(parts.join(''))
        } catch (error) {
          expect(error).toMatchObject({ name: 'AedError', message: expect.not.stringMatching(/[\r\n]/) })
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('formatScoresCsv', () => {
  it('writes the shortest decimals, clip by clip, and clips without a patch', () => {
    const scores = patchScores(['dog', 'a "b", c'], [['x', 'dog', [0.1, 1 / 3], [0, 1e-30]], ['y', 'dog']])
    expect(formatScoresCsv(scores)).toBe('clip,source,label,dog,"a ""b"", c"\nx,x,dog,0.1,0.33333334\nx,x,dog,0,1e-30\ny,y,dog,,\n')
  })

  for (const golden of goldens.cases)
    it(`reads back the same: ${golden.name}`, () => {
      const original = scoresOf(golden)
      const grouped = parseScoresCsv(formatScoresCsv(original))
      const rows = ({ classes, clips, clipOfPatch, scores }: typeof original) =>
        clips.map(({ id, label, source }, clip) => ({
          id,
          label,
          source,
          patches: [...clipOfPatch].flatMap((c, patch) => (c === clip ? [[...scores.subarray(patch * classes.length, (patch + 1) * classes.length)]] : [])),
        }))
      expect(rows(grouped)).toEqual(rows(original))
      expect(parseScoresCsv(formatScoresCsv(grouped))).toEqual(grouped)
    })

  it('reads back any float32 of 0 or more, and any names', () => {
    fc.assert(
      fc.property(fc.float({ min: 0, noNaN: true, noDefaultInfinity: true }), fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (score, id, label) => {
        const { classes, clips, scores } = parseScoresCsv(formatScoresCsv(patchScores([label], [[id, label, [score]]])))
        expect({ classes, id: clips[0]!.id, score: scores[0] }).toEqual({ classes: [label], id, score: Math.abs(score) })
      }),
      { numRuns: 500 },
    )
  })
})

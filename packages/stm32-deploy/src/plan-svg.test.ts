import { describe, expect, it } from '@jest/globals'
import { miniResNet } from '../test/networks.ts'
import { generateC } from './generate-c.ts'
import { planSvg } from './plan-svg.ts'

describe('planSvg', () => {
  const { report } = generateC({ graph: miniResNet(1), card: null })
  const svg = planSvg(report)

  it('draws every buffer at its offset, for as long as it is needed', () => {
    const groups = Array.from(svg.matchAll(/<g fill="#\w+"><title>([^<]+)<\/title>(.*?)<\/g>/g), ([, title, body]) => ({ title: title!, rects: Array.from(body!.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g), (match) => match.slice(1).map(Number)) }))
    expect(groups).toHaveLength(report.buffers.length)
    const unit = (960 - 64 - 12) / report.steps
    report.buffers.forEach(({ name, bytes, offset, live }, i) => {
      expect(groups[i]!.title).toMatch(new RegExp(`${bytes} B at ${offset}$`))
      expect(groups[i]!.title.startsWith(name)).toBe(true)
      expect(groups[i]!.rects.map(([, , width]) => width! / unit)).toEqual(live.map(([from, to]) => expect.closeTo(to - from + 1, 1)))
      expect(groups[i]!.rects[0]![3]! / 344).toBeCloseTo(bytes / report.memory.arena, 3)
    })
  })

  it('escapes names, and is the same every time', () => {
    const named = { ...report, buffers: report.buffers.map((buffer) => ({ ...buffer, name: '<a & "b">' })) }
    expect(planSvg(named)).toContain('&lt;a &amp; &quot;b&quot;>')
    expect(planSvg(named)).not.toContain('<a ')
    expect(planSvg(report)).toBe(svg)
  })
})

import { describe, expect, it } from '@jest/globals'
import { parseSections } from './measure-footprint.ts'
import { deepestStack, parseCallGraph } from './stack.ts'

/** As arm-none-eabi-gcc 12.2 writes it. */
const GRAPH = `graph: { title: "src/a.c"
node: { title: "run" label: "run\\nsrc/a.c:9:5\\n104 bytes (static)" }
node: { title: "memset" label: "__builtin_memset\\n<built-in>" shape : ellipse }
edge: { sourcename: "run" targetname: "memset" }
node: { title: "src/a.c:deep" label: "deep\\nsrc/a.c:1:1\\n48 bytes (static)" }
edge: { sourcename: "run" targetname: "src/a.c:deep" label: "src/a.c:12:1" }
node: { title: "wide" label: "wide\\nsrc/b.h:1:6" shape : ellipse }
edge: { sourcename: "run" targetname: "wide" label: "src/a.c:13:1" }
}
`

describe('deepestStack', () => {
  it('adds the frames along the chain that needs most, across files', () => {
    const other = 'graph: { title: "src/b.c"\nnode: { title: "wide" label: "wide\\nsrc/b.c:3:6\\n200 bytes (static)" }\n}\n'
    expect(deepestStack(parseCallGraph(GRAPH), 'run')).toBe(104 + 48)
    expect(deepestStack([...parseCallGraph(GRAPH), ...parseCallGraph(other)], 'run')).toBe(104 + 200)
  })

  it('is Infinity where functions call each other in a circle', () => {
    expect(deepestStack([{ title: 'a', bytes: 8, calls: ['b'] }, { title: 'b', bytes: 8, calls: ['a'] }], 'a')).toBe(Infinity)
  })
})

describe('parseSections', () => {
  it('reads what size -A prints', () => {
    expect(parseSections('net.o  :\nsection   size   addr\n.text.net_run   480   0\n.data   0   0\n.rodata  33  0\nTotal  513\n')).toEqual([
      { name: '.text.net_run', bytes: 480 },
      { name: '.rodata', bytes: 33 },
    ])
  })
})

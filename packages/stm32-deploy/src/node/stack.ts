/** A function with the stack that it takes and the functions that it calls. */
export interface StackFrame {
  /** As the call graph titles it: a static function with its file. */
  readonly title: string
  readonly bytes: number
  /** Titles. */
  readonly calls: readonly string[]
}

/** Reads what GCC's `-fcallgraph-info=su` writes for one file; functions of other files are in theirs. */
export function parseCallGraph(text: string): readonly StackFrame[] {
  const edges = Array.from(text.matchAll(/^edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"/gm), ([, from, to]) => ({ from: from!, to: to! }))
  return Array.from(text.matchAll(/^node: \{ title: "([^"]+)" label: "[^"]*\\n(\d+) bytes \([^)]*\)/gm), ([, title, bytes]) => ({
    title: title!,
    bytes: Number(bytes),
    calls: edges.filter(({ from }) => from === title).map(({ to }) => to),
  }))
}

/**
 * The most stack that a call of a function takes, with all that it calls; functions without a frame here (the C library's) count 0.
 * @returns Infinity where functions call each other in a circle
 */
export function deepestStack(frames: readonly StackFrame[], from: string): number {
  const byTitle = new Map(frames.map((frame) => [frame.title, frame]))
  const depth = (title: string, above: readonly string[]): number => {
    if (above.includes(title)) return Infinity
    const frame = byTitle.get(title)
    return frame ? frame.bytes + Math.max(0, ...frame.calls.map((called) => depth(called, [...above, title]))) : 0
  }
  return depth(from, [])
}

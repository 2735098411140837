/**
 * Largest matching of a bipartite graph (Hopcroft and Karp), step by step as sed_eval and mir_eval do it (after D. Eppstein): of several largest ones it finds the same.
 * @param graph members of U with their neighbours in V, in order
 * @returns for members of V their partner in U
 */
export function bipartiteMatch(graph: ReadonlyMap<number, readonly number[]>): Map<number, number> {
  const matching = new Map<number, number>()
  for (const [u, neighbours] of graph) {
    const free = neighbours.find((v) => !matching.has(v))
    if (free !== undefined) matching.set(free, u)
  }
  for (;;) {
    // Neighbours in the layer before; `null` marks members of U in the first layer.
    const before = new Map<number, number[]>()
    const beforeU = new Map<number, number | null>([...graph.keys()].map((u) => [u, null]))
    for (const u of matching.values()) beforeU.delete(u)
    const unmatched: number[] = []
    let layer = [...beforeU.keys()]
    while (layer.length > 0 && unmatched.length === 0) {
      const next = new Map<number, number[]>()
      for (const u of layer)
        for (const v of graph.get(u)!)
          if (!before.has(v)) next.set(v, [...(next.get(v) ?? []), u])
      layer = []
      for (const [v, from] of next) {
        before.set(v, from)
        const partner = matching.get(v)
        if (partner === undefined) unmatched.push(v)
        else {
          layer.push(partner)
          beforeU.set(partner, v)
        }
      }
    }
    if (unmatched.length === 0) return matching
    /** Searches back through the layers for a path that makes the matching larger. */
    const extend = (v: number): boolean => {
      const from = before.get(v)
      if (!from) return false
      before.delete(v)
      for (const u of from) {
        const previous = beforeU.get(u)
        if (previous === undefined) continue
        beforeU.delete(u)
        if (previous === null || extend(previous)) {
          matching.set(v, u)
          return true
        }
      }
      return false
    }
    for (const v of unmatched) extend(v)
  }
}

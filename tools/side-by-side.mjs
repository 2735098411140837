// What benchmarks share: ours and peers in alternating rounds, so that other work on the machine meets all; ratios of medians with their bars.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import v8 from 'node:v8'
import vm from 'node:vm'

export const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

/** Milliseconds of some calls. */
export async function timesOf(run, calls) {
  const times = []
  for (let i = 0; i < calls; i++) {
    const start = performance.now()
    await run()
    times.push(performance.now() - start)
  }
  return times
}

/**
 * Python (AED_PYTHON) in a process of its own, one thread, that measures when asked; null without AED_PYTHON.
 * @param setup defines functions without parameters; what it prints (one line) is `hello`
 */
export async function startPython(setup, threads = 1) {
  if (!process.env.AED_PYTHON) return null
  const script = `${setup}
import sys, time
for line in sys.stdin:
    what, calls = line.split()
    times = []
    for _ in range(int(calls)):
        start = time.perf_counter()
        globals()[what]()
        times.append(1e3 * (time.perf_counter() - start))
    print(*times, flush=True)
`
  const env = { ...process.env, OMP_NUM_THREADS: threads, OPENBLAS_NUM_THREADS: threads, MKL_NUM_THREADS: threads, NUMBA_NUM_THREADS: threads }
  const python = spawn(process.env.AED_PYTHON, ['-c', script], { env, stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]()
  const next = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error('the Python peer stopped')
    return value
  }
  return {
    hello: await next(),
    async times(what, calls) {
      python.stdin.write(`${what} ${calls}\n`)
      return (await next()).split(' ').map(Number)
    },
    stop: () => python.stdin.end(),
  }
}

/**
 * Measures all entries in alternating rounds and prints their medians and minima.
 * @param entries name → `{ run }` or `{ python, what }`, `calls` a round; `cold` for no round before; `once` for what takes long: a single call
 * @returns name → times in ms
 */
export async function sideBySide(entries, rounds) {
  const times = Object.fromEntries(Object.keys(entries).map((name) => [name, []]))
  const round = async ({ run, python, what, calls }) => (python ? python.times(what, calls) : timesOf(run, calls))
  for (const entry of Object.values(entries)) if (!entry.once && !entry.cold) await round(entry) // warm
  for (let i = 0; i < rounds; i++) for (const [name, entry] of Object.entries(entries)) if (!entry.once || i === 0) times[name].push(...(await round(entry)))
  for (const [name, values] of Object.entries(times)) console.log(`${name.padEnd(52)} median ${median(values).toFixed(2).padStart(8)} ms, minimum ${Math.min(...values).toFixed(2).padStart(8)} ms`)
  return times
}

/** Prints a figure beside its bar. */
export function figure(what, value, bar, fits = value <= bar) {
  console.log(`${what.padEnd(52)} ${value.toFixed(3).padStart(8)}   bar ${bar}${fits ? '' : '   MISSED'}`)
}

export const ratio = (ours, theirs) => median(ours) / median(theirs)

/** Calls `push(i)` so many times and prints, in KiB, by how much more the heap holds in the second half of them than in the first. The first tenth is left out: V8 compiles then. */
export function heapFigure(what, pushes, push, bar) {
  v8.setFlagsFromString('--expose-gc')
  const collect = vm.runInNewContext('gc')
  const heaps = []
  for (let i = 0; i < pushes; i++) {
    push(i)
    if (i < pushes / 10 || i % 10000 !== 0) continue
    collect()
    heaps.push(process.memoryUsage().heapUsed / 1024)
  }
  const half = heaps.length >> 1
  figure(`${what}: heap, second half above first, KiB`, median(heaps.slice(half)) - median(heaps.slice(0, half)), bar)
}

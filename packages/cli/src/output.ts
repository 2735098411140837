import { SingleBar } from 'cli-progress'
import type { Progress } from '@aed/core'
import type { StepEvent } from '@aed/e2e'

/** Where a command's words go: results to stdout, progress and remarks to stderr. */
export interface Output {
  readonly json: boolean
  /** Prints a result: `text` for people, or with `--json` the value as one JSON document. */
  result(value: unknown, text: string): void
  /** A remark on stderr. */
  say(text: string): void
  /** A step of a longer run, with a bar and an ETA on a terminal and one line per finished step elsewhere. */
  step(event: StepEvent): void
  /** What is new in a longer run: a line on stderr, or on a terminal a picture that takes the place of the one before. */
  live(line: string, picture: string): void
  /** Progress of the one thing that a command does. */
  progress(progress: Progress): void
  close(): void
}

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`

/** @param json whether `--json` was given */
export function createOutput(json: boolean): Output {
  let bar: SingleBar | undefined
  const stopBar = () => {
    bar?.stop()
    bar = undefined
  }
  const showBar = ({ done, total, what = '' }: Progress, title: string) => {
    if (!process.stderr.isTTY) return
    if (!bar) {
      bar = new SingleBar({ format: '{title} {bar} {value}/{total} {what}, ETA {eta_formatted}', stream: process.stderr, clearOnComplete: true, hideCursor: true })
      bar.start(total, done, { title, what })
    } else {
      bar.setTotal(total)
      bar.update(done, { title, what })
    }
  }
  const say = (text: string) => process.stderr.write(`${text}\n`)
  let drawn = 0
  return {
    json,
    result: (value, text) => process.stdout.write(json ? `${JSON.stringify(value)}\n` : `${text}\n`),
    say,
    step({ step, index, count, state, progress, elapsed, note }) {
      const title = `[${index}/${count}] ${step}`
      if (state === 'progress' && progress) showBar(progress, title)
      if (state !== 'end') return
      stopBar()
      say(`${title}: ${seconds(elapsed)}${note === undefined ? '' : `, ${note}`}`)
    },
    live(line, picture) {
      stopBar()
      if (!process.stderr.isTTY) return void say(line)
      if (drawn > 0) process.stderr.write(`\x1b[${drawn}A\x1b[0J`) // up and clear to the end
      say(`${picture}\n${line}`)
      drawn = picture.split('\n').length + 1
    },
    progress: (progress) => showBar(progress, ''),
    close: stopBar,
  }
}

import { spawn } from 'node:child_process'
import { AedError } from '@aed/core'

/** What a program printed. */
export interface ToolOutput {
  readonly stdout: Uint8Array<ArrayBuffer>
  readonly stderr: string
}

export interface RunToolOptions {
  readonly cwd?: string
  /** Bytes for its standard input. */
  readonly input?: Uint8Array
  /** What to do when it is not installed. */
  readonly hint?: string
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs a program to its end.
 * @throws AedError `TOOL_NOT_FOUND`, `TOOL_FAILED` with its first complaint, `ABORTED`
 */
export function runTool(command: string, args: readonly string[], { cwd, input, hint, signal }: RunToolOptions = {}): Promise<ToolOutput> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...(cwd !== undefined && { cwd }), ...(signal && { signal }), stdio: 'pipe' })
    const stdout: Buffer[] = []
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (signal?.aborted) reject(new AedError('ABORTED', 'the work was cancelled', { cause: error }))
      else if (error.code === 'ENOENT') reject(new AedError('TOOL_NOT_FOUND', `${command} is not installed`, hint === undefined ? {} : { hint }))
      else reject(new AedError('TOOL_FAILED', `${command} cannot be started: ${error.message}`, { cause: error }))
    })
    child.on('close', (status, killedBy) => {
      if (status === 0) resolve({ stdout: new Uint8Array(Buffer.concat(stdout)), stderr })
      else reject(new AedError('TOOL_FAILED', `${command} ${status === null ? `was stopped by ${String(killedBy)}` : `ended with status ${status}`}: ${firstComplaint(stderr)}`))
    })
    // A program that ends early closes the pipe: its status tells why.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}

/** The first line that says what is wrong. */
function firstComplaint(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '')
  return (lines.find((line) => /error|fault|overflow|undefined/i.test(line)) ?? lines[0] ?? 'it says nothing').trim()
}

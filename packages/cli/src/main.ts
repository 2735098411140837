import { Command, CommanderError, Option } from 'commander'
import { AedError, isAedError } from '@aed/core'
import { COMMANDS, type CommandEntry, type CommandGroup } from './commands.ts'
import { addOptions, readOptions } from './flags.ts'
import { createOutput } from './output.ts'
import { version } from './version.ts'

/** What commander throws to end a run that printed help or the version. */
const DONE = new Set(['commander.helpDisplayed', 'commander.help', 'commander.version'])

/**
 * Runs the command `aed`.
 * @param argv arguments after the program's name
 * @returns exit status: 0 success, 1 internal error, 2 usage or input error, 130 stopped by the user
 */
export async function main(argv: readonly string[]): Promise<number> {
  const abort = new AbortController()
  const stop = () => {
    if (abort.signal.aborted) process.exit(130) // a second Ctrl-C: at once
    abort.abort()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  process.stdout.once('error', whoReadsHasSeenEnough)
  try {
    const program = await createProgram(argv, abort.signal)
    await program.parseAsync(argv, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError && DONE.has(error.code)) return 0
    return report(error)
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
}

/** `aed ... | head` closes the pipe while there is more to print: no fault of anybody. Other errors of stdout are. */
function whoReadsHasSeenEnough(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
}

/** The program with the subcommand of `argv` loaded. */
async function createProgram(argv: readonly string[], signal: AbortSignal): Promise<Command> {
  const program = new Command('aed')
    .description('Audio event detection, from a recording to a microcontroller.')
    .version(version)
    .showSuggestionAfterError(false)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .addHelpText('after', '\nEvery command has --help, --json (one JSON document on stdout) and --config FILE (YAML; flags win).')
  await register(program, COMMANDS, argv, 'aed', signal)
  return program
}

/** Adds subcommands; only the one that the arguments name is loaded, the others are there by name, so that `--help` lists them. */
async function register(parent: Command, entries: Readonly<Record<string, CommandEntry | CommandGroup>>, argv: readonly string[], path: string, signal: AbortSignal): Promise<void> {
  const help = argv[0] === 'help'
  const named = help ? argv[1] : argv[0]
  if (help && named !== undefined && !Object.hasOwn(entries, named)) throw new AedError('USAGE', `unknown command '${named}'`, { hint: `see ${path} --help` })
  if (argv.length === 0) throw new AedError('USAGE', path === 'aed' ? 'no command given' : `${path}: no command given`, { hint: `see ${path} --help` })
  for (const [name, entry] of Object.entries(entries)) {
    const command = parent.command(name).summary(entry.summary).description(entry.summary).exitOverride().showSuggestionAfterError(false).configureOutput({ writeErr: () => undefined })
    const where = `${path} ${name}`
    if ('commands' in entry) await register(command, entry.commands, named === name && !help ? argv.slice(1) : ['--help'], where, signal)
    else if (named === name) await define(command, entry, where, signal)
  }
}

/** Gives a subcommand its arguments, flags, help and action. */
async function define(command: Command, { load }: CommandEntry, where: string, signal: AbortSignal): Promise<void> {
  const { args, schemas, flags, examples, run } = await load()
  for (const { syntax, description } of args) command.argument(syntax, description)
  addOptions(command, schemas, flags)
  command
    .addOption(new Option('--json', 'one JSON document on stdout, all else on stderr'))
    .addOption(new Option('--config <FILE>', 'options from a YAML file; flags win'))
    .addHelpText('after', `\nExamples:\n${examples.map((example) => `  ${example}`).join('\n')}`)
  command.action(async () => {
    const given = command.optsWithGlobals<Record<string, unknown>>()
    const options = await readOptions(given, schemas, flags, where)
    const output = createOutput(given['json'] === true)
    try {
      await run({ args: command.args, options, output, signal })
    } finally {
      output.close()
    }
  })
}

/** Prints an error as the one line that scripts rely on. */
function report(error: unknown): number {
  const [code, text, status] = describe(error)
  process.stderr.write(`error: ${code}: ${text.replaceAll(/\s*\n\s*/g, ' ')}\n`)
  if (status === 1 && error instanceof Error && process.env['AED_DEBUG']) process.stderr.write(`${error.stack ?? ''}\n`)
  return status
}

function describe(error: unknown): readonly [code: string, text: string, status: number] {
  if (error instanceof CommanderError) return ['USAGE', `${error.message.replace(/^error: /, '')} (see --help)`, 2]
  if (isAedError(error)) return [error.code, error.hint === undefined ? error.message : `${error.message}; ${error.hint}`, error.code === 'ABORTED' ? 130 : 2]
  return ['INTERNAL', `${error instanceof Error ? error.message : String(error)} (this is a bug of aed; AED_DEBUG=1 shows where)`, 1]
}

import { Command, CommanderError, Option } from 'commander'
import { AedError, isAedError } from '@aed/core'
import { COMMANDS, type CommandName } from './commands.ts'
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

/** The program with the subcommand of `argv` loaded; the others are there by name, so that `--help` lists them. */
async function createProgram(argv: readonly string[], signal: AbortSignal): Promise<Command> {
  const program = new Command('aed')
    .description('Audio event detection, from a recording to a microcontroller.')
    .version(version)
    .showSuggestionAfterError(false)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .addHelpText('after', '\nEvery command has --help, --json (one JSON document on stdout) and --config FILE (YAML; flags win).')
  if (argv[0] === 'help' && argv[1] !== undefined && !Object.hasOwn(COMMANDS, argv[1])) throw new AedError('USAGE', `unknown command '${argv[1]}'`, { hint: 'see aed --help' })
  if (argv.length === 0) throw new AedError('USAGE', 'no command given', { hint: 'see aed --help' })
  for (const [name, { summary, load }] of Object.entries(COMMANDS) as [CommandName, (typeof COMMANDS)[CommandName]][]) {
    const command = program.command(name).summary(summary).description(summary).exitOverride().showSuggestionAfterError(false)
    if (argv[0] !== name && !(argv[0] === 'help' && argv[1] === name)) continue
    const { args, schemas, flags, examples, run } = await load()
    for (const { syntax, description } of args) command.argument(syntax, description)
    addOptions(command, schemas, flags)
    command
      .addOption(new Option('--json', 'one JSON document on stdout, all else on stderr'))
      .addOption(new Option('--config <FILE>', 'options from a YAML file; flags win'))
      .addHelpText('after', `\nExamples:\n${examples.map((example) => `  ${example}`).join('\n')}`)
    command.action(async () => {
      const given = command.optsWithGlobals<Record<string, unknown>>()
      const options = await readOptions(given, schemas, flags, `aed ${name}`)
      const output = createOutput(given['json'] === true)
      try {
        await run({ args: command.args, options, output, signal })
      } finally {
        output.close()
      }
    })
  }
  return program
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

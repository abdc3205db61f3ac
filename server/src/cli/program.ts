/** The command line: which commands there are, and how their failures are told. Each command has its file in `commands/`. */
import { Command, CommanderError } from "commander";
import { VERSION } from "../config/version.ts";
import { ACTING } from "./commands/acting.ts";
import { apply } from "./commands/apply.ts";
import { calibrate } from "./commands/calibrate.ts";
import type { CommandDefinition, Example, Terms } from "./commands/command.ts";
import { compact } from "./commands/compact.ts";
import { completion } from "./commands/completion.ts";
import { config } from "./commands/config.ts";
import { declare } from "./commands/declare.ts";
import { doctor } from "./commands/doctor.ts";
import { exporting } from "./commands/export.ts";
import { forget } from "./commands/forget.ts";
import { hashPasswordCommand } from "./commands/hash-password.ts";
import { importing } from "./commands/import.ts";
import { list } from "./commands/list.ts";
import { manualCommand } from "./commands/manual.ts";
import { mcp } from "./commands/mcp.ts";
import { repair } from "./commands/repair.ts";
import { seed } from "./commands/seed.ts";
import { server } from "./commands/server.ts";
import { shadow } from "./commands/shadow.ts";
import { show } from "./commands/show.ts";
import { simulate } from "./commands/simulate.ts";
import { start } from "./commands/start.ts";
import { verdict } from "./commands/verdict.ts";
import { web } from "./commands/web.ts";
import { CliError, type ExitCode, type World } from "./world.ts";

/** In the order of the help. */
const COMMANDS: readonly CommandDefinition[] = [
  start,
  server,
  web,
  list,
  show,
  ...ACTING,
  importing,
  exporting,
  forget,
  compact,
  apply,
  verdict,
  calibrate,
  mcp,
  shadow,
  seed,
  simulate,
  doctor,
  repair,
  declare,
  config,
  hashPasswordCommand,
  completion,
  manualCommand,
];

/** Runs what the arguments ask for. Never throws; failures are on stderr by then. */
export async function runCli(world: World): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const finish = (code: ExitCode): void => {
    exitCode = code;
  };
  const program = world.program === "sixpack" ? sixpack({ world, finish }) : sixpackWeb({ world, finish });
  try {
    await program.parseAsync(world.args, { from: "user" });
    return exitCode;
  } catch (error) {
    return report(world, error);
  }
}

function sixpack(terms: Terms): Command {
  const description = "A/B testing server. Without a command it serves the API, as Sixpack always did.";
  const program = root(terms.world, "sixpack", description);
  // Without a name of a command the options are those of `server`; before another name they would mean something else.
  program.enablePositionalOptions().hook("preSubcommand", refuseEarlyOptions);
  for (const { name, description: text, define } of COMMANDS) define(program.command(name).description(text), terms);
  // Last: what it allows itself, a new command would inherit.
  server.define(program, terms);
  return program.addHelpText(
    "after",
    `\nExamples:\n${COMMANDS.flatMap(({ examples }) => examples.map(exampleText)).join("\n")}`,
  );
}

function sixpackWeb(terms: Terms): Command {
  const program = root(terms.world, "sixpack-web", "The dashboard of Sixpack, an A/B testing server.");
  web.define(program, terms);
  return program;
}

function root(world: World, name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .version(VERSION, "-V, --version", "prints the version")
    .helpOption("-h, --help", "prints this help")
    .helpCommand("help [command]", "prints the help of a command")
    .showHelpAfterError("Run it with --help to see what there is.")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: world.out.write, writeErr: world.err.write });
}

function refuseEarlyOptions(program: Command, command: Command): void {
  const early = program.options.find((option) => program.getOptionValueSource(option.attributeName()) === "cli");
  if (early === undefined) return;
  const example = `sixpack ${command.name()} ${early.long}${early.required ? " …" : ""}`;
  program.error(`error: option ${JSON.stringify(early.long)} stands before the command; write \`${example}\``);
}

/** Where comments begin in the help, in characters. */
const COMMENT_COLUMN = 43;

function exampleText([line, comment]: Example): string {
  const head = `  ${line}`;
  if (comment === undefined) return head;
  const isLong = head.length >= COMMENT_COLUMN;
  return isLong ? `${head}\n${" ".repeat(COMMENT_COLUMN)}${comment}` : `${head.padEnd(COMMENT_COLUMN)}${comment}`;
}

function report(world: World, error: unknown): ExitCode {
  // commander has written its message by then; help and version come this way too, with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof CliError) {
    world.err.write(`${error.message}\n`);
    return error.exitCode;
  }
  // Anything else is a defect of ours, and whoever reports it needs the stack.
  world.err.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}

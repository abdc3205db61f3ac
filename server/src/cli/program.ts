/** The command line: which commands there are, and how their failures are told. Each command has its file in `commands/`. */
import { Command, CommanderError } from "commander";
import { VERSION } from "../config/version.ts";
import type { CommandDefinition, Example, Terms } from "./commands/command.ts";
import { CliError, type ExitCode, type World } from "./world.ts";

/** The commands of one file, and how it is loaded. */
interface CommandFile {
  readonly names: readonly string[];
  readonly load: () => Promise<readonly CommandDefinition[]>;
}

/** In the order of the help. A command that is run loads its own file alone. */
export const COMMANDS: readonly CommandFile[] = [
  { names: ["start"], load: async () => [(await import("./commands/start.ts")).start] },
  { names: ["server"], load: async () => [(await import("./commands/server.ts")).server] },
  { names: ["web"], load: async () => [(await import("./commands/web.ts")).web] },
  { names: ["list"], load: async () => [(await import("./commands/list.ts")).list] },
  { names: ["show"], load: async () => [(await import("./commands/show.ts")).show] },
  {
    names: ["winner", "pause", "resume", "archive", "unarchive", "reset", "delete", "restore"],
    load: async () => (await import("./commands/acting.ts")).ACTING,
  },
  { names: ["import"], load: async () => [(await import("./commands/import.ts")).importing] },
  { names: ["export"], load: async () => [(await import("./commands/export.ts")).exporting] },
  { names: ["forget"], load: async () => [(await import("./commands/forget.ts")).forget] },
  { names: ["compact"], load: async () => [(await import("./commands/compact.ts")).compact] },
  { names: ["apply"], load: async () => [(await import("./commands/apply.ts")).apply] },
  { names: ["verdict"], load: async () => [(await import("./commands/verdict.ts")).verdict] },
  { names: ["calibrate"], load: async () => [(await import("./commands/calibrate.ts")).calibrate] },
  { names: ["mcp"], load: async () => [(await import("./commands/mcp.ts")).mcp] },
  { names: ["shadow"], load: async () => [(await import("./commands/shadow.ts")).shadow] },
  { names: ["seed"], load: async () => [(await import("./commands/seed.ts")).seed] },
  { names: ["simulate"], load: async () => [(await import("./commands/simulate.ts")).simulate] },
  { names: ["doctor"], load: async () => [(await import("./commands/doctor.ts")).doctor] },
  { names: ["repair"], load: async () => [(await import("./commands/repair.ts")).repair] },
  { names: ["declare"], load: async () => [(await import("./commands/declare.ts")).declare] },
  { names: ["config"], load: async () => [(await import("./commands/config.ts")).config] },
  { names: ["hash-password"], load: async () => [(await import("./commands/hash-password.ts")).hashPasswordCommand] },
  { names: ["completion"], load: async () => [(await import("./commands/completion.ts")).completion] },
  { names: ["manual"], load: async () => [(await import("./commands/manual.ts")).manualCommand] },
];

/** Runs what the arguments ask for. Never throws; failures are on stderr by then. */
export async function runCli(world: World): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const finish = (code: ExitCode): void => {
    exitCode = code;
  };
  try {
    const program = await (world.program === "sixpack" ? sixpack(world, finish) : sixpackWeb({ world, finish }));
    await program.parseAsync(world.args, { from: "user" });
    return exitCode;
  } catch (error) {
    return report(world, error);
  }
}

/**
 * With the command that is asked for alone, or with all of them: to serve without one, for the help, for a mistyped name. The
 * version is asked of none.
 */
async function sixpack(world: World, finish: Terms["finish"]): Promise<Command> {
  const whole = async (): Promise<Command> => wholeProgram({ world, finish, whole });
  const [asked = ""] = world.args;
  if (VERSION_OPTIONS.includes(asked)) return root(world, "sixpack", DESCRIPTION);
  const file = COMMANDS.find(({ names }) => names.includes(asked));
  if (file === undefined) return whole();
  const program = root(world, "sixpack", DESCRIPTION);
  addCommands(program, await file.load(), { world, finish, whole });
  return program;
}

const VERSION_OPTIONS = ["-V", "--version"];
const DESCRIPTION = "A/B testing server. Without a command it serves the API, as Sixpack always did.";

async function wholeProgram(terms: Terms): Promise<Command> {
  const program = root(terms.world, "sixpack", DESCRIPTION);
  // Without a name of a command the options are those of `server`; before another name they would mean something else.
  program.enablePositionalOptions().hook("preSubcommand", refuseEarlyOptions);
  const definitions = (await Promise.all(COMMANDS.map(({ load }) => load()))).flat();
  addCommands(program, definitions, terms);
  // Last: what it allows itself, a new command would inherit.
  const { server } = await import("./commands/server.ts");
  server.define(program, terms);
  return program.addHelpText(
    "after",
    `\nExamples:\n${definitions.flatMap(({ examples }) => examples.map(exampleText)).join("\n")}`,
  );
}

function addCommands(program: Command, definitions: readonly CommandDefinition[], terms: Terms): void {
  for (const { name, description, define } of definitions)
    define(program.command(name).description(description), terms);
}

async function sixpackWeb(terms: Pick<Terms, "world" | "finish">): Promise<Command> {
  const program = root(terms.world, "sixpack-web", "The dashboard of Sixpack, an A/B testing server.");
  const { web } = await import("./commands/web.ts");
  web.define(program, { ...terms, whole: async () => program });
  return program;
}

function root(world: World, name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .version(VERSION, VERSION_OPTIONS.join(", "), "prints the version")
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

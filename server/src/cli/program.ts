/** The command line: which commands there are, their options and help, and how their failures are told. */
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { didYouMean } from "../config/suggest.ts";
import { VERSION } from "../config/version.ts";
import type { DeclareOptions } from "./declare.ts";
import type { DoctorOptions } from "./doctor/doctor.ts";
import { moveCommands } from "./move-commands.ts";
import {
  API_FLAGS,
  addConfigOptions,
  type FlagNames,
  loadFrom,
  loadOutcome,
  START_FLAGS,
  WEB_FLAGS,
} from "./options.ts";
import type { SeedArguments } from "./seed/seed.ts";
import type { Roles } from "./serve.ts";
import type { SimulateArguments } from "./simulate.ts";
import { isWorker } from "./workers/worker.ts";
import { CliError, type ExitCode, type World } from "./world.ts";

/** Runs what the arguments ask for. Never throws; failures are on stderr by then. */
export async function runCli(world: World): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const finish = (code: ExitCode): void => {
    exitCode = code;
  };
  const program = world.program === "sixpack" ? sixpack(world, finish) : sixpackWeb(world, finish);
  try {
    await program.parseAsync(world.args, { from: "user" });
    return exitCode;
  } catch (error) {
    return report(world, error);
  }
}

type Finish = (code: ExitCode) => void;

function sixpack(world: World, finish: Finish): Command {
  const program = root(
    world,
    "sixpack",
    "A/B testing server. Without a command it serves the API, as Sixpack always did.",
  );
  // Without a name of a command the options are those of `server`; before another name they would mean something else.
  program.enablePositionalOptions().hook("preSubcommand", refuseEarlyOptions);
  serving(world, finish, program.command("start").description("API and dashboard in one process"), START_FLAGS, {
    api: true,
    web: true,
  });
  serving(world, finish, program.command("server").description("the API alone; the same as no command"), API_FLAGS, {
    api: true,
    web: false,
  });
  serving(
    world,
    finish,
    program.command("web").description("the dashboard alone; the same as sixpack-web"),
    WEB_FLAGS,
    { api: false, web: true },
  );
  moveCommands(world, finish, program);
  seedCommand(world, program);
  simulateCommand(world, program);
  doctorCommand(world, finish, program);
  declareCommand(world, program);
  configCommand(world, program);
  hashPasswordCommand(world, program);
  // Last: what it allows itself, a new command would inherit.
  serving(world, finish, program, API_FLAGS, { api: true, web: false });
  return program.addHelpText("after", EXAMPLES);
}

function sixpackWeb(world: World, finish: Finish): Command {
  const program = root(world, "sixpack-web", "The dashboard of Sixpack, an A/B testing server.");
  return serving(world, finish, program, WEB_FLAGS, { api: false, web: true });
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

function serving(world: World, finish: Finish, command: Command, flags: FlagNames, roles: Roles): Command {
  // Left to us, because a mistyped command looks like one argument too many.
  return addConfigOptions(command.allowExcessArguments(), flags).action(async () => {
    refuseUnknownCommand(command);
    const loaded = loadFrom(world, command, flags, roles.web);
    if (roles.api && loaded.config.workers > 1 && !isWorker()) {
      const { supervise } = await import("./workers/supervisor.ts");
      finish(await supervise(world, loaded, roles, () => loadOutcome(world, command, flags, roles.web)));
      return;
    }
    const { serve } = await import("./serve.ts");
    finish(await serve(world, loaded, roles));
  });
}

function refuseEarlyOptions(program: Command, command: Command): void {
  const early = program.options.find((option) => program.getOptionValueSource(option.attributeName()) === "cli");
  if (early === undefined) return;
  const example = `sixpack ${command.name()} ${early.long}${early.required ? " …" : ""}`;
  program.error(`error: option ${JSON.stringify(early.long)} stands before the command; write \`${example}\``);
}

/** A program that does something without a command takes a mistyped one for an argument; its message should say better. */
function refuseUnknownCommand(command: Command): void {
  const [name] = command.args;
  if (name === undefined) return;
  const names = command.commands.map((known) => known.name());
  command.error(`error: unknown command ${JSON.stringify(name)}${didYouMean(name, names)}`);
}

function seedCommand(world: World, program: Command): void {
  program
    .command("seed")
    .description("fills a running server with traffic of six made-up experiments, to look around in")
    .option("--url <url>", "address of the API", "http://localhost:5000")
    .option("--seed <number>", "the same number makes the same visitors", within(0, 2 ** 31 - 1), 1)
    .option("--scale <factor>", "times the number of visitors; 1 is 42,600", within(0.001, 1_000), 1)
    .option("--days <number>", "days of traffic, today included", within(1, 365), 28)
    .option("--concurrency <number>", "calls at the same time", within(1, 256), 32)
    .action(async (options: SeedArguments) => {
      const { seed } = await import("./seed/seed.ts");
      await seed(world, options);
    });
}

function simulateCommand(world: World, program: Command): void {
  program
    .command("simulate")
    .description("shows on your numbers what looking again and again does to the usual test, and to the ones used here")
    .option("--baseline <rate>", "rate of the control: 0.05 or 5%", share(0.000_001, 0.999_999), 0.05)
    .option("--uplift <share>", "true uplift of one alternative: 0.2 or 20%", share(-0.99, 1_000), 0.2)
    .option("--arms <number>", "alternatives, the control included", whole(2, 20), 2)
    .option(
      "--users <number>",
      "participants of all arms; left out what 80% power needs at equal shares",
      whole(20, 10_000_000),
    )
    .option(
      "--looks <number>",
      "times that somebody looks (default: 28); of a bandit, batches of equal size (default: those that a server begins)",
      whole(1, 10_000),
    )
    .option(
      "--runs <number>",
      "simulated experiments (default: 2000; of a bandit 1000, and as many again without the uplift)",
      whole(10, 1_000_000),
    )
    .option("--seed <number>", "the same number gives the same figures", whole(0, 2 ** 31 - 1), 1)
    .addOption(
      new Option("--policy <policy>", "how clients are shared out; thompson is the bandit")
        .choices(["uniform", "thompson"])
        .default("uniform"),
    )
    .addOption(
      new Option("--goal <goal>", "of the bandit: conversions, or telling the best from its rivals").choices([
        "earn",
        "learn",
      ]),
    )
    .option("--drift <share>", "under the bandit, how far all rates rise in a run: 0.9 from 10% to 190%", share(0, 1))
    .option("--json", "prints JSON instead of a table")
    .action(async (options: SimulateArguments) => {
      const { simulateCommand: run } = await import("./simulate.ts");
      await run(world, options);
    });
}

/** Reads an option that is a number in a range. */
function within(min: number, max: number): (raw: string) => number {
  return (raw) => {
    const value = Number(raw);
    if (raw.trim() !== "" && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a number from ${min} to ${max}.`);
  };
}

function whole(min: number, max: number): (raw: string) => number {
  return (raw) => {
    if (/^\d+$/.test(raw) && Number(raw) >= min && Number(raw) <= max) return Number(raw);
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

/** A fraction, or a percentage with its sign. */
function share(min: number, max: number): (raw: string) => number {
  return (raw) => {
    const match = /^([+-]?(?:\d+\.?\d*|\.\d+))\s*(%?)$/.exec(raw.trim());
    const value = Number(match?.[1]) / (match?.[2] === "%" ? 100 : 1);
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a fraction from ${min} to ${max}, or a percentage.`);
  };
}

function doctorCommand(world: World, finish: Finish, program: Command): void {
  const command = program
    .command("doctor")
    .description("checks configuration, ports, storage and clock, and says what to do");
  command.option("--records", "also counts every client record anew and compares; slow on a large store");
  addConfigOptions(command, START_FLAGS).action(async (options: DoctorOptions) => {
    const { doctor } = await import("./doctor/doctor.ts");
    finish(await doctor(world, loadOutcome(world, command, START_FLAGS), options));
  });
}

function declareCommand(world: World, program: Command): void {
  const command = program
    .command("declare")
    .description("makes an experiment before its first visitor, as `declared_only` asks for")
    .argument("<name>", "name of the experiment")
    .argument("<alternatives...>", "two or more; the first one is the control")
    .option("--weights <list>", "one number per alternative, separated by commas; left out, all get the same")
    .option("--traffic <fraction>", "share of clients taken in, in (0, 1]");
  const storage = { storage: "storage", "data-dir": "data_dir", "redis-url": "redis_url" } as const;
  addConfigOptions(command, storage).action(async (name: string, alternatives: string[], options: DeclareOptions) => {
    const { declareExperiment } = await import("./declare.ts");
    await declareExperiment(world, loadFrom(world, command, storage), [name, ...alternatives], options);
  });
}

function configCommand(world: World, program: Command): void {
  const command = program
    .command("config")
    .description("prints the configuration in force, and where each value is from");
  command.option("--docs", "prints the reference of all keys in Markdown instead");
  addConfigOptions(command, START_FLAGS).action(async (options: { docs?: boolean }) => {
    const { printConfig, printReference } = await import("./config.ts");
    if (options.docs === true) printReference(world);
    else printConfig(world, loadFrom(world, command, START_FLAGS));
  });
}

function hashPasswordCommand(world: World, program: Command): void {
  program
    .command("hash-password")
    .description("reads a password from standard input and prints its hash for the `users` key")
    .argument("[user]", "name of the user; prints the whole entry then")
    .addOption(
      new Option("--role <role>", "what the user may do").choices(["viewer", "editor", "admin"]).default("admin"),
    )
    .option("--token", "makes a token for a program instead, and prints its entry for `api_tokens`")
    .action(async (user: string | undefined, options: { role: string; token?: boolean }) => {
      const { printPasswordHash, printToken } = await import("./hash-password.ts");
      if (options.token === true) printToken(world, user, options.role);
      else await printPasswordHash(world, user, options.role);
    });
}

const EXAMPLES = `
Examples:
  sixpack start                            API on 5000, dashboard on 5001, experiments in ./data
  sixpack start --data-dir /var/lib/sixpack --port 8000
  SIXPACK_CONFIG=config.yml sixpack        the API alone, configured by a file
  sixpack --set redis_host=10.0.0.7        experiments in Redis, for any number of servers
  sixpack import redis://10.0.0.7/0 --dry-run
                                           what would come over from the original Sixpack
  sixpack start --workers 4 --redis-url redis://10.0.0.7
  sixpack seed --seed 7 --scale 0.1        made-up experiments to look around in
  sixpack simulate --baseline 3% --uplift 10% --looks 100
  sixpack doctor --records                 is everything as it should be?
  sixpack config                           what is configured, and by what
  sixpack hash-password ann --role editor  an entry for the \`users\` key
  sixpack hash-password ci --token --role viewer`;

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

/** The commands that move data: into a store, out of it, and out of it for good. */
import { type Command, InvalidArgumentError } from "commander";
import { addConfigOptions, collect, type FlagNames, loadFrom } from "./options.ts";
import type { ShadowArguments } from "./shadow/shadow.ts";
import { CliError, type ExitCode, type World } from "./world.ts";

type Finish = (code: ExitCode) => void;

/** Where a command finds the store. */
const STORE_FLAGS: FlagNames = { storage: "storage", "data-dir": "data_dir", "redis-url": "redis_url" };

export function moveCommands(world: World, finish: Finish, program: Command): void {
  importCommand(world, finish, program);
  exportCommand(world, program);
  forgetCommand(world, program);
  compactCommand(world, program);
  shadowCommand(world, finish, program);
}

interface ImportOptions {
  readonly prefix: string;
  readonly only?: readonly string[];
  readonly dryRun?: boolean;
  readonly replace?: boolean;
}

function importCommand(world: World, finish: Finish, program: Command): void {
  const command = program
    .command("import")
    .description("takes experiments over, from the original Sixpack (redis://…) or from a file of `sixpack export`")
    .argument("<source>", "redis://[user:password@]host:port/database of the original, which is only read, or a file")
    .option("--prefix <prefix>", "`redis_prefix` of the original", "sxp")
    .option("--only <name>", "this experiment only; repeatable", collect)
    .option("--dry-run", "reads everything, says what there is, writes nothing")
    .option("--replace", "replaces experiments of the same name; what was there can be restored for 7 days");
  addConfigOptions(command, STORE_FLAGS).action(async (source: string, options: ImportOptions) => {
    const loaded = loadFrom(world, command, STORE_FLAGS);
    const { importFromSixpack, isRedisUrl } = await import("./import-sixpack.ts");
    if (isRedisUrl(source)) return finish(await importFromSixpack(world, loaded, source, options));
    const { importFromFile } = await import("./file.ts");
    finish(await importFromFile(world, loaded, source, options));
  });
}

interface ExportOptions {
  readonly clients?: string;
  readonly output?: string;
}

function exportCommand(world: World, program: Command): void {
  const command = program
    .command("export")
    .description("writes experiments with all their clients as JSON lines, for `sixpack import` into another store")
    .argument("[names...]", "which experiments; all when left out")
    .option("--clients <name>", "a CSV with a row per client of this experiment instead; ids where they are kept")
    .option("-o, --output <file>", "instead of standard output");
  addConfigOptions(command, STORE_FLAGS).action(async (names: readonly string[], options: ExportOptions) => {
    const { clients, output } = options;
    if (clients !== undefined && names.length > 0) {
      throw new CliError("Expected --clients with one experiment, or names, got both.", 2);
    }
    const loaded = loadFrom(world, command, STORE_FLAGS);
    const { exportClientsToFile, exportToFile } = await import("./file.ts");
    if (clients === undefined) await exportToFile(world, loaded, names, output);
    else await exportClientsToFile(world, loaded, clients, output);
  });
}

function forgetCommand(world: World, program: Command): void {
  const command = program
    .command("forget")
    .description("removes a client from every experiment, and from what its tallies count")
    .argument("<client_id>", "as it was sent in requests");
  addConfigOptions(command, STORE_FLAGS).action(async (clientId: string) => {
    const loaded = loadFrom(world, command, STORE_FLAGS);
    const { forget } = await import("./erase.ts");
    await forget(world, loaded, clientId);
  });
}

function compactCommand(world: World, program: Command): void {
  const command = program
    .command("compact")
    .description(
      "frees the client records of an archived experiment; its tallies and report stay, it can't be unarchived",
    )
    .argument("<name>", "of the experiment");
  addConfigOptions(command, STORE_FLAGS).action(async (name: string) => {
    const loaded = loadFrom(world, command, STORE_FLAGS);
    const { compactExperiment } = await import("./erase.ts");
    await compactExperiment(world, loaded, name);
  });
}

/** Most requests a second that can be asked for. */
const RATE_MAX = 10_000;

function shadowCommand(world: World, finish: Finish, program: Command): void {
  program
    .command("shadow")
    .description("sends the requests of a log to the old server and the new one, and lists every difference")
    .argument(
      "<file>",
      "access log in common or combined format, or a URL or path a line; only GETs of the API are sent",
    )
    .requiredOption("--old <url>", "address of the server in use")
    .requiredOption("--new <url>", "address of the server that is to take over")
    .option("--rate <number>", "requests a second, at most", rate, 100)
    .option("--record", "sends conversions too, and lets both servers record; on copies only", false)
    .option("--ignore <field>", "does not compare this field; repeatable", collect)
    .action(async (file: string, options: ShadowArguments) => {
      const { shadow } = await import("./shadow/shadow.ts");
      finish(await shadow(world, file, options));
    });
}

function rate(raw: string): number {
  const value = Number(raw);
  if (value > 0 && value <= RATE_MAX) return value;
  throw new InvalidArgumentError(`Expected a number above 0, up to ${RATE_MAX}.`);
}

/** The commands that move data: into a store, out of it, and out of it for good. */
import type { Command } from "commander";
import { addConfigOptions, collect, type FlagNames, loadFrom } from "./options.ts";
import type { ExitCode, World } from "./world.ts";

type Finish = (code: ExitCode) => void;

/** Where a command finds the store. */
const STORE_FLAGS: FlagNames = { storage: "storage", "data-dir": "data_dir", "redis-url": "redis_url" };

export function moveCommands(world: World, finish: Finish, program: Command): void {
  importCommand(world, finish, program);
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
    .description("takes over the experiments of the original Sixpack (redis://…)")
    .argument("<source>", "redis://[user:password@]host:port/database of the original, which is only read")
    .option("--prefix <prefix>", "`redis_prefix` of the original", "sxp")
    .option("--only <name>", "this experiment only; repeatable", collect)
    .option("--dry-run", "reads everything, says what there is, writes nothing")
    .option("--replace", "replaces experiments of the same name; what was there can be restored for 7 days");
  addConfigOptions(command, STORE_FLAGS).action(async (source: string, options: ImportOptions) => {
    const { config } = loadFrom(world, command, STORE_FLAGS);
    const { importFromSixpack } = await import("./import-sixpack.ts");
    finish(await importFromSixpack(world, config, source, options));
  });
}

/** `sixpack import`: experiments of the original, or of a file, into the configured store. */
import { addConfigOptions, collect, loadFrom, STORE_FLAGS } from "../flags.ts";
import type { CommandDefinition } from "./command.ts";

interface ImportOptions {
  readonly prefix: string;
  readonly only?: readonly string[];
  readonly dryRun?: boolean;
  readonly replace?: boolean;
}

export const importing: CommandDefinition = {
  name: "import",
  description: "takes experiments over, from the original Sixpack (redis://…) or from a file of `sixpack export`",
  examples: [["sixpack import redis://10.0.0.7/0 --dry-run", "what would come over from the original Sixpack"]],
  define: (command, { world, finish }) => {
    command
      .argument("<source>", "redis://[user:password@]host:port/database of the original, which is only read, or a file")
      .option("--prefix <prefix>", "`redis_prefix` of the original", "sxp")
      .option("--only <name>", "this experiment only; repeatable", collect)
      .option("--dry-run", "reads everything, says what there is, writes nothing")
      .option("--replace", "replaces experiments of the same name; what was there can be restored for 7 days");
    addConfigOptions(command, STORE_FLAGS).action(async (source: string, options: ImportOptions) => {
      const loaded = await loadFrom(world, command, STORE_FLAGS);
      const { importFromSixpack, isRedisUrl } = await import("../sixpack-database.ts");
      if (isRedisUrl(source)) return finish(await importFromSixpack(world, loaded, source, options));
      const { importFromFile } = await import("../experiment-file.ts");
      finish(await importFromFile(world, loaded, source, options));
    });
  },
};

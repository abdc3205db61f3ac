/** `sixpack apply`: experiments as a file says. */
import { InvalidArgumentError, Option } from "commander";
import type { ApplyArguments } from "../as-code.ts";
import { addStoreOrDashboardOptions, dashboardOf, type NamedDashboard } from "../dashboard-client.ts";
import { loadFrom, STORE_FLAGS } from "../flags.ts";
import type { CommandDefinition } from "./command.ts";

export const apply: CommandDefinition = {
  name: "apply",
  description: "makes experiments what a YAML file says, and tells what that means",
  examples: [["sixpack apply -f experiments.yml --dry-run", "ends with 3 where the file and the server differ"]],
  define: (command, { world, finish }) => {
    command
      .requiredOption(
        "-f, --file <file>",
        "YAML with `experiments:`, as `sixpack export --format yaml` writes it",
        onlyOne,
      )
      .option("--dry-run", "says what would change, changes nothing, and ends with 3 if anything would")
      .addOption(
        new Option(
          "--prune <how>",
          "what to do with experiments that a repository manages and the file no longer names",
        ).choices(["archive"]),
      );
    addStoreOrDashboardOptions(command, "editor").action(async (options: ApplyArguments & NamedDashboard) => {
      const dashboard = dashboardOf(options, world.env);
      const { applyToDashboard, applyToStore } = await import("../as-code.ts");
      finish(
        dashboard === undefined
          ? await applyToStore(world, await loadFrom(world, command, STORE_FLAGS), options)
          : await applyToDashboard(world, dashboard, options),
      );
    });
  },
};

/** @throws InvalidArgumentError: of two files the last one alone would be read, and `--prune` would put away what the other names */
function onlyOne(path: string, before: string | undefined): string {
  if (before !== undefined) throw new InvalidArgumentError(`Expected one file, got ${before} too: put all into one.`);
  return path;
}

/** `sixpack export`: experiments, or the clients of one, as a file. */
import { Option } from "commander";
import { addStoreOrDashboardOptions, dashboardOf, type NamedDashboard } from "../dashboard-client.ts";
import { loadFrom, STORE_FLAGS } from "../flags.ts";
import { CliError } from "../world.ts";
import type { CommandDefinition } from "./command.ts";

interface ExportOptions extends NamedDashboard {
  readonly clients?: string;
  readonly output?: string;
  readonly format: "lines" | "yaml";
}

export const exporting: CommandDefinition = {
  name: "export",
  description: "writes experiments with all their clients as JSON lines, for `sixpack import` into another store",
  examples: [["sixpack export -o backup.jsonl --url http://localhost:5001", "a backup, while the server runs"]],
  define: (command, { world, finish }) => {
    command
      .argument("[names...]", "which experiments; all when left out")
      .option("--clients <name>", "a CSV with a row per client of this experiment instead; ids where they are kept")
      .addOption(
        new Option("--format <format>", "yaml: what experiments are, without their clients, for `sixpack apply`")
          .choices(["lines", "yaml"])
          .default("lines"),
      )
      .option("-o, --output <file>", "instead of standard output");
    addStoreOrDashboardOptions(command, "admin").action(async (names: readonly string[], options: ExportOptions) => {
      const { clients, output, format } = options;
      if (clients !== undefined && names.length > 0) {
        throw new CliError("Expected --clients with one experiment, or names, got both.", 2);
      }
      const dashboard = dashboardOf(options, world.env);
      if (dashboard !== undefined) {
        const { exportFromDashboard } = await import("../experiment-file.ts");
        return finish(await exportFromDashboard(world, dashboard, { names, clients, format }, output));
      }
      const loaded = await loadFrom(world, command, STORE_FLAGS);
      if (format === "yaml") {
        const { yamlInStore } = await import("../as-code.ts");
        const { writeExperiments } = await import("../experiment-file.ts");
        return finish(await writeExperiments(world, [await yamlInStore(world, loaded, names)], output));
      }
      const { exportClientsToFile, exportToFile } = await import("../experiment-file.ts");
      if (clients === undefined) finish(await exportToFile(world, loaded, names, output));
      else await exportClientsToFile(world, loaded, clients, output);
    });
  },
};

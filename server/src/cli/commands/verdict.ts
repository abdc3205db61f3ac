/** `sixpack verdict`: what an experiment says, as a sentence and an exit code. */
import { Option } from "commander";
import type { Loaded } from "../../config/load.ts";
import { dashboardOf, type NamedDashboard } from "../dashboard-client.ts";
import { addConfigOptions, loadFrom, STORE_FLAGS } from "../flags.ts";
import type { GateArguments } from "../gate/gate.ts";
import { duration, interval } from "../numbers.ts";
import type { CommandDefinition } from "./command.ts";

export const verdict: CommandDefinition = {
  name: "verdict",
  description: "says what an experiment shows, and ends with 0 if it is to be shipped; for pipelines",
  examples: [
    ["sixpack verdict button --url http://localhost:5001 --require ship", "0 only if an alternative is to be shipped"],
  ],
  define: (command, { world, finish }) => {
    command
      .argument("<name>", "name of the experiment")
      .option(
        "--url <url>",
        "of the dashboard (SIXPACK_DASHBOARD_URL); left out, a folder that no server has open is read",
      )
      .option("--token <token>", "of the dashboard; better in SIXPACK_TOKEN, where others don't see it")
      .option("--json", "prints JSON instead of the sentence")
      .option("--require <verdicts>", "words that end with 0, separated by commas", "ship")
      .option("--wait <time>", "asks again until the verdict passes or is final, for so long at most: 14d", duration)
      .addOption(
        new Option("--every <time>", "how often --wait asks, at least once a day")
          .argParser(interval)
          .default(interval("5m"), "5m"),
      )
      .option("--github", "writes a step summary and outputs of GitHub Actions");
    addConfigOptions(command, STORE_FLAGS).action(async (name: string, options: GateArguments & NamedDashboard) => {
      const dashboard = dashboardOf(options, world.env);
      const [{ gate }, { readDashboard, readStore }] = await Promise.all([
        import("../gate/gate.ts"),
        import("../gate/reading.ts"),
      ]);
      const inStore = (loaded: Loaded) => () => readStore(world, loaded, name);
      const read =
        dashboard === undefined
          ? inStore(await loadFrom(world, command, STORE_FLAGS))
          : () => readDashboard(dashboard, name);
      finish(await gate(world, options, read));
    });
  },
};

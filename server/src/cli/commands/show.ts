/** `sixpack show`: one experiment as its page sums it up, or all its figures. */
import {
  addDashboardOptions,
  askDashboard,
  type DashboardOptions,
  namedDashboard,
  textOf,
} from "../dashboard-client.ts";
import type { CommandDefinition } from "./command.ts";

interface ShowOptions extends DashboardOptions {
  readonly kpi?: string;
}

export const show: CommandDefinition = {
  name: "show",
  description: "says what the page of an experiment says, in Markdown",
  examples: [["sixpack show button", "--json for every figure of the report"]],
  define: (command, { world }) => {
    command
      .argument("<name>", "name of the experiment")
      .option("--kpi <kpi>", "instead of the one that the page shows");
    addDashboardOptions(command, "viewer").action(async (name: string, { kpi, json }: ShowOptions) => {
      const dashboard = await namedDashboard(world, command);
      const path = `/experiments/${encodeURIComponent(name)}`;
      const query = kpi === undefined ? "" : `?${new URLSearchParams({ kpi })}`;
      const text =
        json === true
          ? JSON.stringify(await askDashboard(dashboard, `${path}.json${query}`))
          : await textOf(dashboard, `${path}/summary.md${query}`);
      world.out.write(text.endsWith("\n") ? text : `${text}\n`);
    });
  },
};

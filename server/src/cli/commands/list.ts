/** `sixpack list`: the experiments of a running dashboard. */
import { addDashboardOptions, type DashboardOptions, namedDashboard } from "../dashboard-client.ts";
import type { CommandDefinition } from "./command.ts";

interface ListOptions extends DashboardOptions {
  readonly status?: string;
  readonly search?: string;
  readonly owner?: string;
  readonly tag?: string;
}

export const list: CommandDefinition = {
  name: "list",
  description: "lists experiments of a running dashboard",
  examples: [["sixpack list --status all --tag checkout", "one a line; --json for programs"]],
  define: (command, { world }) => {
    command
      .option("--status <status>", "active, paused, archived or all (default: active)")
      .option("--search <words>", "in the name, description, owner, tags or hypothesis")
      .option("--owner <owner>", "only those of this owner")
      .option("--tag <tag>", "only those with this tag");
    addDashboardOptions(command, "viewer").action(async (options: ListOptions) => {
      const { status, search, owner, tag, json } = options;
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries({ status, q: search, owner, tag })) {
        if (value !== undefined) query.set(name, value);
      }
      const { tellList } = await import("../remote.ts");
      await tellList(world, await namedDashboard(world, command), query, json);
    });
  },
};

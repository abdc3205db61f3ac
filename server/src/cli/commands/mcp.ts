/** `sixpack mcp`: the tools for agents, on standard input and output. */
import { dashboardOf, type NamedDashboard } from "../dashboard-client.ts";
import { addConfigOptions, loadFrom, STORE_FLAGS } from "../flags.ts";
import type { CommandDefinition } from "./command.ts";

export const mcp: CommandDefinition = {
  name: "mcp",
  description: "speaks MCP with an agent on standard input and output, for a dashboard or a stopped folder",
  examples: [["sixpack mcp --url http://localhost:5001", "as an agent starts it"]],
  define: (command, { world }) => {
    command
      .option("--url <url>", "of the dashboard (SIXPACK_DASHBOARD_URL); left out, the store is opened")
      .option("--token <token>", "of the dashboard; better in SIXPACK_TOKEN: what the agent may do is its role");
    addConfigOptions(command, STORE_FLAGS).action(async (options: NamedDashboard) => {
      const dashboard = dashboardOf(options, world.env);
      const { bridge, serveStore } = await import("../mcp-stdio.ts");
      if (dashboard !== undefined) await bridge(world, dashboard);
      else await serveStore(world, await loadFrom(world, command, STORE_FLAGS));
    });
  },
};

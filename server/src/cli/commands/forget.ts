/** `sixpack forget`: takes a client out of every experiment, for good. */
import { addStoreOrDashboardOptions, dashboardOf, type NamedDashboard } from "../dashboard-client.ts";
import { loadFrom, STORE_FLAGS } from "../flags.ts";
import type { CommandDefinition } from "./command.ts";

export const forget: CommandDefinition = {
  name: "forget",
  description: "removes a client from every experiment, and from what its tallies count",
  examples: [
    ["sixpack forget u-0067 --url http://localhost:5001", "while the server runs; without --url, while it is stopped"],
  ],
  define: (command, { world }) => {
    command.argument("<client_id>", "as it was sent in requests");
    addStoreOrDashboardOptions(command, "admin").action(async (clientId: string, options: NamedDashboard) => {
      const { told } = await import("../job.ts");
      const { parseClientId } = await import("../../domain/names.ts");
      const client = await told(async () => parseClientId(clientId));
      const dashboard = dashboardOf(options, world.env);
      const { forgetInStore, forgetOnDashboard } = await import("../erasing.ts");
      const names =
        dashboard === undefined
          ? await forgetInStore(world, await loadFrom(world, command, STORE_FLAGS), client)
          : await forgetOnDashboard(dashboard, client);
      for (const name of names) world.out.write(`forgotten  ${name}\n`);
      const count = names.length === 1 ? "1 experiment" : `${names.length} experiments`;
      world.err.write(names.length === 0 ? "No experiment has a record of this client.\n" : `Forgotten in ${count}.\n`);
    });
  },
};

/** `sixpack compact`: frees the client records of an archived experiment. */
import { sized } from "../../lib/text.ts";
import { addStoreOrDashboardOptions, dashboardOf, type NamedDashboard } from "../dashboard-client.ts";
import { loadFrom, STORE_FLAGS } from "../flags.ts";
import type { CommandDefinition } from "./command.ts";

export const compact: CommandDefinition = {
  name: "compact",
  description:
    "frees the client records of an archived experiment; its tallies and report stay, it can't be unarchived",
  examples: [],
  define: (command, { world }) => {
    command.argument("<name>", "of the experiment");
    addStoreOrDashboardOptions(command, "admin").action(async (name: string, options: NamedDashboard) => {
      const dashboard = dashboardOf(options, world.env);
      const { compactInStore, compactOnDashboard } = await import("../erasing.ts");
      const { clients, bytes } =
        dashboard === undefined
          ? await compactInStore(world, await loadFrom(world, command, STORE_FLAGS), name)
          : await compactOnDashboard(dashboard, name);
      const size = bytes > 0 ? `, ${sized(bytes)}` : "";
      world.out.write(`freed  ${name}: ${clients} client records${size}\n`);
    });
  },
};

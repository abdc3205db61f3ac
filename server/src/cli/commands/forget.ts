/** `sixpack forget`: takes a client out of every experiment, for good. */
import { parseClientId } from "../../domain/names.ts";
import { addConfigOptions, loadFrom, STORE_FLAGS } from "../flags.ts";
import { ACTOR, told, withStore } from "../job.ts";
import type { CommandDefinition } from "./command.ts";

export const forget: CommandDefinition = {
  name: "forget",
  description: "removes a client from every experiment, and from what its tallies count",
  examples: [],
  define: (command, { world }) => {
    command.argument("<client_id>", "as it was sent in requests");
    addConfigOptions(command, STORE_FLAGS).action(async (clientId: string) => {
      const loaded = loadFrom(world, command, STORE_FLAGS);
      const client = await told(async () => parseClientId(clientId));
      const { forgetClient } = await import("../../service/administer/forget.ts");
      const names = await withStore(world, loaded, "refuse", (context) => forgetClient(context, client, ACTOR));
      for (const name of names) world.out.write(`forgotten  ${name}\n`);
      const count = names.length === 1 ? "1 experiment" : `${names.length} experiments`;
      world.err.write(names.length === 0 ? "No experiment has a record of this client.\n" : `Forgotten in ${count}.\n`);
    });
  },
};

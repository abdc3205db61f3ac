/** `sixpack compact`: frees the client records of an archived experiment. */

import { addConfigOptions, loadFrom, STORE_FLAGS } from "../flags.ts";
import { ACTOR, withStore } from "../job.ts";
import type { CommandDefinition } from "./command.ts";

export const compact: CommandDefinition = {
  name: "compact",
  description:
    "frees the client records of an archived experiment; its tallies and report stay, it can't be unarchived",
  examples: [],
  define: (command, { world }) => {
    command.argument("<name>", "of the experiment");
    addConfigOptions(command, STORE_FLAGS).action(async (name: string) => {
      const loaded = loadFrom(world, command, STORE_FLAGS);
      const { compact: free } = await import("../../service/administer/compact.ts");
      const act = { name, actor: ACTOR };
      const { clients, bytes } = await withStore(world, loaded, "refuse", (context) => free(context, act));
      const size = bytes > 0 ? `, ${(bytes / 2 ** 20).toFixed(1)} MiB` : "";
      world.out.write(`freed  ${name}: ${clients} client records${size}\n`);
    });
  },
};

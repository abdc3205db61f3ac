/** `sixpack server`: the API alone. */
import { API_FLAGS } from "../flags.ts";
import type { CommandDefinition } from "./command.ts";
import { defineServing } from "./serving.ts";

export const server: CommandDefinition = {
  name: "server",
  description: "the API alone; the same as no command",
  examples: [
    ["SIXPACK_CONFIG=config.yml sixpack", "the API alone, configured by a file"],
    ["sixpack --set redis_host=10.0.0.7", "experiments in Redis, for any number of servers"],
  ],
  define: (command, terms) => defineServing(command, terms, API_FLAGS, { api: true, web: false }),
};
